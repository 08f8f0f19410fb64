import type { Buffer } from "node:buffer";
import { Frame, FrameKind, Packet } from "../../gen/heliograph/wire/v1/wire.js";

/** The frames of a ZeroMQ message, with their attachments in the place of payloads; none for a goodbye. */
export function framesOf(parts: readonly Buffer[]): Frame[] {
  const [packet, ...attachments] = parts;
  if (packet === undefined || packet.length === 0) return [];
  return Packet.decode(packet).frames.map((frame) =>
    frame.attached ? { ...frame, payload: attachments.shift() } : frame,
  );
}

/** A packet of these frames. */
export function packetOf(frames: readonly Frame[]): Uint8Array {
  return Packet.encode(Packet.create({ frames: [...frames] })).finish();
}

/** The frame as one of a call, unless it names a call itself or belongs to none. */
export function ofCall(frame: Frame, callId: bigint): Frame {
  return frame.callId !== 0n || sessionKinds.has(frame.kind) ? frame : { ...frame, callId };
}

/** An answer to a PING; undefined for any other frame. */
export function pongFor(frame: Frame): Frame | undefined {
  if (frame.kind !== FrameKind.FRAME_KIND_PING) return undefined;
  return Frame.create({
    kind: FrameKind.FRAME_KIND_PONG,
    sequence: frame.sequence,
    sentAtUs: frame.sentAtUs,
  });
}

const sessionKinds: ReadonlySet<number> = new Set([
  FrameKind.FRAME_KIND_GOAWAY,
  FrameKind.FRAME_KIND_PING,
  FrameKind.FRAME_KIND_PONG,
]);
