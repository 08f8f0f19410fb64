import type { Buffer } from "node:buffer";
import type { MessageWriter } from "./message-writer.js";
import { cannotEncode, type PayloadCodec, type PayloadType } from "./payload-codec.js";
import { showValue } from "./show-value.js";

/**
 * The bytes as they are, for callers that know no type: proxies, bridges, tools. The message is a Uint8Array
 * whatever the type says, and what is decoded is a view of the buffer.
 */
export const rawCodec: PayloadCodec = {
  name: "raw",
  id: 4,

  encode<T>(type: PayloadType<T>, message: T, writer: MessageWriter): void {
    if (!(message instanceof Uint8Array)) {
      throw cannotEncode(type, `expected a Uint8Array, got ${showValue(message)}`);
    }
    writer.raw(message);
  },

  decode<T>(_type: PayloadType<T>, buf: Buffer, start: number, end: number): T {
    // The caller chose this codec by name, and with it that messages are bytes.
    return new Uint8Array(buf.buffer, buf.byteOffset + start, end - start) as T;
  },
};
