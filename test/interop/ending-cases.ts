import assert from "node:assert/strict";
import { Code } from "../../src/index.js";
import { FrameKind } from "../../src/wire/frame.js";
import type { InteropCase } from "./case.js";
import { checkFails, checkZeros, nextOf, zeros } from "./checks.js";
import { PING_PONGS } from "./data.js";
import { duplexRequests, inputRequests, named } from "./requests.js";
import { WireLog } from "./wire-log.js";

const [[requestSize, responseSize]] = PING_PONGS;

export const endingCases: readonly InteropCase[] = [
  {
    name: "cancel_after_begin",
    async run({ pair }) {
      const { test } = await pair();
      const controller = new AbortController();
      const call = test.streamingInputCall(inputRequests(), { signal: controller.signal });
      controller.abort();
      await checkFails(call, Code.Cancelled);
    },
  },
  {
    // The same, a little later: the handler waits for the first request, and learns of it.
    name: "cancel_after_begin_in_handler",
    async run({ pair }) {
      const { test, reached } = await pair();
      const controller = new AbortController();
      const call = test.streamingInputCall(inputRequests(), {
        signal: controller.signal,
        metadata: named("begun"),
      });
      const failed = checkFails(call, Code.Cancelled);
      await reached("begun", { started: 1 });
      controller.abort();
      await failed;
      const { messages, aborted } = await reached("begun", { ended: 1 });
      assert.deepEqual({ messages, aborted }, { messages: 0, aborted: 1 });
    },
  },
  {
    name: "cancel_after_first_response",
    async run({ pair }) {
      const { test, reached } = await pair();
      const controller = new AbortController();
      const requests = duplexRequests();
      const answers = test.fullDuplexCall(requests, {
        signal: controller.signal,
        metadata: named("answered"),
      });
      requests.push({ responseParameters: [{ size: responseSize }], payload: zeros(requestSize) });
      checkZeros((await nextOf(answers)).payload, responseSize);
      controller.abort();
      await checkFails(answers.next(), Code.Cancelled);
      assert.equal((await reached("answered", { ended: 1 })).aborted, 1);
    },
  },
  {
    name: "cancel_before_start",
    async run({ pair }) {
      const log = new WireLog();
      const { test } = await pair({}, { tap: log.tap });
      log.frames.length = 0;
      const signal = AbortSignal.abort();
      const errors = await Promise.all([
        checkFails(test.unaryCall({}, { signal }), Code.Cancelled),
        checkFails(test.streamingInputCall([], { signal }), Code.Cancelled),
        checkFails(test.streamingOutputCall({}, { signal }).next(), Code.Cancelled),
        checkFails(test.fullDuplexCall([], { signal }).next(), Code.Cancelled),
      ]);
      assert.ok(errors.every(({ notProcessed }) => notProcessed));
      await test.emptyCall({});
      // That of the empty call.
      assert.equal(log.count("out", FrameKind.Request), 1);
    },
  },
  {
    name: "timeout_on_sleeping_server",
    async run({ pair }) {
      const { test } = await pair();
      const requests = duplexRequests();
      const answers = test.fullDuplexCall(requests, { timeoutMs: 1 });
      requests.push({ payload: zeros(requestSize) });
      await checkFails(answers.next(), Code.DeadlineExceeded);
    },
  },
];
