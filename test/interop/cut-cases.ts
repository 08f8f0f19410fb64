import assert from "node:assert/strict";
import { Code, type HeliographError } from "../../src/index.js";
import { FrameKind } from "../../src/wire/frame.js";
import type { InteropCase } from "./case.js";
import { checkFails, checkZeros, zeros } from "./checks.js";
import type { InteropClient } from "./context.js";
import { cutNetwork, type Place } from "./cut-network.js";
import { LARGE_REQUEST, LARGE_RESPONSE } from "./data.js";
import { duplexRequests, named } from "./requests.js";

const CALL = "cut";
/** Travels in twelve chunks. */
const CHUNKED = 3_000_000;

interface Cut {
  readonly name: string;
  readonly place: Place;
  readonly call: (client: InteropClient) => Promise<HeliographError>;
  /** Handlers that the call starts. */
  readonly started: 0 | 1;
}

const unary = ({ test }: InteropClient, requestSize: number, responseSize: number, holdAfter?: number) =>
  checkFails(
    test.unaryCall(
      { payload: zeros(requestSize), responseSize },
      // Far more than it needs: a call that was cut off must not wait for it.
      { metadata: named(CALL, holdAfter), timeoutMs: 60_000 },
    ),
    Code.Unavailable,
  );

const out = (kind: number, nth: number, when: Place["when"]): Place => ({
  direction: "out",
  kind,
  nth,
  when,
});
const into = (kind: number, nth: number, when: Place["when"]): Place => ({
  direction: "in",
  kind,
  nth,
  when,
});

/** In the place of gRPC's rst_after_header, rst_during_data and rst_after_data: all of a connection, at each place. */
const cuts: readonly Cut[] = [
  {
    name: "cut_before_request",
    place: out(FrameKind.Request, 2, "before"),
    call: (client) => unary(client, LARGE_REQUEST, LARGE_RESPONSE),
    started: 0,
  },
  {
    name: "cut_during_request",
    place: out(FrameKind.Request, 5, "after"),
    call: (client) => unary(client, CHUNKED, LARGE_RESPONSE),
    started: 0,
  },
  {
    name: "cut_after_request",
    place: out(FrameKind.Request, 2, "after"),
    call: (client) => unary(client, 8, LARGE_RESPONSE, 1),
    started: 1,
  },
  {
    name: "cut_before_answer",
    place: into(FrameKind.End, 2, "before"),
    call: (client) => unary(client, LARGE_REQUEST, 8),
    started: 1,
  },
  {
    name: "cut_during_answer",
    place: into(FrameKind.End, 5, "after"),
    call: (client) => unary(client, LARGE_REQUEST, CHUNKED),
    started: 1,
  },
  {
    name: "cut_after_first_response",
    place: into(FrameKind.Message, 1, "after"),
    async call({ test }) {
      const answers = test.streamingOutputCall(
        { responseParameters: [{ size: 9 }, { size: 9 }] },
        { metadata: named(CALL, 1) },
      );
      return checkStops(answers, 1, 9);
    },
    started: 1,
  },
  {
    name: "cut_during_response",
    place: into(FrameKind.Message, 5, "after"),
    async call({ test }) {
      const answers = test.streamingOutputCall(
        { responseParameters: [{ size: 9 }, { size: CHUNKED }] },
        { metadata: named(CALL) },
      );
      return checkStops(answers, 1, 9);
    },
    started: 1,
  },
  {
    name: "cut_after_all_responses",
    place: into(FrameKind.Message, 2, "after"),
    async call({ test }) {
      const answers = test.streamingOutputCall(
        { responseParameters: [{ size: 9 }, { size: 9 }] },
        { metadata: named(CALL, 2) },
      );
      return checkStops(answers, 2, 9);
    },
    started: 1,
  },
  {
    name: "cut_during_stream_request",
    place: out(FrameKind.Message, 5, "after"),
    call: ({ test }) =>
      checkFails(
        test.streamingInputCall([{ payload: zeros(8) }, { payload: zeros(CHUNKED) }], {
          metadata: named(CALL),
          timeoutMs: 60_000,
        }),
        Code.Unavailable,
      ),
    started: 1,
  },
  {
    name: "cut_between_requests",
    place: out(FrameKind.Message, 2, "before"),
    async call({ test, reached }) {
      const requests = duplexRequests();
      const answers = test.fullDuplexCall(requests, { metadata: named(CALL) });
      const stopped = checkStops(answers, 0, 0);
      requests.push({ payload: zeros(8) });
      await reached(CALL, { messages: 1 });
      requests.push({ payload: zeros(8) });
      return stopped;
    },
    started: 1,
  },
];

export const cutCases: readonly InteropCase[] = cuts.map(({ name, place, call, started }) => ({
  name,
  async run({ sockets, start, connect }) {
    const { endpoint } = await start({ brokenOff: true });
    const network = cutNetwork(sockets, place);
    const client = connect([endpoint], { network: network.sockets });
    await client.test.emptyCall({});
    const error = await call(client);
    assert.ok(network.cut);
    assert.equal(error.origin, "local");
    // The connection is made again, and the server has no trace of the call left.
    const report = await client.reached(CALL, { started, ended: started });
    assert.equal(report.started, started);
    await client.test.emptyCall({});
  },
}));

/** The stream has so many messages, whole, and then breaks. */
async function checkStops(
  answers: AsyncIterable<{ readonly payload?: { readonly body: Uint8Array } | undefined }>,
  count: number,
  size: number,
): Promise<HeliographError> {
  let taken = 0;
  const counted = (async () => {
    for await (const { payload } of answers) {
      checkZeros(payload, size);
      taken++;
    }
  })();
  const error = await checkFails(counted, Code.Unavailable);
  assert.equal(taken, count);
  return error;
}
