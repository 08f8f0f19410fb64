import { type Frame, FrameKind, type Limits, Packet } from "../../../src/gen/heliograph/wire/v1/wire.js";

/** A packet as the model of the wire sees it. */
export interface SeenPacket {
  readonly frames: readonly SeenFrame[];
  readonly bytes: number;
  /** It takes up room in the session's window. */
  readonly counted: boolean;
  readonly readBytes: number;
  readonly readPackets: number;
}

/** One frame of it. */
export interface SeenFrame {
  readonly frame: Frame;
  readonly kind: FrameKind;
  readonly callId: number;
  /** It has a payload, or a part of one. */
  readonly payload: boolean;
  /** Bytes of the payload that are in this frame. */
  readonly bytes: number;
  /** Bytes of the whole payload, if this is its first or only frame. */
  readonly size: number;
}

const uncounted: ReadonlySet<FrameKind> = new Set([
  FrameKind.FRAME_KIND_PING,
  FrameKind.FRAME_KIND_PONG,
  FrameKind.FRAME_KIND_GOAWAY,
]);

/** Reads what one side handed to its socket. */
export function seePacket(parts: readonly Buffer[]): SeenPacket {
  const [first, ...attachments] = parts;
  if (first === undefined) throw new Error("a ZeroMQ message without parts was sent");
  const packet = Packet.decode(first);
  const frames = packet.frames.map((frame): SeenFrame => {
    const part = frame.attached ? attachments.shift() : frame.payload;
    if (frame.attached && part === undefined) throw new Error("a frame without its attachment was sent");
    const bytes = part?.length ?? 0;
    return {
      frame,
      kind: frame.kind,
      callId: Number(frame.callId),
      payload: part !== undefined || frame.more,
      bytes,
      size: frame.more ? Number(frame.payloadSize) : bytes,
    };
  });
  if (attachments.length > 0) throw new Error("an attachment that no frame takes was sent");
  return {
    frames,
    bytes: parts.reduce((sum, part) => sum + part.length, 0),
    counted: frames.some(
      ({ kind, callId }) => !uncounted.has(kind) && (kind !== FrameKind.FRAME_KIND_CREDIT || callId > 0),
    ),
    readBytes: Number(packet.readBytes),
    readPackets: Number(packet.readPackets),
  };
}

export function kindName({ kind }: SeenFrame): string {
  const [name] = Object.entries(FrameKind).find(([, number]) => number === kind) ?? [`kind ${kind}`];
  return name.replace("FRAME_KIND_", "");
}

/** One frame in a few words. */
export function describeFrame(seen: SeenFrame): string {
  const { frame, callId } = seen;
  const words = [kindName(seen)];
  if (callId > 0) words.push(`#${callId}`);
  if (seen.payload) words.push(frame.more ? `${seen.bytes} of ${seen.size} bytes` : `${seen.bytes} bytes`);
  if (frame.endStream) words.push("end_stream");
  if (frame.creditMessages > 0) words.push(`credit ${frame.creditMessages}, ${frame.creditBytes} bytes`);
  if (frame.status !== undefined) words.push(frame.status.reason || `code ${frame.status.code}`);
  if (frame.notProcessed) words.push("not processed");
  return words.join(" ");
}

/** What a side granted to its peer, as far as the model needs it. */
export interface Granted {
  readonly windowBytes: number;
  readonly windowPackets: number;
  readonly creditMessages: number;
  readonly creditBytes: number;
}

/** What holds before a greeting. */
export const constants: Granted = {
  windowBytes: 1_048_576,
  windowPackets: 128,
  creditMessages: 16,
  creditBytes: 65_536,
};

export function grantedBy(limits: Limits | undefined): Granted {
  if (limits === undefined) return constants;
  return {
    windowBytes: Number(limits.windowBytes) || constants.windowBytes,
    windowPackets: limits.windowPackets || constants.windowPackets,
    creditMessages: limits.streamCreditMessages || constants.creditMessages,
    creditBytes: Number(limits.streamCreditBytes) || constants.creditBytes,
  };
}
