import { describe } from "vitest";
import { testAnswers } from "./rpc-answers.js";
import { testEnds } from "./rpc-ends.js";
import { testErrors } from "./rpc-errors.js";
import { rpcCases } from "./rpc-harness.js";
import { testIdempotency } from "./rpc-idempotency.js";
import { testInterceptors } from "./rpc-interceptors.js";
import { testLimits } from "./rpc-limits.js";
import { testNotify } from "./rpc-notify.js";
import { testResume } from "./rpc-resume.js";
import { testRetries } from "./rpc-retry.js";
import { testScatter } from "./rpc-scatter.js";
import { testStreamCredit } from "./rpc-stream-credit.js";
import { testStreamEnds } from "./rpc-stream-ends.js";
import { testStreamErrors } from "./rpc-stream-errors.js";
import { testStreamHandlers } from "./rpc-stream-handlers.js";
import { testStreamInterceptors } from "./rpc-stream-interceptors.js";
import { testStreamTimes } from "./rpc-stream-times.js";
import { testStreams } from "./rpc-streams.js";

for (const rpcCase of rpcCases) {
  describe(`calls over ${rpcCase.name}`, () => {
    testAnswers(rpcCase);
    testErrors(rpcCase);
    testEnds(rpcCase);
    testLimits(rpcCase);
    testInterceptors(rpcCase);
    testStreams(rpcCase);
    testStreamErrors(rpcCase);
    testStreamEnds(rpcCase);
    testStreamHandlers(rpcCase);
    testStreamTimes(rpcCase);
    testStreamCredit(rpcCase);
    testStreamInterceptors(rpcCase);
    testRetries(rpcCase);
    testIdempotency(rpcCase);
    testResume(rpcCase);
    testNotify(rpcCase);
    testScatter(rpcCase);
  });
}
