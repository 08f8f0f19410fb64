import {
  Codec,
  Compression,
  FrameKind,
  Goaway,
  Hello,
  Resume,
  Status,
  Welcome,
} from "../../src/gen/heliograph/wire/v1/wire.js";
import type { MessageType } from "../../src/wire/definition.js";
import { FrameField } from "../../src/wire/frame.js";
import type { Json } from "./vector.js";

/** How the fields of a frame are read, written and shown, by their names in code. */
export const enums = { kind: FrameKind, codec: Codec, compression: Compression } as const;
export const numbers32 = ["timeoutMs", "creditMessages", "ttlMs"] as const;
export const numbers64 = [
  "callId",
  "payloadSize",
  "sequence",
  "topicSequence",
  "previous",
  "creditBytes",
  "epoch",
  "sentAtUs",
] as const;
export const flags = ["endStream", "more", "previousIsFloor", "notProcessed", "oneWay"] as const;
export const texts = ["method", "idempotencyKey"] as const;
export const lists = ["metadata", "trailers"] as const;
/** Messages whose bytes a frame holds under their own names, and those that it holds as its body. */
export const nested = { status: messageType(Status), resume: messageType(Resume) } as const;
export const bodies = {
  hello: messageType(Hello),
  welcome: messageType(Welcome),
  goaway: messageType(Goaway),
} as const;

export function fieldNumber(name: keyof typeof FrameField): number {
  return FrameField[name];
}

/** `call_id` of `callId`. */
export function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** JSON of ts-proto, with the names of the `.proto`. */
export function withSnakeKeys(json: unknown): Json {
  if (Array.isArray(json)) return json.map(withSnakeKeys);
  if (typeof json !== "object" || json === null) return json as Json;
  return Object.fromEntries(
    Object.entries(json).map(([key, value]) => [snakeCase(key), withSnakeKeys(value)]),
  );
}

/** The name of an enum's number, or the number where it has none. */
export function enumName(names: Readonly<Record<string, number>>, value: number): Json {
  return (
    Object.entries(names).find(([name, each]) => each === value && name !== "UNRECOGNIZED")?.[0] ?? value
  );
}

/** Any message, whatever its type: what is decoded is only given back to the type itself. */
function messageType<T>(type: MessageType<T>): MessageType {
  return type as unknown as MessageType;
}
