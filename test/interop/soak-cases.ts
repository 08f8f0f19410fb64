import assert from "node:assert/strict";
import { fakeClock } from "../../src/testing/index.js";
import { FrameKind } from "../../src/wire/frame.js";
import { scaled } from "../support/soak.js";
import type { InteropCase } from "./case.js";
import { SOAK_ITERATIONS, SOAK_MAX_FAILURES, SOAK_MAX_LATENCY_MS } from "./data.js";
import { callLarge } from "./unary-cases.js";
import { WireLog } from "./wire-log.js";

const ITERATIONS = scaled(SOAK_ITERATIONS, 10_000);
const IDLE_MS = scaled(30, 8 * 60) * 60_000;
/** A connection looks every 7.5 s, unless told otherwise, and pings a server that has said nothing since. */
const PING_MS = 15_000;

export const soakCases: readonly InteropCase[] = [
  {
    name: "rpc_soak",
    async run({ pair }) {
      const { test } = await pair();
      await soak(() => callLarge(test));
    },
  },
  {
    name: "channel_soak",
    async run({ start, connect }) {
      const { endpoint } = await start();
      await soak(async () => {
        const { connection, test } = connect([endpoint]);
        try {
          await callLarge(test);
        } finally {
          await connection.close();
        }
      });
    },
  },
  {
    name: "long_lived_channel",
    async run({ pair }) {
      const clock = fakeClock();
      const log = new WireLog();
      const { test } = await pair({}, { clock, tap: log.tap });
      await callLarge(test);
      for (let idleMs = 0, pongs = 1; idleMs < IDLE_MS; idleMs += PING_MS, pongs++) {
        clock.advance(PING_MS);
        await log.seen("in", FrameKind.Pong, pongs);
      }
      await callLarge(test);
      // Over the one connection.
      assert.equal(log.count("out", FrameKind.Hello), 1);
    },
  },
];

/** Calls again and again; counts what fails or takes too long. */
async function soak(call: () => Promise<void>): Promise<void> {
  const failures: string[] = [];
  for (let i = 0; i < ITERATIONS; i++) {
    const start = performance.now();
    await call().catch((error: unknown) => failures.push(`${i}: ${error}`));
    const tookMs = performance.now() - start;
    if (tookMs > SOAK_MAX_LATENCY_MS) failures.push(`${i}: took ${Math.round(tookMs)} ms`);
  }
  assert.ok(failures.length <= SOAK_MAX_FAILURES, failures.join("; "));
}
