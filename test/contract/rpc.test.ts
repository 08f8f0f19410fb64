import { describe } from "vitest";
import { testAnswers } from "./rpc-answers.js";
import { rpcCases } from "./rpc-harness.js";

for (const rpcCase of rpcCases) {
  describe(`calls over ${rpcCase.name}`, () => {
    testAnswers(rpcCase);
  });
}
