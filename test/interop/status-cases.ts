import assert from "node:assert/strict";
import type { CallOptions, HeliographError, Metadata } from "../../src/index.js";
import type { InteropCase } from "./case.js";
import { checkZeros, collect, failureOf, zeros } from "./checks.js";
import {
  INITIAL_KEY,
  INITIAL_VALUE,
  LARGE_REQUEST,
  LARGE_RESPONSE,
  SPECIAL_STATUS_MESSAGE,
  STATUS_CODE,
  STATUS_MESSAGE,
  TRAILING_KEY,
  TRAILING_VALUE,
} from "./data.js";

export const statusCases: readonly InteropCase[] = [
  {
    name: "custom_metadata",
    async run({ pair }) {
      const { test } = await pair();
      const payload = zeros(LARGE_REQUEST);

      const unary = new Echo();
      const answer = await test.unaryCall({ responseSize: LARGE_RESPONSE, payload }, unary.options);
      checkZeros(answer.payload, LARGE_RESPONSE);
      unary.check();

      const duplex = new Echo();
      const requests = [{ responseParameters: [{ size: LARGE_RESPONSE }], payload }];
      const answers = await collect(test.fullDuplexCall(requests, duplex.options));
      assert.equal(answers.length, 1);
      checkZeros(answers[0]?.payload, LARGE_RESPONSE);
      duplex.check();
    },
  },
  {
    name: "status_code_and_message",
    async run({ pair }) {
      const { test } = await pair();
      const responseStatus = { code: STATUS_CODE, message: STATUS_MESSAGE };
      checkStatus(await failureOf(test.unaryCall({ responseStatus })), STATUS_MESSAGE);
      checkStatus(await failureOf(collect(test.fullDuplexCall([{ responseStatus }]))), STATUS_MESSAGE);
    },
  },
  {
    name: "special_status_message",
    async run({ pair }) {
      const { test } = await pair();
      const responseStatus = { code: STATUS_CODE, message: SPECIAL_STATUS_MESSAGE };
      checkStatus(await failureOf(test.unaryCall({ responseStatus })), SPECIAL_STATUS_MESSAGE);
    },
  },
];

/** Asks for both kinds of metadata back, and sees what comes. */
class Echo {
  private initial: Metadata | undefined;
  private trailing: Metadata | undefined;
  readonly options: CallOptions = {
    metadata: { [INITIAL_KEY]: INITIAL_VALUE, [TRAILING_KEY]: TRAILING_VALUE },
    onHeader: (metadata) => {
      this.initial = metadata;
    },
    onTrailer: (metadata) => {
      this.trailing = metadata;
    },
  };

  check(): void {
    assert.equal(this.initial?.get(INITIAL_KEY), INITIAL_VALUE);
    assert.deepEqual([...(this.trailing?.get(TRAILING_KEY) ?? [])], [...TRAILING_VALUE]);
    assert.equal(this.initial?.has(TRAILING_KEY), false);
    assert.equal(this.trailing?.has(INITIAL_KEY), false);
  }
}

function checkStatus({ code, rawMessage, origin }: HeliographError, text: string): void {
  assert.deepEqual({ code, rawMessage, origin }, { code: STATUS_CODE, rawMessage: text, origin: "peer" });
}
