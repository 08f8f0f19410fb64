import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";

/** Enough to tell schemas of one service apart, and short enough to travel with each announcement. */
const HASH_BYTES = 8;

const hashes = new Map<string, string>();

/**
 * What tells a service's schema from others: the first 8 bytes of the SHA-256 of its `$schema`, decoded, in hex.
 * Equal hashes mean equal schemas; different ones may still understand each other, see `compareSchemas`.
 * Empty for an empty schema, which says nothing.
 */
export function schemaHash(schema: string): string {
  let hash = hashes.get(schema);
  if (hash === undefined) {
    hash = schema === "" ? "" : hashBytes(Buffer.from(schema, "base64"));
    hashes.set(schema, hash);
  }
  return hash;
}

/** The same of a descriptor set that was never text. */
export function hashBytes(descriptorSet: Uint8Array): string {
  return createHash("sha256")
    .update(descriptorSet)
    .digest("hex")
    .slice(0, 2 * HASH_BYTES);
}
