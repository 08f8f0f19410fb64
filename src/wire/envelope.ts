import { Buffer } from "node:buffer";
import { codeName } from "../core/code.js";
import type { HeliographError } from "../core/error.js";

const MAX_PARTS = 3;
const MAX_PART_BYTES = 255;

/**
 * How many leading parts of a message are its envelope: all through the first empty one, which a REQ socket puts
 * there (docs/spec/wire.md, "ZeroMQ messages"). 0: none, so the message belongs to a session.
 */
export function envelopeLength(parts: readonly Buffer[]): number {
  const searched = Math.min(parts.length, MAX_PARTS);
  for (let i = 0; i < searched; i++) {
    if (parts[i]!.length === 0) return i + 1;
    if (parts[i]!.length > MAX_PART_BYTES) return 0;
  }
  return 0;
}

/** A packet starts with the tag of its first frame, which no method's name does. */
export function isBareCall(parts: readonly Buffer[]): boolean {
  return parts.length === 2 && parts[0]![0] !== 0x0a;
}

/** The two parts that answer a bare call: `OK` and the answer, or the code's name and a text. */
export function bareAnswer(message: Buffer): Buffer[] {
  return [Buffer.from("OK"), message];
}

/** The two parts that answer a bare call which failed. */
export function bareError(error: HeliographError): Buffer[] {
  return [Buffer.from(codeName(error.code)), Buffer.from(error.rawMessage)];
}
