import { Code } from "../../core/code.js";
import { HeliographError } from "../../core/error.js";
import type { Metadata } from "../../core/metadata.js";
import { type Frame, FrameField } from "../../wire/frame.js";
import { metadataBytes, rangesBytes, readMetadata, writeMetadata } from "../../wire/metadata-fields.js";
import type { PacketWriter } from "../../wire/packet-writer.js";

/**
 * Writes what the caller sends along into the REQUEST that was begun.
 *
 * @throws HeliographError RESOURCE_EXHAUSTED, reason MESSAGE_TOO_LARGE; the caller aborts the frame
 */
export function writeRequestMetadata(
  writer: PacketWriter,
  metadata: Metadata,
  limit: number,
  path: string,
): void {
  checkBytes(metadata, limit, `${path}: the metadata`, true);
  writeMetadata(writer, FrameField.metadata, metadata);
}

/** What a handler may send beside its answer. */
export interface AnswerMetadata {
  /** The metadata has left with a message before. */
  readonly headWritten: boolean;
  readonly responseMetadata: Metadata | undefined;
  readonly trailers: Metadata | undefined;
}

/**
 * Writes what a handler sends along into the END that was begun.
 *
 * @throws HeliographError RESOURCE_EXHAUSTED, reason MESSAGE_TOO_LARGE; the caller aborts the frame
 */
export function writeAnswerMetadata(writer: PacketWriter, answer: AnswerMetadata, limit: number): void {
  const { headWritten, responseMetadata, trailers } = answer;
  if (!headWritten) writeHeadMetadata(writer, responseMetadata, limit);
  if (trailers !== undefined) {
    checkBytes(trailers, limit, "the trailers", false);
    writeMetadata(writer, FrameField.trailers, trailers);
  }
}

/**
 * Writes what a handler sends along with its first message into the frame that was begun.
 *
 * @throws HeliographError RESOURCE_EXHAUSTED, reason MESSAGE_TOO_LARGE; the caller aborts the frame
 */
export function writeHeadMetadata(writer: PacketWriter, metadata: Metadata | undefined, limit: number): void {
  if (metadata === undefined) return;
  checkBytes(metadata, limit, "the response metadata", false);
  writeMetadata(writer, FrameField.metadata, metadata);
}

/** @throws HeliographError RESOURCE_EXHAUSTED when a REQUEST has more metadata than this side accepts */
export function checkReceived(frame: Frame, limit: number): void {
  // The ranges are an upper bound, and cheap.
  if (rangesBytes(frame.metadata) <= limit) return;
  checkBytes(readMetadata(frame.buf, frame.metadata), limit, "the metadata", true);
}

function checkBytes(metadata: Metadata, limit: number, what: string, notProcessed: boolean): void {
  const bytes = metadataBytes(metadata);
  if (bytes <= limit) return;
  throw new HeliographError(
    Code.ResourceExhausted,
    `${what} has ${bytes} bytes, more than the ${limit} that the receiver accepts (limits.metadataBytes)`,
    { reason: "MESSAGE_TOO_LARGE", notProcessed },
  );
}
