import type { Buffer } from "node:buffer";
import { Frame, Packet } from "../gen/heliograph/wire/v1/wire.js";
import { asBuffer } from "../socket/parts.js";
import { envelopeLength } from "../wire/envelope.js";
import { FrameKind } from "../wire/frame.js";

/** A frame, and the part of the ZeroMQ message that holds its payload, if that is attached. */
export interface PacketFrame {
  readonly frame: Frame;
  readonly attachment: Uint8Array | undefined;
}

/** A session's packet, taken apart. */
export interface OpenPacket {
  readonly frames: readonly PacketFrame[];
  readonly readBytes: bigint;
  readonly readPackets: bigint;
}

/** Undefined for what belongs to no session, and for what can't be read: that is not ours to judge. */
export function openPacket(parts: readonly Uint8Array[]): OpenPacket | undefined {
  const [first, ...attachments] = parts;
  if (first?.[0] !== PACKET_START || envelopeLength(parts.map(asBuffer)) > 0) return undefined;
  let packet: Packet;
  try {
    packet = Packet.decode(first);
  } catch {
    return undefined;
  }
  const frames = packet.frames.map((frame) => ({
    frame,
    attachment: frame.attached ? attachments.shift() : undefined,
  }));
  const whole = frames.every(({ frame, attachment }) => !frame.attached || attachment !== undefined);
  if (!whole || attachments.length > 0) return undefined;
  return { frames, readBytes: packet.readBytes, readPackets: packet.readPackets };
}

/** The ZeroMQ message of a packet. One without frames gets a CREDIT that says nothing, so that its totals arrive. */
export function sealPacket({ frames, readBytes, readPackets }: OpenPacket): Buffer[] {
  const said = frames.map(({ frame }) => frame);
  if (said.length === 0) said.push(Frame.fromPartial({ kind: FrameKind.Credit }));
  const packet = Packet.encode({ frames: said, readBytes, readPackets }).finish();
  const attachments = frames.flatMap(({ attachment }) => (attachment === undefined ? [] : [attachment]));
  return [packet, ...attachments].map(asBuffer);
}

/** Whether the session window counts a packet of these frames (docs/spec/wire.md, "The session window"). */
export function isCounted(frames: readonly PacketFrame[]): boolean {
  return frames.some(({ frame: { kind, callId } }) => {
    if (kind === FrameKind.Credit) return callId !== 0n;
    return kind !== FrameKind.Ping && kind !== FrameKind.Pong && kind !== FrameKind.Goaway;
  });
}

const PACKET_START = 0x0a;
