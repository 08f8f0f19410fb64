import assert from "node:assert/strict";
import type { InteropCase } from "./case.js";
import { checkZeros, collect, nextOf, zeros } from "./checks.js";
import { CLIENT_STREAM_SIZES, CLIENT_STREAM_SUM, PING_PONGS, SERVER_STREAM_SIZES } from "./data.js";
import { duplexRequests } from "./requests.js";

export const streamCases: readonly InteropCase[] = [
  {
    name: "client_streaming",
    async run({ pair }) {
      const { test } = await pair();
      const answer = await test.streamingInputCall(
        CLIENT_STREAM_SIZES.map((size) => ({ payload: zeros(size) })),
      );
      assert.equal(answer.aggregatedPayloadSize, BigInt(CLIENT_STREAM_SUM));
    },
  },
  {
    name: "server_streaming",
    async run({ pair }) {
      const { test } = await pair();
      const responseParameters = SERVER_STREAM_SIZES.map((size) => ({ size }));
      const answers = await collect(test.streamingOutputCall({ responseParameters }));
      assert.equal(answers.length, SERVER_STREAM_SIZES.length);
      for (const [i, size] of SERVER_STREAM_SIZES.entries()) checkZeros(answers[i]?.payload, size);
    },
  },
  {
    name: "ping_pong",
    async run({ pair }) {
      const { test } = await pair();
      const requests = duplexRequests();
      const answers = test.fullDuplexCall(requests);
      for (const [requestSize, size] of PING_PONGS) {
        requests.push({ responseParameters: [{ size }], payload: zeros(requestSize) });
        checkZeros((await nextOf(answers)).payload, size);
      }
      requests.end();
      assert.deepEqual(await answers.next(), { done: true, value: undefined });
    },
  },
  {
    name: "empty_stream",
    async run({ pair }) {
      const { test } = await pair();
      assert.deepEqual(await collect(test.fullDuplexCall([])), []);
    },
  },
];
