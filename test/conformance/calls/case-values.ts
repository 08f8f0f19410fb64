import { Buffer } from "node:buffer";
import { ConformanceRequest, ConformanceResponse } from "../../gen/heliograph/conformance/v1/service.js";
import {
  Code,
  Codec,
  Compression,
  Frame,
  FrameKind,
  MetadataEntry,
  Status,
} from "../../gen/heliograph/wire/v1/wire.js";
import type { BytesValue, ErrorValue, FrameValue, PairValue } from "./case-file.js";

/** The bytes that a value of a case file stands for. */
export function bytesOf(value: BytesValue): Uint8Array {
  if (typeof value === "string") return Buffer.from(value, "utf8");
  if ("hex" in value) return Buffer.from(value.hex, "hex");
  if ("bytes" in value) return patterned(value.bytes);
  if ("request" in value) {
    return ConformanceRequest.encode(ConformanceRequest.create({ data: bytesOf(value.request) })).finish();
  }
  return ConformanceResponse.encode(ConformanceResponse.create({ data: bytesOf(value.response) })).finish();
}

/** Bytes of which none is like its neighbours, so that swapped chunks show. */
function patterned(bytes: number): Uint8Array {
  const filled = new Uint8Array(bytes);
  for (let index = 0; index < bytes; index++) filled[index] = (index * 31) ^ (index >> 8);
  return filled;
}

export function metadataOf(pairs: readonly PairValue[] = []): MetadataEntry[] {
  return pairs.map(([key, value]) => MetadataEntry.create({ key, value: bytesOf(value) }));
}

export function statusOf(error: ErrorValue): Status {
  return Status.create({
    code: codeOf(error.code),
    message: error.message ?? "",
    reason: error.reason ?? "",
    details: error.details?.map(({ type, value }) => ({ type, value: bytesOf(value) })) ?? [],
  });
}

export function frameOf(value: FrameValue): Frame {
  const { kind, callId, codec, compression, payload, creditBytes, metadata, trailers, status, ...plain } =
    value;
  return Frame.create({
    ...plain,
    kind: numberOf(FrameKind, "FRAME_KIND_", kind),
    callId: BigInt(callId ?? 0),
    codec: numberOf(Codec, "CODEC_", codec ?? "UNSPECIFIED"),
    compression: numberOf(Compression, "COMPRESSION_", compression ?? "UNSPECIFIED"),
    payload: payload === undefined ? undefined : bytesOf(payload),
    creditBytes: BigInt(creditBytes ?? 0),
    metadata: metadataOf(metadata),
    trailers: metadataOf(trailers),
    status: status && { ...status, code: codeOf(status.code) },
  });
}

export function codeOf(code: string | number): Code {
  return numberOf(Code, "CODE_", code);
}

export function codecOf(name: string): Codec {
  return numberOf(Codec, "CODEC_", name.toUpperCase());
}

export function compressionOf(name: string | undefined): Compression {
  return numberOf(Compression, "COMPRESSION_", (name ?? "unspecified").toUpperCase());
}

/** The number of an enum's value. Numbers pass, also those that the enum doesn't have. */
function numberOf<N extends number>(
  type: Readonly<Record<string, N>>,
  prefix: string,
  value: string | number,
): N {
  if (typeof value === "number") return value as N;
  const number = type[prefix + value];
  if (number === undefined) throw new Error(`there is no ${prefix}${value}`);
  return number;
}
