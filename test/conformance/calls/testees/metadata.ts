import { Buffer } from "node:buffer";
import type { Metadata } from "../../../../src/index.js";
import { Compression, type MetadataEntry } from "../../../gen/heliograph/wire/v1/wire.js";

/** The entries as they travel. */
export function entriesOf(metadata: Metadata): MetadataEntry[] {
  return [...metadata].map(([key, value]) => ({
    key,
    value: typeof value === "string" ? Buffer.from(value, "utf8") : value,
  }));
}

/** Adds each entry: bytes under a key that ends in `-bin`, text under any other. */
export function appendAll(metadata: Metadata, entries: readonly MetadataEntry[]): void {
  for (const { key, value } of entries) {
    metadata.append(key, key.endsWith("-bin") ? value : Buffer.from(value).toString("utf8"));
  }
}

export function compressionNamed(compression: Compression): "none" | "gzip" | "zstd" {
  if (compression === Compression.COMPRESSION_GZIP) return "gzip";
  return compression === Compression.COMPRESSION_ZSTD ? "zstd" : "none";
}
