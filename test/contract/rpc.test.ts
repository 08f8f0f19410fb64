import { describe } from "vitest";
import { testAnswers } from "./rpc-answers.js";
import { testEnds } from "./rpc-ends.js";
import { testErrors } from "./rpc-errors.js";
import { rpcCases } from "./rpc-harness.js";
import { testInterceptors } from "./rpc-interceptors.js";
import { testLimits } from "./rpc-limits.js";
import { testRetries } from "./rpc-retry.js";
import { testStreamInterceptors } from "./rpc-stream-interceptors.js";

for (const rpcCase of rpcCases) {
  describe(`calls over ${rpcCase.name}`, () => {
    testAnswers(rpcCase);
    testErrors(rpcCase);
    testEnds(rpcCase);
    testLimits(rpcCase);
    testInterceptors(rpcCase);
    testStreamInterceptors(rpcCase);
    testRetries(rpcCase);
  });
}
