import { Buffer } from "node:buffer";
import { type Frame, Packet } from "../gen/heliograph/wire/v1/wire.js";
import { envelopeLength } from "../wire/envelope.js";
import { ATTACH_BYTES } from "../wire/limits.js";
import type { Tap, TappedMessage } from "./socket.js";

/**
 * One frame as a filter sees it: `heliograph.wire.v1.Frame` of docs/spec/wire.md, with 64-bit integers as bigint.
 * An attached payload is in `payload`, as any other; `attached` is false.
 */
export type TappedFrame = Frame;

/** Returns the frame, changed or as it is; `undefined` drops it. */
export type FrameFilter = (
  frame: TappedFrame,
  message: Pick<TappedMessage, "direction" | "endpoint">,
) => TappedFrame | undefined;

/**
 * A tap that sees, changes or drops single frames, in both directions and before encryption. Every packet is decoded
 * and encoded again for it, so it is for filters, tests and looking on, not for the fast path. What is no packet (a bare
 * call, bytes of another protocol) passes unseen.
 */
export function frameTap(filter: FrameFilter): Tap {
  return (message) => {
    const { parts } = message;
    const buffers = parts.map((part) => Buffer.from(part.buffer, part.byteOffset, part.byteLength));
    const start = envelopeLength(buffers);
    const body = buffers.slice(start);
    if (body[0]?.[0] !== 0x0a) return parts;
    const filtered = filterPacket(body, (frame) => filter(frame, message));
    return filtered === undefined ? undefined : [...parts.slice(0, start), ...filtered];
  };
}

function filterPacket(
  body: readonly Buffer[],
  filter: (frame: Frame) => Frame | undefined,
): Uint8Array[] | undefined {
  const packet = Packet.decode(body[0]!);
  let taken = 1;
  const attachments: Uint8Array[] = [];
  const frames: Frame[] = [];
  for (const frame of packet.frames) {
    const attachment = frame.attached ? body[taken++] : undefined;
    // A frame whose attachment is missing stays the fault that it is, and so do attachments that no frame takes.
    const seen = attachment === undefined ? frame : { ...frame, attached: false, payload: attachment };
    const kept = filter(seen);
    if (kept === undefined) continue;
    if (kept.payload !== undefined && kept.payload.length >= ATTACH_BYTES) {
      attachments.push(kept.payload);
      frames.push({ ...kept, payload: undefined, attached: true });
    } else frames.push(kept);
  }
  if (frames.length === 0) return undefined;
  return [Packet.encode({ ...packet, frames }).finish(), ...attachments, ...body.slice(taken)];
}
