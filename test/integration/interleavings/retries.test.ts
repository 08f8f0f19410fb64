import { expect, test } from "vitest";
import { scaled } from "../../support/soak.js";
import { explore } from "./explore.js";

const SEED = Number(process.env["HELIOGRAPH_SEED"] ?? 1);
const RUNS = Number(process.env["HELIOGRAPH_RUNS"] ?? scaled(2_500, 100_000));

test(`${RUNS} interleavings of calls that are made again`, {
  timeout: scaled(120_000, 3_600_000),
}, async () => {
  const { runs, distinct, steps, calls, seen } = await explore(SEED, RUNS, {
    kinds: ["call", "count", "sum", "chat"],
    retries: true,
  });
  console.info(`${runs} runs, ${distinct} of them different, ${steps} steps, ${calls} calls`);
  console.info(seen);
  expect(distinct).toBe(runs);
});
