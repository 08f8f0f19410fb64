import { Buffer } from "node:buffer";
import { fileURLToPath } from "node:url";
import protobufjs from "protobufjs";
import type { Assembled, Fault, JsonObject, Meaning, PacketJson, Part, Receiver, Vector } from "../vector.js";

const types = new protobufjs.Root();
types.loadSync(
  fileURLToPath(new URL("../../../proto/heliograph/wire/v1/wire.proto", import.meta.url)),
  // The names of the .proto, as in the vectors.
  { keepCase: true },
);
export const packetType = types.lookupType("heliograph.wire.v1.Packet");

/** A message of a session, of an enveloped call or of a bare one. */
export interface Definition {
  readonly name: string;
  readonly description: string;
  readonly to?: Receiver;
  readonly frames: readonly JsonObject[];
  readonly totals?: { readonly read_bytes?: string; readonly read_packets?: string };
  readonly attachments?: readonly string[];
  readonly assembled?: readonly Assembled[];
  readonly envelope?: readonly string[];
  /** In the place of the encoding that protobuf makes of the frames. */
  readonly packet?: Buffer;
  readonly fault?: Fault;
}

/** The vector of a definition: encoded by protobufjs, unless it brings its own encoding. */
export function vector(definition: Definition): Vector {
  const { name, description, to, frames, totals, attachments = [], envelope, assembled, fault } = definition;
  const packet: PacketJson = { frames, ...totals };
  const payloads = payloadsOf(frames, attachments);
  const meaning: Meaning = {
    ...(envelope && { envelope: envelope.map((part) => text(part)) }),
    packet,
    ...(payloads.some((payload) => payload !== null) && { payloads }),
    ...(assembled && { assembled }),
  };
  const parts = [
    ...(envelope ?? []).map((part) => Buffer.from(part)),
    definition.packet ?? encodePacket(packet),
    ...attachments.map((attachment) => Buffer.from(attachment, "base64")),
  ];
  return {
    name,
    description,
    ...(to && { to }),
    parts: parts.map(hex),
    meaning,
    ...(fault && { fault }),
  };
}

export function encodePacket(packet: JsonObject): Buffer {
  return Buffer.from(packetType.encode(packetType.fromObject(packet)).finish());
}

/** The encoded fields of one frame, without the tag and the length before it. */
export function encodeFrame(fields: JsonObject): Buffer {
  const encoded = encodePacket({ frames: [fields] });
  // One byte of length is all that the frames of vectors need.
  return encoded.subarray(2);
}

export function frame(kind: string, fields: JsonObject = {}): JsonObject {
  return { kind: `FRAME_KIND_${kind}`, ...fields };
}

/** A REQUEST without its payload. */
export function request(id: number, fields: JsonObject = {}): JsonObject {
  return frame("REQUEST", {
    call_id: String(id),
    method: "example.v1.GreeterService/Greet",
    codec: "CODEC_PROTOBUF",
    end_stream: true,
    ...fields,
  });
}

export function end(id: number, fields: JsonObject = {}): JsonObject {
  return frame("END", { call_id: String(id), ...fields });
}

export function hello(fields: JsonObject = {}): JsonObject {
  return frame("HELLO", { hello: { versions: [1], node: "ada", instance: "ada-1", epoch: "1", ...fields } });
}

/** Bytes in JSON: base64, of text or of numbers. */
export function text(value: string): string {
  return Buffer.from(value).toString("base64");
}

export function bytes(...values: number[]): string {
  return Buffer.from(values).toString("base64");
}

export function hex(part: Buffer): Part {
  return part.toString("hex");
}

function payloadsOf(frames: readonly JsonObject[], attachments: readonly string[]): (string | null)[] {
  let taken = 0;
  return frames.map(({ attached, payload }) => {
    if (attached === true) return attachments[taken++] ?? null;
    return typeof payload === "string" ? payload : null;
  });
}
