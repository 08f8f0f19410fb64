import { Resume } from "../gen/heliograph/wire/v1/wire.js";
import { decodeMessage } from "./decode-message.js";
import { protocolViolation } from "./fault.js";
import { type Frame, FrameField } from "./frame.js";
import type { PacketWriter } from "./packet-writer.js";

const MAX_ID_CHARS = 256;

/** Which stream goes on, and where. */
export interface ResumePoint {
  readonly streamId: string;
  /** The first sequence that the client has not seen; 0 in the stream's first REQUEST. */
  readonly next: number;
}

/** Writes `resume` into the REQUEST that was begun. */
export function writeResume(writer: PacketWriter, { streamId, next }: ResumePoint): void {
  writer.sub(FrameField.resume, Resume, { streamId, nextSequence: BigInt(next) });
}

/** @throws MalformedMessage, or HeliographError PROTOCOL_VIOLATION for what can't name a stream */
export function readResume(frame: Frame): ResumePoint {
  const { streamId, nextSequence } = decodeMessage(Resume, frame.buf, frame.resumeStart, frame.resumeEnd);
  const next = Number(nextSequence);
  if (streamId === "" || streamId.length > MAX_ID_CHARS)
    throw protocolViolation(`resume.stream_id has 1 to ${MAX_ID_CHARS} characters`);
  if (!Number.isSafeInteger(next))
    throw protocolViolation(`resume.next_sequence is below 2^53, not ${nextSequence}`);
  return { streamId, next };
}
