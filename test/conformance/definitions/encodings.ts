import { Buffer } from "node:buffer";
import type { JsonObject } from "../vector.js";
import { bytes, type Definition, encodeFrame, encodePacket, end, frame, request, text } from "./build.js";

const MOST = 2n ** 53n - 1n;
const FRAMES = 0x0a;

/** The same meanings in encodings that no library writes by itself: a receiver takes them all the same. */
export const encodings: readonly Definition[] = [
  ...[1, 2, 3, 4, 5].map((length) => ({
    name: `padded-frame-${length}`,
    description: `The length of a frame in ${length} of the 5 bytes that it may take`,
    frames: [end(1, { payload: text("hi") })],
    packet: inFrame(encodeFrame(end(1, { payload: text("hi") })), length),
  })),
  ...[1, 2, 3, 4, 5].map((length) => ({
    name: `padded-fields-${length}`,
    description: `The lengths of a frame's method, payload and metadata entry in ${length} bytes`,
    frames: [
      frame("REQUEST", { method: "a.B/C", payload: text("x"), metadata: [{ key: "k", value: text("v") }] }),
    ],
    packet: inFrame(
      Buffer.concat([
        number(1, 6n),
        delimited(4, Buffer.from("a.B/C"), length),
        delimited(3, Buffer.from("x"), length),
        delimited(11, Buffer.from([10, 1, 0x6b, 18, 1, 0x76]), length),
      ]),
    ),
  })),
  {
    name: "padded-empty-payload",
    description: "An empty payload whose length takes 3 bytes",
    frames: [end(1, { payload: "" })],
    packet: inFrame(Buffer.concat([number(1, 8n), number(2, 1n), delimited(3, Buffer.alloc(0), 3)])),
  },
  {
    name: "padded-numbers",
    description: "A kind and a call id with more bytes than they need, up to 10",
    frames: [frame("CANCEL", { call_id: "4" })],
    packet: inFrame(Buffer.concat([Buffer.from([8, 0x89, 0]), Buffer.from([16]), varint(4n, 10)])),
  },
  {
    name: "fields-in-another-order",
    description: "The fields of a frame in another order than that of their numbers, the kind last",
    frames: [request(1, { payload: text("x"), timeout_ms: 5 })],
    packet: inFrame(
      Buffer.concat([
        delimited(4, Buffer.from("example.v1.GreeterService/Greet")),
        number(7, 1n),
        number(6, 1n),
        number(5, 5n),
        delimited(3, Buffer.from("x")),
        number(2, 1n),
        number(1, 6n),
      ]),
    ),
  },
  {
    name: "body-before-kind",
    description: "WELCOME whose body comes before its kind",
    frames: [frame("WELCOME", { welcome: { version: 1 } })],
    packet: inFrame(Buffer.concat([delimited(28, Buffer.from([8, 1])), number(1, 2n)])),
  },
  {
    name: "last-value-wins",
    description: "A number, a text and a payload that come twice: the last one counts",
    frames: [request(2, { payload: text("b"), timeout_ms: 7 })],
    packet: inFrame(
      Buffer.concat([
        number(2, 1n),
        number(5, 9n),
        delimited(4, Buffer.from("none")),
        delimited(3, Buffer.from("a")),
        encodeFrame(request(2, { payload: text("b"), timeout_ms: 7 })),
      ]),
    ),
  },
  {
    name: "zeros-written",
    description:
      "Numbers, flags and totals that are written although they are 0 mean what their absence means",
    frames: [frame("PONG")],
    packet: Buffer.concat([
      inFrame(Buffer.concat([5, 7, 8, 9, 10, 13].map((field) => number(field, 0n)).concat(number(1, 5n)))),
      number(2, 0n),
      number(3, 0n),
    ]),
  },
  {
    name: "totals-between-frames",
    description: "Two packets, concatenated: all frames in order, and the totals of the second",
    frames: [end(1, { payload: text("a") }), end(2, { payload: text("b") })],
    totals: { read_bytes: "70", read_packets: "2" },
    packet: Buffer.concat([
      encodePacket({ frames: [end(1, { payload: text("a") })], read_bytes: "30", read_packets: "1" }),
      encodePacket({ frames: [end(2, { payload: text("b") })], read_bytes: "70", read_packets: "2" }),
    ]),
  },
  {
    name: "concatenated-attachments",
    description: "Two packets with attachments, concatenated, and their attachments in the same order",
    frames: [end(1, { attached: true }), end(2), end(3, { attached: true })],
    totals: { read_bytes: "30" },
    attachments: [text("of the first"), text("of the second")],
    packet: Buffer.concat([
      encodePacket({ frames: [end(1, { attached: true })], read_bytes: "30" }),
      encodePacket({ frames: [end(2), end(3, { attached: true })] }),
    ]),
  },
  {
    name: "totals-one",
    description: "A packet may carry one of the totals",
    frames: [frame("PING")],
    totals: { read_packets: "9" },
  },
  ...unknowns(),
  ...numbers(),
];

