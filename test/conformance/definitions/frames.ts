import { bytes, type Definition, end, frame, hello, request, text } from "./build.js";

const MOST = "9007199254740991";

/** Each kind of frame as it usually looks, and each field that has a value worth trying. */
export const frames: readonly Definition[] = [
  {
    name: "hello-least",
    description: "HELLO with one version and nothing else",
    frames: [frame("HELLO", { hello: { versions: [1] } })],
  },
  {
    name: "hello-full",
    description: "HELLO with every field of its body",
    frames: [
      hello({
        versions: [1, 2, 300],
        epoch: MOST,
        features: ["streams", "größe"],
        heartbeat_ms: 5000,
        expect: { instance: "server-1", epoch: "7" },
        limits: limits(),
        public_key: bytes(...Array(32).fill(0xab)),
        proof: bytes(1, 2, 3),
        nonce: bytes(0, 255),
      }),
    ],
  },
  {
    name: "hello-limits-absent",
    description: "HELLO whose limits are there, and grant what the constants say",
    frames: [hello({ limits: {} })],
  },
  {
    name: "hello-and-request",
    description: "A client's first packet: HELLO, and a call that doesn't wait for WELCOME",
    frames: [hello(), request(1, { payload: text("x") })],
  },
  {
    name: "welcome-least",
    description: "WELCOME with the version alone",
    frames: [frame("WELCOME", { welcome: { version: 1 } })],
  },
  {
    name: "welcome-full",
    description: "WELCOME with every field of its body",
    frames: [
      frame("WELCOME", {
        welcome: {
          version: 1,
          node: "greeter",
          instance: "server-1",
          epoch: "7",
          features: ["a", ""],
          heartbeat_ms: 4294967295,
          publish_endpoint: "tcp://198.51.100.7:5556",
          limits: limits(),
        },
      }),
    ],
    totals: { read_bytes: "120", read_packets: "1" },
  },
  {
    name: "goaway-drain",
    description: "GOAWAY without status: calls up to 12 go on for 5 s",
    frames: [frame("GOAWAY", { goaway: { last_call_id: "12", grace_ms: 5000 } })],
  },
  {
    name: "goaway-nothing-started",
    description: "GOAWAY whose body is empty: no call was started",
    frames: [frame("GOAWAY", { goaway: {} })],
  },
  {
    name: "goaway-no-body",
    description: "GOAWAY without its body means the same as one whose values are all 0",
    frames: [frame("GOAWAY")],
  },
  {
    name: "goaway-version",
    description: "GOAWAY of a server that speaks versions 2 and 3 only",
    frames: [
      frame("GOAWAY", {
        status: { code: "CODE_UNIMPLEMENTED", message: "no common version", reason: "VERSION_UNSUPPORTED" },
        goaway: { versions: [2, 3] },
      }),
    ],
  },
  {
    name: "ping",
    description: "PING with the time at its sender",
    frames: [frame("PING", { sequence: "41", sent_at_us: "1767225600000000" })],
  },
  { name: "pong", description: "PONG to it", frames: [frame("PONG", { sequence: "41" })] },
  {
    name: "request-least",
    description: "A unary call with an empty message and no deadline",
    frames: [request(1, { payload: "" })],
  },
  {
    name: "request-full",
    description: "REQUEST with every field that it has, as a stream would use them",
    frames: [
      frame("REQUEST", {
        call_id: MOST,
        payload: bytes(10, 3, 65, 100, 97),
        method: "example.v1.GreeterService/Chat",
        timeout_ms: 4294967295,
        codec: "CODEC_MSGPACK",
        metadata: [{ key: "trace", value: text("7") }],
        credit_messages: 16,
        credit_bytes: "65536",
        idempotency_key: "order-7",
        resume: { stream_id: "s-1", next_sequence: "9" },
        compression: "COMPRESSION_ZSTD",
      }),
    ],
  },
  {
    name: "request-codecs",
    description: "One call for each codec, and one for a codec of later versions",
    frames: ["CODEC_PROTOBUF", "CODEC_JSON", "CODEC_MSGPACK", "CODEC_RAW", 77].map((codec, index) =>
      request(index + 1, { codec, payload: "" }),
    ),
  },
  {
    name: "request-resumed",
    description: "The first REQUEST of a stream that can be resumed has no sequence",
    frames: [request(3, { payload: "", resume: { stream_id: "s-1" } })],
  },
  {
    name: "request-one-way",
    description: "A call whose caller waits for no answer; its END has no payload",
    frames: [request(6, { payload: text("x"), timeout_ms: 10000, one_way: true })],
  },
  {
    name: "message",
    description: "MESSAGE of a server, its first, in a resumable stream; and one of a client, its last",
    frames: [
      frame("MESSAGE", {
        call_id: "5",
        payload: text("first"),
        metadata: [{ key: "a", value: text("b") }],
        sequence: "1",
      }),
      frame("MESSAGE", { call_id: "6", payload: text("last"), end_stream: true }),
    ],
  },
  { name: "end-ok", description: "The answer of a unary call", frames: [end(1, { payload: text("hi") })] },
  {
    name: "end-ok-no-payload",
    description: "END of a stream: success, without a payload",
    frames: [end(1)],
  },
  {
    name: "end-not-processed",
    description: "An error of a call that no handler has seen",
    frames: [end(2, { status: { code: "CODE_UNAVAILABLE", reason: "DRAINING" }, not_processed: true })],
  },
  { name: "cancel", description: "CANCEL", frames: [frame("CANCEL", { call_id: "4" })] },
  {
    name: "credit-stream",
    description: "CREDIT of a stream, and one of messages alone",
    frames: [
      frame("CREDIT", { call_id: "8", credit_messages: 4, credit_bytes: "1000000" }),
      frame("CREDIT", { call_id: "9", credit_messages: 1 }),
    ],
  },
  {
    name: "credit-totals",
    description: "CREDIT without a call: the packet is there for its totals, and not counted",
    frames: [frame("CREDIT")],
    totals: { read_bytes: "262144", read_packets: "3" },
  },
  {
    name: "totals-most",
    description: "The largest totals",
    frames: [frame("CREDIT")],
    totals: { read_bytes: MOST, read_packets: MOST },
  },
  {
    name: "publication",
    description: "PUBLICATION with every field that it has",
    frames: [
      frame("PUBLICATION", {
        payload: text("21.5"),
        codec: "CODEC_JSON",
        end_stream: true,
        metadata: [{ key: "unit", value: text("C") }],
        sequence: "3",
        topic_sequence: "10",
        previous: "8",
        epoch: "2",
        sent_at_us: MOST,
        ttl_ms: 5000,
        key: text("kitchen"),
        compression: "COMPRESSION_GZIP",
      }),
    ],
  },
  {
    name: "mark",
    description: "MARK of a subject whose last publication is only known by a floor; its key is no text",
    frames: [
      frame("MARK", {
        topic_sequence: "10",
        previous: "8",
        previous_is_floor: true,
        epoch: "2",
        sent_at_us: "1",
        key: bytes(0xff, 0, 0x2f),
      }),
    ],
  },
  {
    name: "several-frames",
    description: "Frames of several calls in one packet, in the order in which they were sent",
    frames: [
      request(10, { payload: text("a"), timeout_ms: 1 }),
      frame("CANCEL", { call_id: "7" }),
      request(11, { payload: text("b") }),
      frame("PING", { sequence: "1" }),
    ],
    totals: { read_bytes: "1", read_packets: "1" },
  },
];

function limits() {
  return {
    max_calls: 16,
    window_bytes: "2097152",
    window_packets: 64,
    chunk_bytes: "65536",
    message_bytes: "1073741824",
    stream_credit_messages: 8,
    stream_credit_bytes: "32768",
    metadata_bytes: 4096,
  };
}
