import type { JsonObject } from "../vector.js";
import { type Definition, end, frame, hello, request, text } from "./build.js";

const welcome = frame("WELCOME", {
  welcome: { version: 1, node: "greeter", instance: "server-1", epoch: "7" },
});
const violation = (reason: string) => ({ fault: { kind: "violation", reason } as const });

/** Packets that can be read, and that the rules don't allow as the first of a session. */
export const violations: readonly Definition[] = [
  {
    name: "no-hello",
    description: "A session whose first frame is not HELLO",
    to: "server",
    frames: [request(1, { payload: "" })],
    ...violation("no-hello"),
  },
  {
    name: "hello-without-body",
    description: "HELLO without its body",
    to: "server",
    frames: [frame("HELLO")],
    ...violation("no-hello"),
  },
  {
    name: "hello-twice",
    description: "A second HELLO",
    to: "server",
    frames: [hello(), hello()],
    ...violation("second-hello"),
  },
  {
    name: "hello-small-chunks",
    description: "HELLO that grants chunks of 1,023 bytes",
    to: "server",
    frames: [hello({ limits: { chunk_bytes: "1023" } })],
    ...violation("chunk-bytes"),
  },
  {
    name: "hello-long-name",
    description: "HELLO of a node with a name of 257 characters",
    to: "server",
    frames: [hello({ node: "n".repeat(257) })],
    ...violation("long-name"),
  },
  {
    name: "request-without-method",
    description: "REQUEST with a new call id and no method",
    to: "server",
    frames: [hello(), frame("REQUEST", { call_id: "1", payload: "" })],
    ...violation("no-method"),
  },
  {
    name: "request-id-twice",
    description: "REQUEST with a method, and the id of an earlier call",
    to: "server",
    frames: [hello(), request(1, { payload: "" }), request(1, { payload: "" })],
    ...violation("call-id"),
  },
  {
    name: "request-id-lower",
    description: "REQUEST with a method, and an id that was passed over",
    to: "server",
    frames: [hello(), request(5, { payload: "" }), request(4, { payload: "" })],
    ...violation("call-id"),
  },
  {
    name: "end-from-client",
    description: "END from a client, which a server of this kit takes for a fault",
    to: "server",
    frames: [hello(), end(1)],
    ...violation("other-side"),
  },
  {
    name: "pings",
    description: "17 PINGs in one packet",
    to: "server",
    frames: [
      hello(),
      ...Array.from({ length: 17 }, (_none, index) => frame("PING", { sequence: String(index + 1) })),
    ],
    ...violation("pings"),
  },
  {
    name: "payload-too-long",
    description: "Chunks with more bytes than payload_size",
    to: "server",
    frames: [
      hello(),
      echo(1, { more: true, payload_size: "3", payload: text("ab") }),
      frame("REQUEST", { call_id: "1", payload: text("cd") }),
    ],
    ...violation("payload-too-long"),
  },
  {
    name: "payload-too-short",
    description: "Chunks that end before payload_size",
    to: "server",
    frames: [
      hello(),
      echo(1, { more: true, payload_size: "5", payload: text("ab") }),
      frame("REQUEST", { call_id: "1", payload: text("cd") }),
    ],
    ...violation("payload-too-short"),
  },
  {
    name: "welcome-twice",
    description: "A second WELCOME",
    to: "client",
    frames: [welcome, welcome],
    ...violation("second-welcome"),
  },
  {
    name: "welcome-without-body",
    description: "WELCOME without its body",
    to: "client",
    frames: [frame("WELCOME")],
    ...violation("no-body"),
  },
  {
    name: "end-of-no-call",
    description: "END for a call that the client has not made",
    to: "client",
    frames: [welcome, end(1000)],
    ...violation("no-such-call"),
  },
  {
    name: "envelope-two-requests",
    description:
      "Two calls in one message without a session; who has answered the first may leave it at that",
    to: "server",
    frames: [echo(1, { payload: "" }), echo(2, { payload: "" })],
    envelope: [""],
    ...violation("one-request"),
  },
  {
    name: "envelope-chunks",
    description: "A call without a session whose payload goes on elsewhere",
    to: "server",
    frames: [echo(1, { payload: text("ab"), more: true, payload_size: "4" })],
    envelope: [""],
    ...violation("whole-request"),
  },
  {
    name: "envelope-no-call-id",
    description: "A call without a session and without an id",
    to: "server",
    frames: [echo(0, { payload: "" })].map(({ call_id: _zero, ...fields }) => fields),
    envelope: [""],
    ...violation("whole-request"),
  },
  {
    name: "envelope-cancel",
    description: "CANCEL without a session",
    to: "server",
    frames: [frame("CANCEL", { call_id: "1" })],
    envelope: [""],
    ...violation("whole-request"),
  },
  {
    name: "envelope-without-method",
    description: "A call without a session and without a method",
    to: "server",
    frames: [frame("REQUEST", { call_id: "1", codec: "CODEC_PROTOBUF", payload: "" })],
    envelope: ["id", ""],
    ...violation("no-method"),
  },
];

/** A call of the service that the tests serve. */
function echo(id: number, fields: JsonObject): JsonObject {
  return request(id, { method: "heliograph.test.v1.EchoService/Echo", ...fields });
}