function unknowns(): Definition[] {
  const cancel = frame("CANCEL", { call_id: "4" });
  const known = encodeFrame(cancel);
  const fields: [name: string, description: string, field: Buffer][] = [
    ["varint", "a varint", number(100, 5n)],
    ["varint-negative", "a varint of 10 bytes: -1", number(100, 2n ** 64n - 1n)],
    ["fixed64", "8 bytes", Buffer.from([0xa1, 6, 1, 2, 3, 4, 5, 6, 7, 8])],
    ["delimited", "bytes that look like a frame", delimited(100, Buffer.from([FRAMES, 2, 8, 4]))],
    ["fixed32", "4 bytes", Buffer.from([0xa5, 6, 1, 2, 3, 4])],
    ["largest-number", "the largest number of a field", number(2 ** 29 - 1, 1n)],
  ];
  return [
    ...fields.map(([name, description, field]) => ({
      name: `unknown-field-${name}`,
      description: `An unknown field, ${description}, in a packet, before a frame's fields and after them`,
      frames: [cancel],
      packet: Buffer.concat([inFrame(Buffer.concat([field, known, field])), field]),
    })),
    {
      name: "other-wire-type",
      description:
        "A known number with another wire type is an unknown field: no timeout, no method, no payload",
      frames: [cancel],
      packet: inFrame(Buffer.concat([known, delimited(5, Buffer.from([7])), number(4, 7n), number(3, 7n)])),
    },
    {
      name: "unknown-field-in-body",
      description: "Unknown fields in the body of HELLO and in its limits",
      frames: [frame("HELLO", { hello: { versions: [1], limits: { max_calls: 3 } } })],
      packet: inFrame(
        Buffer.concat([
          number(1, 1n),
          delimited(
            27,
            Buffer.concat([
              number(1, 1n),
              number(100, 1n),
              delimited(8, Buffer.concat([number(1, 3n), number(100, 2n)])),
            ]),
          ),
        ]),
      ),
    },
    {
      name: "packed-and-not",
      description: "Versions may be packed, or not, or both",
      frames: [frame("HELLO", { hello: { versions: [1, 2, 3] } })],
      packet: inFrame(Buffer.concat([number(1, 1n), delimited(27, Buffer.from([8, 1, 10, 2, 2, 3]))])),
    },
    {
      name: "unknown-kinds",
      description: "Frames of later versions, with a call and without one",
      frames: [unknownKind(13, { call_id: "1", payload: text("x") }), unknownKind(127)],
    },
    {
      name: "unknown-compression",
      description: "A compression of later versions",
      frames: [request(1, { payload: bytes(1), compression: 9 })],
    },
  ];
}

function numbers(): Definition[] {
  const values = [127n, 128n, 16383n, 16384n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 35n, 2n ** 49n, MOST];
  return [
    {
      name: "numbers",
      description: "Call ids around each length of a varint, up to 2^53 - 1",
      frames: values.map((value) => frame("CANCEL", { call_id: String(value) })),
    },
    {
      name: "numbers-64-bit-fields",
      description: "2^53 - 1 in every field of 64 bits",
      frames: [
        frame("MARK", {
          call_id: String(MOST),
          sequence: String(MOST),
          topic_sequence: String(MOST),
          previous: String(MOST),
          credit_bytes: String(MOST),
          epoch: String(MOST),
          sent_at_us: String(MOST),
        }),
      ],
    },
    {
      name: "numbers-32-bit-fields",
      description: "2^32 - 1 in every field of 32 bits",
      frames: [
        frame("REQUEST", {
          call_id: "1",
          method: "a.B/C",
          timeout_ms: 2 ** 32 - 1,
          credit_messages: 2 ** 32 - 1,
          ttl_ms: 2 ** 32 - 1,
        }),
      ],
    },
  ];
}

function unknownKind(kind: number, fields: JsonObject = {}): JsonObject {
  return { kind, ...fields };
}

function inFrame(fields: Buffer, lengthBytes?: number): Buffer {
  return delimited(1, fields, lengthBytes);
}

function number(field: number, value: bigint): Buffer {
  return Buffer.concat([varint(BigInt(field) << 3n), varint(value)]);
}

function delimited(field: number, content: Buffer, lengthBytes?: number): Buffer {
  const tag = varint((BigInt(field) << 3n) | 2n);
  return Buffer.concat([tag, varint(BigInt(content.length), lengthBytes), content]);
}

/** A varint in so many bytes, or as few as it needs. */
function varint(value: bigint, length = 1): Buffer {
  const encoded: number[] = [];
  let rest = value;
  while (rest > 127n || encoded.length + 1 < length) {
    encoded.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  return Buffer.from([...encoded, Number(rest)]);
}
