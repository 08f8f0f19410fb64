import assert from "node:assert/strict";
import { Code } from "../../src/index.js";
import { fakeClock } from "../../src/testing/index.js";
import type { InteropCase } from "./case.js";
import { checkFails, checkZeros, collect, nextOf, zeros } from "./checks.js";
import { LARGE_REQUEST, LARGE_RESPONSE } from "./data.js";
import { named } from "./requests.js";
import { callLarge } from "./unary-cases.js";

const LARGE_CALLS = 1_000;
/** The server's lanes, by default. */
const LARGE_AT_A_TIME = 256;
/** Of both sides, which are one process here. All requests wait in the client; not all answers lie about as well. */
const LARGE_BYTES = LARGE_CALLS * (LARGE_REQUEST + LARGE_RESPONSE);

const LARGE_STREAMS = 100;

const CALLS = 2_000;
const ALL_AT_ONCE = { limits: { maxCalls: 2 * CALLS }, maxConcurrent: CALLS };
const TIMEOUT_MS = 1_000;

/** Of the list that the authors of gRPC's cases left to do. */
export const loadCases: readonly InteropCase[] = [
  {
    name: "concurrent_large_unary",
    async run({ pair }) {
      const { test, reached } = await pair();
      const before = process.memoryUsage().arrayBuffers;
      let most = 0;
      const call = async () => {
        await callLarge(test, { metadata: named("large"), timeoutMs: 60_000 });
        most = Math.max(most, process.memoryUsage().arrayBuffers - before);
      };
      await Promise.all(Array.from({ length: LARGE_CALLS }, call));
      assert.ok(most < LARGE_BYTES, `${most} bytes were held`);
      assert.ok((await reached("large", { ended: LARGE_CALLS })).mostRunning <= LARGE_AT_A_TIME);
    },
  },
  {
    // Messages of several chunks each, of which only a few may be under way at a time in each direction.
    name: "concurrent_large_streams",
    async run({ pair }) {
      const { test } = await pair();
      const request = { responseParameters: [{ size: LARGE_RESPONSE }], payload: zeros(LARGE_REQUEST) };
      const call = async () => {
        const answers = await collect(test.fullDuplexCall([request, request]));
        assert.equal(answers.length, 2);
        for (const { payload } of answers) checkZeros(payload, LARGE_RESPONSE);
      };
      await Promise.all(Array.from({ length: LARGE_STREAMS }, call));
    },
  },
  {
    name: "simultaneous_calls",
    async run({ pair }) {
      const { test, reached, release } = await pair(ALL_AT_ONCE);
      const calls = sizes.map((responseSize) =>
        test.unaryCall({ responseSize }, { metadata: named("crowd", 1) }),
      );
      await reached("crowd", { started: CALLS });
      await release("crowd");
      for (const [i, { payload }] of (await Promise.all(calls)).entries()) checkZeros(payload, i + 1);
      assert.equal((await reached("crowd", { ended: CALLS })).mostRunning, CALLS);
    },
  },
  {
    name: "simultaneous_streams",
    async run({ pair }) {
      const { test, reached, release } = await pair(ALL_AT_ONCE);
      const streams = sizes.map((size) =>
        test.streamingOutputCall(
          { responseParameters: [{ size }, { size: 1 }] },
          { metadata: named("crowd", 1) },
        ),
      );
      const firsts = await Promise.all(streams.map(nextOf));
      for (const [i, { payload }] of firsts.entries()) checkZeros(payload, i + 1);
      await release("crowd");
      for (const { payload } of await Promise.all(streams.map(nextOf))) checkZeros(payload, 1);
      assert.ok((await Promise.all(streams.map((stream) => stream.next()))).every(({ done }) => done));
      assert.equal((await reached("crowd", { ended: CALLS })).mostRunning, CALLS);
    },
  },
  {
    name: "simultaneous_timeouts",
    async run({ pair }) {
      const clock = fakeClock();
      const { test, reached } = await pair({ ...ALL_AT_ONCE, clock }, { clock });
      const options = { timeoutMs: TIMEOUT_MS, metadata: named("late", 1) };
      const calls = sizes.map((size, i) =>
        checkFails(
          i % 2 === 0
            ? test.unaryCall({ responseSize: size }, options)
            : test.streamingInputCall([{ payload: { body: new Uint8Array(1) } }], options),
          Code.DeadlineExceeded,
        ),
      );
      await reached("late", { started: CALLS, messages: CALLS });
      clock.advance(TIMEOUT_MS + 100);
      await Promise.all(calls);
      const { ended, aborted } = await reached("late", { ended: CALLS });
      assert.deepEqual({ ended, aborted }, { ended: CALLS, aborted: CALLS });
    },
  },
];

const sizes = Array.from({ length: CALLS }, (_unused, i) => i + 1);
