import { Buffer, isUtf8 } from "node:buffer";
import { Metadata } from "../core/metadata.js";
import { MetadataEntry } from "../gen/heliograph/wire/v1/wire.js";
import { decodeMessage } from "./decode-message.js";
import { malformedPacket } from "./fault.js";
import type { PacketWriter } from "./packet-writer.js";

const encoder = new TextEncoder();
// A byte order mark is part of the value.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Bytes that a list of metadata counts for `limits.metadataBytes`: its keys and values. */
export function metadataBytes(metadata: Metadata): number {
  let bytes = 0;
  for (const [key, value] of metadata) {
    bytes += key.length + (typeof value === "string" ? Buffer.byteLength(value) : value.length);
  }
  return bytes;
}

/** Writes each entry as one field of the frame that was begun. */
export function writeMetadata(writer: PacketWriter, field: number, metadata: Metadata): void {
  for (const [key, value] of metadata) {
    writer.sub(field, MetadataEntry, {
      key,
      value: typeof value === "string" ? encoder.encode(value) : value,
    });
  }
}

/**
 * Reads the entries that lie in `ranges` of `buf`.
 *
 * @throws HeliographError INTERNAL for a malformed entry, INVALID_ARGUMENT for a key that isn't one.
 */
export function readMetadata(buf: Buffer, ranges: readonly number[] | undefined): Metadata {
  const metadata = new Metadata();
  if (ranges === undefined) return metadata;
  for (let i = 0; i < ranges.length; i += 2) {
    const entry = decodeMessage(MetadataEntry, buf, ranges[i]!, ranges[i + 1]!);
    if (entry.key.endsWith("-bin")) metadata.append(entry.key, entry.value);
    else if (isUtf8(entry.value)) metadata.append(entry.key, decoder.decode(entry.value));
    else throw malformedPacket(`the metadata value of "${entry.key}" is not UTF-8`);
  }
  return metadata;
}

/** The bytes of all ranges: an upper bound of what the metadata in them counts. */
export function rangesBytes(ranges: readonly number[] | undefined): number {
  if (ranges === undefined) return 0;
  let bytes = 0;
  for (let i = 0; i < ranges.length; i += 2) bytes += ranges[i + 1]! - ranges[i]!;
  return bytes;
}
