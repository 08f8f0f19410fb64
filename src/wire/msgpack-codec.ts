import type { Buffer } from "node:buffer";
import { Packr } from "msgpackr";
import { messageOf } from "../core/error.js";
import type { MessageWriter } from "./message-writer.js";
import { msgpackFormat } from "./msgpack-format.js";
import { msgpackFault } from "./msgpack-outline.js";
import { cannotDecode, type PayloadCodec, type PayloadType } from "./payload-codec.js";
import { TreeCodec } from "./tree-codec.js";

// Plain msgpack, with none of the package's extensions, so that any other implementation reads it.
const packr = new Packr({
  useRecords: false,
  mapsAsObjects: false,
  int64AsType: "bigint",
  variableMapSize: true,
  moreTypes: false,
});

const codec = new TreeCodec(msgpackFormat);

/** Messages as plain msgpack maps, for peers that have no protobuf; see `msgpackFormat`. */
export const msgpackCodec: PayloadCodec = {
  name: "msgpack",
  id: 3,

  encode<T>(type: PayloadType<T>, message: T, writer: MessageWriter): void {
    writer.raw(packr.pack(codec.write(type, message)));
  },

  decode<T>(type: PayloadType<T>, buf: Buffer, start: number, end: number): T {
    const problem = msgpackFault(buf, start, end);
    if (problem !== undefined) throw cannotDecode(type, `${type.message.$type}: ${problem}`);
    return codec.read(type, unpack(type, buf.subarray(start, end)));
  },
};

function unpack(type: PayloadType, bytes: Buffer): unknown {
  try {
    return packr.unpack(bytes);
  } catch (thrown) {
    const problem = messageOf(thrown);
    throw cannotDecode(type, `${type.message.$type}: ${problem}`, thrown);
  }
}
