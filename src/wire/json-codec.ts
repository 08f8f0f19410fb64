import { Buffer } from "node:buffer";
import { messageOf } from "../core/error.js";
import { jsonFormat } from "./json-format.js";
import type { MessageWriter } from "./message-writer.js";
import { cannotDecode, type PayloadCodec, type PayloadType } from "./payload-codec.js";
import { readText } from "./text.js";
import { TreeCodec } from "./tree-codec.js";

const codec = new TreeCodec(jsonFormat);

/**
 * ProtoJSON in UTF-8, for eyes, browsers and logs. Written and read by the schema, not by the generated `toJSON` and
 * `fromJSON`, which cut times to milliseconds and turn values of a wrong type into something else.
 */
export const jsonCodec: PayloadCodec = {
  name: "json",
  id: 2,

  encode<T>(type: PayloadType<T>, message: T, writer: MessageWriter): void {
    writer.raw(Buffer.from(JSON.stringify(codec.write(type, message))));
  },

  decode<T>(type: PayloadType<T>, buf: Buffer, start: number, end: number): T {
    const text = readText(buf, start, end - start);
    if (text === undefined) throw cannotDecode(type, `${type.message.$type}: invalid UTF-8`);
    return codec.read(type, parse(type, text));
  },
};

function parse(type: PayloadType, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (thrown) {
    const problem = messageOf(thrown);
    throw cannotDecode(type, `${type.message.$type}: ${problem}`, thrown);
  }
}
