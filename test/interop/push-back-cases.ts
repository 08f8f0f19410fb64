import assert from "node:assert/strict";
import type { Init } from "../../src/index.js";
import type { StreamingInputCallRequest } from "../gen/heliograph/test/interop/v1/test.js";
import type { InteropCase } from "./case.js";
import { collect, nextOf, zeros } from "./checks.js";
import type { InteropClient } from "./context.js";
import { named } from "./requests.js";
import { type Grant, WireLog } from "./wire-log.js";

/** Far more than any window takes. */
const MESSAGES = 5_000;
const SIZE = 1_000;
/** Made, and waiting for credit, in a sender's hands; the first one overdraws the bytes. */
const IN_HAND = 2;
/** After so many calls to and fro, whatever could go on has gone on. */
const ROUND_TRIPS = 20;

const CALL = "pushed";

/** Of the list that the authors of gRPC's cases left to do. */
export const pushBackCases: readonly InteropCase[] = [
  {
    // Who reads slowly holds the server's handler up, and nothing else.
    name: "push_back_from_client",
    async run({ pair }) {
      const log = new WireLog();
      const { test, reached } = await pair({}, { tap: log.tap });
      const answers = test.streamingOutputCall(
        { responseParameters: Array.from({ length: MESSAGES }, () => ({ size: SIZE })) },
        { metadata: named(CALL) },
      );
      await nextOf(answers);
      await roundTrips(test);
      const { messages } = await reached(CALL, {});
      checkHeld(messages, log.granted("out"));
      await roundTrips(test);
      assert.equal((await reached(CALL, {})).messages, messages);
      assert.equal((await collect(answers)).length, MESSAGES - 1);
    },
  },
  {
    // A handler that reads slowly holds the caller's generator up.
    name: "push_back_from_server",
    async run({ pair }) {
      const log = new WireLog();
      const { test, reached, release } = await pair({}, { tap: log.tap });
      let made = 0;
      async function* requests(): AsyncGenerator<Init<StreamingInputCallRequest>> {
        while (made < MESSAGES) {
          made++;
          yield { payload: zeros(SIZE) };
        }
      }
      const answer = test.streamingInputCall(requests(), { metadata: named(CALL, 1) });
      await reached(CALL, { messages: 1 });
      await roundTrips(test);
      const held = made;
      checkHeld(held, log.granted("in"));
      await roundTrips(test);
      assert.equal(made, held);
      await release(CALL);
      assert.equal((await answer).aggregatedPayloadSize, BigInt(MESSAGES * SIZE));
    },
  },
];

/** The sender has come as far as its credit reaches. */
function checkHeld(made: number, { messages, bytes }: Grant): void {
  const most = Math.min(messages, Math.ceil(bytes / SIZE)) + IN_HAND;
  assert.ok(made <= most, `${made} messages made, credit for ${messages} with ${bytes} bytes`);
  assert.ok(made < MESSAGES / 2, `${made} messages made, and one was read`);
}

async function roundTrips(test: InteropClient["test"]): Promise<void> {
  for (let i = 0; i < ROUND_TRIPS; i++) await test.emptyCall({});
}
