import { Buffer } from "node:buffer";
import type { Meaning, Vector } from "../vector.js";
import { end, hex, request, text, vector } from "./build.js";

const call = { frames: [request(1, { payload: text("x") })] };
const METHOD = "example.v1.GreeterService/Greet";

/** Messages in an envelope, and bare calls. */
export const envelopes: readonly Vector[] = [
  vector({ ...call, name: "envelope-none", description: "No delimiter: the message belongs to a session" }),
  vector({
    ...call,
    name: "envelope-delimiter",
    description: "The envelope of a REQ socket: the delimiter alone",
    envelope: [""],
  }),
  vector({
    ...call,
    name: "envelope-one-part",
    description: "One part before the delimiter",
    envelope: ["id", ""],
  }),
  vector({
    ...call,
    name: "envelope-most",
    description: "Two parts of 255 bytes before the delimiter",
    envelope: ["a".repeat(255), "b".repeat(255), ""],
  }),
  vector({
    name: "envelope-attached",
    description: "A call with its payload beside the packet",
    frames: [request(7, { attached: true })],
    attachments: [text("beside")],
    envelope: ["id", ""],
  }),
  vector({
    name: "envelope-like-packet",
    description: "A part of an envelope that begins as a packet does",
    frames: [request(1, { payload: "" })],
    envelope: ["\n\x02\x08\x04", ""],
  }),
  vector({
    name: "envelope-answer",
    description: "The answer, in the envelope of its request",
    frames: [end(7, { payload: text("y") })],
    envelope: ["id", ""],
  }),
  bare("bare-request", "A bare call, as a REQ socket sends it", [""], {
    bare_request: { method: METHOD, request: text("\n\x03Ada") },
  }),
  bare("bare-request-empty", "A bare call whose request is an empty message", [""], {
    bare_request: { method: METHOD, request: "" },
  }),
  bare("bare-request-envelope", "A bare call through two hops", ["hop-2", "hop-1", ""], {
    bare_request: { method: METHOD, request: text("\n\x03Ada") },
  }),
  bare("bare-request-like-packet", "The request's bytes may begin as a packet does", [""], {
    bare_request: { method: METHOD, request: text("\n\x02\x08\x04") },
  }),
  bare("bare-answer", "The answer of a bare call", [""], {
    bare_answer: { code: "OK", answer: text("\n\x02hi") },
  }),
  bare("bare-answer-empty", "An answer that is an empty message", [""], {
    bare_answer: { code: "OK", answer: "" },
  }),
  bare("bare-error", "The error of a bare call", ["hop-1", ""], {
    bare_answer: { code: "NOT_FOUND", text: "no user Zoë" },
  }),
];

function bare(name: string, description: string, envelope: readonly string[], meaning: Meaning): Vector {
  const { bare_request: asked, bare_answer: answered } = meaning;
  const body = asked
    ? [Buffer.from(asked.method), Buffer.from(asked.request, "base64")]
    : [
        Buffer.from(answered?.code ?? ""),
        answered?.answer === undefined
          ? Buffer.from(answered?.text ?? "")
          : Buffer.from(answered.answer, "base64"),
      ];
  return {
    name,
    description,
    parts: [...envelope.map((part) => Buffer.from(part)), ...body].map(hex),
    meaning: { envelope: envelope.map(text), ...meaning },
  };
}
