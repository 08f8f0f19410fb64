import { expect, test } from "vitest";
import { scaled } from "../../support/soak.js";
import { explore } from "./explore.js";
import type { Scope } from "./setups.js";

const SEED = Number(process.env["HELIOGRAPH_SEED"] ?? 1);

/** How many runs of one kind of interleaving there are, and what has to come about in one run or another. */
export interface Exploration extends Scope {
  /** In `npm test`. */
  readonly runs: number;
  /** In `npm run soak -- interleavings`. */
  readonly soakRuns: number;
  /** Names of reasons and of what was seen on the wire. */
  readonly sees: readonly string[];
}

/** A test that explores. */
export function testInterleavings(what: string, { runs, soakRuns, sees, ...scope }: Exploration): void {
  const count = Number(process.env["HELIOGRAPH_RUNS"] ?? scaled(runs, soakRuns));
  test(`${count} interleavings of ${what}`, { timeout: scaled(120_000, 3_600_000) }, async () => {
    const { distinct, steps, calls, seen } = await explore(SEED, count, scope);
    console.info(`${count} interleavings of ${what}: ${calls} calls, ${steps} steps`);
    expect(distinct).toBe(count);
    // What never comes about is not explored.
    if (count >= runs) expect(sees.filter((each) => !seen.has(each))).toEqual([]);
  });
}
