import type { Buffer } from "node:buffer";
import { MetadataEntry } from "../../src/gen/heliograph/wire/v1/wire.js";
import { Assembly, AssemblyRoom } from "../../src/rpc/session/assembly.js";
import { decodeMessage } from "../../src/wire/decode-message.js";
import { envelopeLength, isBareCall } from "../../src/wire/envelope.js";
import type { Frame } from "../../src/wire/frame.js";
import { readMetadata } from "../../src/wire/metadata-fields.js";
import { PacketReader } from "../../src/wire/packet-reader.js";
import { readStatus } from "../../src/wire/status.js";
import {
  bodies,
  enumName,
  enums,
  flags,
  lists,
  nested,
  numbers32,
  numbers64,
  snakeCase,
  texts,
  withSnakeKeys,
} from "./frame-fields.js";
import type { Assembled, Json, JsonObject, Meaning } from "./vector.js";

/**
 * What the kit's own reader makes of a message, unless it is the answer of a bare call.
 *
 * @param assemble whether to join payloads that come in chunks
 * @throws the fault
 */
export function readMeaning(parts: readonly Buffer[], assemble = false): Meaning {
  const length = envelopeLength(parts);
  const body = parts.slice(length);
  if (length === 0) return readPacket(body, assemble);
  const envelope = parts.slice(0, length).map(base64);
  if (!isBareCall(body)) return { envelope, ...readPacket(body, assemble) };
  return { envelope, bare_request: { method: body[0]!.toString(), request: base64(body[1]!) } };
}

function readPacket(parts: readonly Buffer[], assemble: boolean): Meaning {
  const frames: JsonObject[] = [];
  const payloads: (string | null)[] = [];
  const chunks = new Chunks();
  const totals: Record<string, Json> = {};
  new PacketReader().read(parts, {
    frame: (frame) => {
      frames.push(frameJson(frame));
      payloads.push(frame.payload === undefined ? null : base64(payloadOf(frame)));
      if (assemble) chunks.add(frame);
    },
    totals: (bytes, packets) => {
      if (bytes > 0) totals["read_bytes"] = String(bytes);
      if (packets > 0) totals["read_packets"] = String(packets);
    },
  });
  return {
    packet: { frames, ...totals },
    ...(payloads.some((payload) => payload !== null) && { payloads }),
    ...(assemble && { assembled: chunks.whole }),
  };
}

/** The payloads that come in several frames. */
class Chunks {
  readonly whole: Assembled[] = [];
  private readonly room = new AssemblyRoom();
  private readonly begun = new Map<number, Assembly>();

  add(frame: Frame): void {
    if (frame.more && !this.begun.has(frame.callId)) {
      this.begun.set(frame.callId, new Assembly(frame.payloadSize, this.room));
      if (frame.payload === undefined) return;
    }
    const payload = this.begun.get(frame.callId)?.add(frame);
    if (payload === undefined) return;
    this.begun.delete(frame.callId);
    const kind = String(enumName(enums.kind, frame.kind));
    this.whole.push({ kind, call_id: String(frame.callId), payload: base64(payload) });
  }
}

/** The frame in protobuf's JSON mapping, without what is 0 or absent. */
function frameJson(frame: Frame): JsonObject {
  const json: Record<string, Json> = {};
  const set = (name: string, value: Json) => {
    json[snakeCase(name)] = value;
  };
  for (const [name, names] of Object.entries(enums)) {
    const value = frame[name as keyof typeof enums];
    if (value !== 0) set(name, enumName(names, value));
  }
  for (const name of numbers32) if (frame[name] !== 0) set(name, frame[name]);
  for (const name of numbers64) if (frame[name] !== 0) set(name, String(frame[name]));
  for (const name of flags) if (frame[name]) set(name, true);
  for (const name of texts) {
    if (frame[`${name}Start`] >= 0)
      set(name, frame.buf.toString("utf8", frame[`${name}Start`], frame[`${name}End`]));
  }
  for (const name of lists) if (frame[name] !== undefined) set(name, entries(frame.buf, frame[name]));
  if (frame.keyStart >= 0) set("key", base64(frame.buf.subarray(frame.keyStart, frame.keyEnd)));
  if (frame.payload !== undefined && frame.payload !== frame.buf) set("attached", true);
  else if (frame.payload !== undefined) set("payload", base64(payloadOf(frame)));
  return { ...json, ...nestedJson(frame) };
}

function nestedJson(frame: Frame): JsonObject {
  const { buf } = frame;
  const json: Record<string, Json> = {};
  for (const [name, type] of Object.entries(nested)) {
    const start = frame[`${name as keyof typeof nested}Start`];
    const end = frame[`${name as keyof typeof nested}End`];
    if (start >= 0) json[name] = withSnakeKeys(type.toJSON(decodeMessage(type, buf, start, end)));
  }
  if (frame.statusStart >= 0) readStatus(buf, frame.statusStart, frame.statusEnd, undefined, false);
  const body = Object.entries(bodies)[frame.kind - 1];
  if (body !== undefined && frame.bodyStart >= 0) {
    const [name, type] = body;
    json[name] = withSnakeKeys(type.toJSON(decodeMessage(type, buf, frame.bodyStart, frame.bodyEnd)));
  }
  return json;
}

function entries(buf: Buffer, ranges: readonly number[]): Json {
  // Checks keys and values.
  readMetadata(buf, ranges);
  return Array.from({ length: ranges.length / 2 }, (_none, index) => {
    const entry = decodeMessage(MetadataEntry, buf, ranges[2 * index]!, ranges[2 * index + 1]!);
    return withSnakeKeys(MetadataEntry.toJSON(entry));
  });
}

function payloadOf({ payload, payloadStart, payloadEnd }: Frame): Buffer {
  if (payload === undefined) throw new Error("the frame has no payload");
  return payload.subarray(payloadStart, payloadEnd);
}

function base64(bytes: Buffer): string {
  return bytes.toString("base64");
}
