import { Buffer } from "node:buffer";
import { Metadata } from "../../src/core/metadata.js";
import { type Frame, type MetadataEntry, Packet } from "../../src/gen/heliograph/wire/v1/wire.js";
import { FrameField } from "../../src/wire/frame.js";
import { writeMetadata } from "../../src/wire/metadata-fields.js";
import { PacketWriter } from "../../src/wire/packet-writer.js";
import { encodePacket } from "./definitions/build.js";
import { bodies, flags, lists, nested, numbers32, numbers64, texts } from "./frame-fields.js";
import type { Meaning, PacketJson } from "./vector.js";

/** A message with this meaning, made by the kit's own writer. */
export function writeMeaning({ envelope = [], packet, payloads, bare_request: bare }: Meaning): Buffer[] {
  const body = bare ? [Buffer.from(bare.method), fromBase64(bare.request)] : writePacket(packet, payloads);
  return [...envelope.map(fromBase64), ...body];
}

function writePacket(packet: PacketJson | undefined, payloads: readonly (string | null)[] = []): Buffer[] {
  if (packet === undefined) throw new Error("the meaning is no packet");
  const { frames, readBytes, readPackets } = Packet.decode(encodePacket(packet));
  const writer = new PacketWriter();
  for (const [index, frame] of frames.entries()) writeFrame(writer, frame, fromBase64(payloads[index] ?? ""));
  return writer.take(Number(readBytes), Number(readPackets));
}

function writeFrame(writer: PacketWriter, frame: Frame, payload: Buffer): void {
  writer.begin(frame.kind, Number(frame.callId));
  for (const name of ["codec", "compression", ...numbers32] as const) {
    writer.number(FrameField[name], frame[name]);
  }
  for (const name of numbers64) if (name !== "callId") writer.number(FrameField[name], Number(frame[name]));
  for (const name of flags) if (frame[name]) writer.flag(FrameField[name]);
  for (const name of texts) if (frame[name] !== "") writer.text(FrameField[name], frame[name]);
  for (const name of lists) writeMetadata(writer, FrameField[name], metadataOf(frame[name]));
  if (frame.key.length > 0) writer.bytesField(FrameField.key, frame.key);
  for (const [name, type] of Object.entries({ ...nested, ...bodies })) {
    const message = frame[name as keyof typeof nested | keyof typeof bodies];
    if (message !== undefined) writer.sub(FrameField[name as keyof typeof FrameField], type, message);
  }
  if (frame.attached) writer.attach(payload);
  else if (frame.payload !== undefined) writer.bytesField(FrameField.payload, payload);
  writer.end();
}

function metadataOf(entries: readonly MetadataEntry[]): Metadata {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const metadata = new Metadata();
  for (const { key, value } of entries) {
    metadata.append(key, key.endsWith("-bin") ? value : decoder.decode(value));
  }
  return metadata;
}

function fromBase64(text: string): Buffer {
  return Buffer.from(text, "base64");
}
