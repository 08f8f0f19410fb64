import { Buffer } from "node:buffer";
import { HeliographError } from "../../core/error.js";
import { Metadata } from "../../core/metadata.js";
import { UsageError } from "../failure.js";

/**
 * Metadata of `key:value` texts, in order. Under a key that ends in `-bin` the value is base64.
 *
 * @throws UsageError that quotes what can't be used
 */
export function parseMetadata(texts: readonly string[]): Metadata {
  const metadata = new Metadata();
  for (const text of texts) {
    const at = text.indexOf(":");
    if (at < 1) throw new UsageError(`--metadata ${JSON.stringify(text)}: write it as key:value`);
    const key = text.slice(0, at).trim();
    const value = text.slice(at + 1).trim();
    try {
      metadata.append(key, key.toLowerCase().endsWith("-bin") ? fromBase64(value) : value);
    } catch (error) {
      throw new UsageError(`--metadata ${JSON.stringify(text)}: ${HeliographError.from(error).rawMessage}`);
    }
  }
  return metadata;
}

/** Lines that show metadata, in the form in which it is given. */
export function metadataLines(metadata: Metadata): string[] {
  return [...metadata].map(([key, value]) =>
    typeof value === "string" ? `${key}: ${value}` : `${key}: ${Buffer.from(value).toString("base64")}`,
  );
}

function fromBase64(text: string): Uint8Array {
  if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(text)) throw new Error("the value of a -bin key is base64");
  return Buffer.from(text, "base64");
}
