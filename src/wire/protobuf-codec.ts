import type { Buffer } from "node:buffer";
import { messageOf } from "../core/error.js";
import { decodeMessage } from "./decode-message.js";
import { explainDecode } from "./explain-decode.js";
import { explainEncode } from "./explain-encode.js";
import { GuardCache, messageGuard } from "./message-guard.js";
import { shapesOf } from "./message-shape.js";
import type { MessageWriter } from "./message-writer.js";
import { cannotDecode, cannotEncode, type PayloadCodec, type PayloadType } from "./payload-codec.js";

const guards = new GuardCache(messageGuard);

/** Protobuf through the generated code, in place and strict in both directions. The default. */
export const protobufCodec: PayloadCodec = {
  name: "protobuf",
  id: 1,

  encode<T>(type: PayloadType<T>, message: T, writer: MessageWriter): void {
    try {
      if (guards.of(type)?.(message) === false) throw new TypeError("a field has a wrong type");
      writer.message(type.message, message);
    } catch (thrown) {
      const name = type.message.$type;
      throw cannotEncode(
        type,
        explainEncode(shapesOf(type.schema), name, message) ?? `${name}: ${messageOf(thrown)}`,
        thrown,
      );
    }
  },

  decode<T>(type: PayloadType<T>, buf: Buffer, start: number, end: number): T {
    try {
      return decodeMessage(type.message, buf, start, end, type.schema);
    } catch (thrown) {
      const name = type.message.$type;
      const bytes = buf.subarray(start, end);
      throw cannotDecode(
        type,
        explainDecode(shapesOf(type.schema), name, bytes) ?? `${name}: ${messageOf(thrown)}`,
        thrown,
      );
    }
  },
};
