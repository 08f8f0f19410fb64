import { Random } from "../../support/random.js";
import { Choices } from "./choices.js";
import { type Result, run } from "./run.js";
import { chooseSetup, type Scope } from "./setups.js";
import { shrink } from "./shrink.js";

/** What was explored. */
export interface Explored {
  readonly runs: number;
  /** Runs that differ from each other in at least one decision. */
  readonly distinct: number;
  readonly steps: number;
  readonly calls: number;
  /** What came about, and in how many runs. */
  readonly seen: ReadonlyMap<string, number>;
}

/**
 * Runs with the seeds from `seed` on; throws at the first in which something is wrong, with the shortest story that was
 * found for it.
 */
export async function explore(seed: number, runs: number, scope: Scope): Promise<Explored> {
  const different = new Set<string>();
  const seen = new Map<string, number>();
  let steps = 0;
  let calls = 0;
  for (let i = 0; i < runs; i++) {
    const choices = new Choices([], new Random(seed + i));
    const result = await runWith(choices, scope, false);
    if (result.faults.length > 0) throw await failure(seed + i, choices.made, scope, result);
    different.add(digest(choices.made));
    steps += result.steps;
    calls += result.calls;
    for (const what of result.seen) seen.set(what, (seen.get(what) ?? 0) + 1);
  }
  return { runs, distinct: different.size, steps, calls, seen };
}

function runWith(choices: Choices, scope: Scope, tell: boolean): Promise<Result> {
  return run(choices, chooseSetup(choices, scope), tell);
}

async function failure(
  seed: number,
  made: readonly number[],
  scope: Scope,
  { faults }: Result,
): Promise<Error> {
  const attempt = async (decisions: readonly number[]) => {
    const choices = new Choices(decisions);
    const { faults: others } = await runWith(choices, scope, false);
    return others.some((other) => alike(other) === alike(faults[0] ?? "")) ? choices.made : undefined;
  };
  const fewest = await shrink(made, attempt);
  const told = await runWith(new Choices(fewest), scope, true);
  return new Error(
    [
      `seed ${seed}: ${faults.join("; ")}`,
      `with fewer steps: ${told.faults.join("; ")}`,
      ...told.story,
      `again: HELIOGRAPH_SEED=${seed} HELIOGRAPH_RUNS=1 npx vitest run test/integration/interleavings`,
    ].join("\n"),
  );
}

/** The same fault of another call is the same fault. */
function alike(fault: string): string {
  return fault.replace(/\d+/g, "0");
}

/** Two numbers that tell one list of decisions from another. */
function digest(numbers: readonly number[]): string {
  let a = 0x811c9dc5;
  let b = 0x9e3779b9;
  for (const number of numbers) {
    a = Math.imul(a ^ number, 0x01000193);
    b = Math.imul(b ^ (number + 0x7f4a7c15), 0x85ebca6b) ^ (b >>> 13);
  }
  return `${a} ${b} ${numbers.length}`;
}
