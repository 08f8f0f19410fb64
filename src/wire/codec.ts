import { jsonCodec } from "./json-codec.js";
import { msgpackCodec } from "./msgpack-codec.js";
import type { PayloadCodec } from "./payload-codec.js";
import { protobufCodec } from "./protobuf-codec.js";
import { rawCodec } from "./raw-codec.js";

/** Every codec, by name. */
export const codecs = {
  protobuf: protobufCodec,
  json: jsonCodec,
  msgpack: msgpackCodec,
  raw: rawCodec,
} as const;

/** The codec with this number of `heliograph.wire.v1.Codec`, or undefined: a peer may know more of them. */
export function codecById(id: number): PayloadCodec | undefined {
  switch (id) {
    case protobufCodec.id:
      return protobufCodec;
    case jsonCodec.id:
      return jsonCodec;
    case msgpackCodec.id:
      return msgpackCodec;
    case rawCodec.id:
      return rawCodec;
    default:
      return undefined;
  }
}
