import { bytes, type Definition, end, frame, request, text } from "./build.js";

/** Where payloads lie, payloads in chunks, metadata and status. */
export const payloads: readonly Definition[] = [
  {
    name: "payload-empty-and-absent",
    description: "An empty payload is a payload; the second END has none",
    frames: [end(1, { payload: "" }), end(2)],
  },
  {
    name: "payload-of-zeros",
    description: "Bytes that look like an end of text or a packet are bytes",
    frames: [end(1, { payload: bytes(0, 0, 0x0a, 2, 8, 6) })],
  },
  {
    name: "attached",
    description: "A payload beside the packet",
    frames: [request(1, { attached: true })],
    attachments: [text("beside")],
  },
  {
    name: "attached-in-order",
    description: "Frames take attachments in order; frames with a payload inside, or with none, take nothing",
    frames: [
      end(1, { attached: true }),
      end(2, { payload: text("inside") }),
      frame("PING"),
      end(3, { attached: true }),
      end(4, { payload: "" }),
      end(5, { attached: true }),
    ],
    attachments: [text("first"), bytes(0), text("third")],
  },
  {
    name: "attached-looks-like-packet",
    description: "An attachment that is an encoded packet is a payload all the same",
    frames: [end(1, { attached: true })],
    attachments: [bytes(0x0a, 2, 8, 4)],
  },
  {
    name: "attached-most",
    description: "256 attachments",
    frames: Array.from({ length: 256 }, (_none, index) => end(index + 1, { attached: true })),
    attachments: Array.from({ length: 256 }, (_none, index) => bytes(index)),
  },
  {
    name: "chunks-attached",
    description: "A request in three chunks; the first frame has all fields and the first chunk",
    frames: [
      request(1, { attached: true, more: true, payload_size: "9", timeout_ms: 100 }),
      frame("REQUEST", { call_id: "1", attached: true, more: true }),
      frame("REQUEST", { call_id: "1", attached: true }),
    ],
    attachments: [text("abcd"), text("efgh"), text("i")],
    assembled: [{ kind: "FRAME_KIND_REQUEST", call_id: "1", payload: text("abcdefghi") }],
  },
  {
    name: "chunks-announced",
    description:
      "An answer whose first frame has no bytes of the payload, and whose chunks lie in the packet",
    frames: [
      end(1, {
        more: true,
        payload_size: "5",
        metadata: [{ key: "a", value: text("b") }],
        trailers: [{ key: "c", value: text("d") }],
      }),
      end(1, { payload: text("he"), more: true }),
      end(1, { payload: text("llo") }),
    ],
    assembled: [{ kind: "FRAME_KIND_END", call_id: "1", payload: text("hello") }],
  },
  {
    name: "chunks-mixed",
    description: "The chunks of two answers in turn, attached and inside, and a small answer between them",
    frames: [
      end(1, { attached: true, more: true, payload_size: "4" }),
      end(2, { more: true, payload_size: "3" }),
      end(3, { payload: text("small") }),
      end(2, { payload: text("x"), more: true }),
      end(1, { payload: text("cd") }),
      end(2, { attached: true }),
    ],
    attachments: [text("ab"), text("yz")],
    assembled: [
      { kind: "FRAME_KIND_END", call_id: "1", payload: text("abcd") },
      { kind: "FRAME_KIND_END", call_id: "2", payload: text("xyz") },
    ],
  },
  {
    name: "metadata",
    description: "Metadata in order, a key twice, an empty value, and a value of bytes",
    frames: [
      request(1, {
        payload: "",
        metadata: [
          { key: "b", value: text("1") },
          { key: "a.b_c-d", value: text("grüße") },
          { key: "b", value: text("2") },
          { key: "trace-bin", value: bytes(0xff, 0xfe, 0) },
          { key: "empty" },
          { key: "empty-bin" },
        ],
      }),
    ],
  },
  {
    name: "metadata-byte-order-mark",
    description: "A byte order mark is part of a value",
    frames: [request(1, { payload: "", metadata: [{ key: "a", value: bytes(0xef, 0xbb, 0xbf, 0x41) }] })],
  },
  {
    name: "metadata-and-trailers",
    description: "What a handler sends before and after its answer",
    frames: [
      end(1, {
        payload: text("x"),
        metadata: [{ key: "served-by", value: text("a") }],
        trailers: [
          { key: "took-ms", value: text("3") },
          { key: "hash-bin", value: bytes(0, 1, 2) },
          { key: "took-ms", value: text("4") },
        ],
      }),
    ],
  },
  {
    name: "status-codes",
    description: "Every code but OK",
    frames: [
      "CANCELLED",
      "UNKNOWN",
      "INVALID_ARGUMENT",
      "DEADLINE_EXCEEDED",
      "NOT_FOUND",
      "ALREADY_EXISTS",
      "PERMISSION_DENIED",
      "RESOURCE_EXHAUSTED",
      "FAILED_PRECONDITION",
      "ABORTED",
      "OUT_OF_RANGE",
      "UNIMPLEMENTED",
      "INTERNAL",
      "UNAVAILABLE",
      "DATA_LOSS",
      "UNAUTHENTICATED",
    ].map((code, index) => end(index + 1, { status: { code: `CODE_${code}` } })),
  },
  {
    name: "status-ok",
    description: "A status without a code is OK, as no status is",
    frames: [end(1, { payload: text("x"), status: {} })],
  },
  {
    name: "status-full",
    description: "An error with text, reason and typed details in order, and metadata and trailers",
    frames: [
      end(1, {
        metadata: [{ key: "a", value: text("1") }],
        status: {
          code: "CODE_NOT_FOUND",
          message: 'no user "Zoë"',
          reason: "USER_NOT_FOUND",
          details: [
            { type: "example.v1.UserError", value: bytes(10, 1, 0x37) },
            { type: "example.v1.Nothing" },
            { type: "example.v1.UserError", value: bytes(10, 1, 0x38) },
          ],
        },
        trailers: [{ key: "b", value: text("2") }],
      }),
    ],
  },
];
