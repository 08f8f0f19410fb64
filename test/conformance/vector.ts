import { Buffer } from "node:buffer";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const vectorsFolder = fileURLToPath(new URL("./vectors/", import.meta.url));

/** One message of ZeroMQ, and what it means or why it is refused; vectors/README.md says what the fields hold. */
export interface Vector {
  readonly name: string;
  readonly description: string;
  readonly to?: Receiver;
  readonly parts: readonly Part[];
  readonly meaning?: Meaning;
  readonly fault?: Fault;
}

export type Receiver = "server" | "client";

/** Hex, in which spaces and bars mean nothing; or so many times the same. */
export type Part = string | { readonly hex: string; readonly times: number };

export interface Meaning {
  readonly envelope?: readonly string[];
  readonly packet?: PacketJson;
  readonly payloads?: readonly (string | null)[];
  readonly assembled?: readonly Assembled[];
  readonly bare_request?: { readonly method: string; readonly request: string };
  readonly bare_answer?: { readonly code: string; readonly answer?: string; readonly text?: string };
}

/** A payload that came in chunks, once it is whole. */
export interface Assembled {
  readonly kind: string;
  readonly call_id: string;
  readonly payload: string;
}

export interface Fault {
  readonly kind: "malformed" | "violation";
  readonly reason: string;
}

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/** `heliograph.wire.v1.Packet` in protobuf's JSON mapping, with the names of the `.proto`. */
export interface PacketJson extends JsonObject {
  readonly frames: readonly JsonObject[];
}

export function partsOf({ parts }: Vector): Buffer[] {
  return parts.map((part) => {
    if (typeof part === "string") return fromHex(part);
    return Buffer.concat(Array.from({ length: part.times }, () => fromHex(part.hex)));
  });
}

export function loadVectors(): Vector[] {
  return readdirSync(vectorsFolder)
    .filter((name) => name.endsWith(".json"))
    .sort()
    .flatMap((name) => JSON.parse(readFileSync(vectorsFolder + name, "utf8")) as Vector[]);
}

function fromHex(hex: string): Buffer {
  const digits = hex.replaceAll(/[ |]/g, "");
  if (!/^(?:[0-9a-f]{2})*$/.test(digits)) throw new Error(`"${hex}" is not hex`);
  return Buffer.from(digits, "hex");
}
