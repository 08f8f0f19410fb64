import type { RunOptions } from "./arguments.js";

/** How long everything takes. */
export interface Plan {
  readonly rounds: number;
  readonly roundSeconds: number;
  /** Uncounted, for each contender: before the first row of a case, while its code is compiled, and before the others. */
  readonly firstWarmUpSeconds: number;
  readonly warmUpSeconds: number;
}

/** What a quick run may take in all, which leaves some of its 50 seconds for starting and ending programs. */
const quickSeconds = 35;

/** Shares out the time between the rounds of all cases. */
export function planRounds(
  { quick, seconds, memory }: RunOptions,
  races: readonly { readonly rows: number; readonly contenders: number }[],
): Plan {
  if (!quick) return { rounds: 11, roundSeconds: seconds ?? 2, firstWarmUpSeconds: 5, warmUpSeconds: 2 };

  const plan = { rounds: 7, firstWarmUpSeconds: 1.5, warmUpSeconds: 0.4 };
  let left = quickSeconds - (memory ? 15 : 0);
  let slots = 0;
  for (const { rows, contenders } of races) {
    left -= contenders * (plan.firstWarmUpSeconds + (rows - 1) * plan.warmUpSeconds);
    slots += contenders * rows;
  }
  const share = Math.min(0.8, Math.max(0.1, left / (slots * plan.rounds)));
  return { ...plan, roundSeconds: seconds ?? share };
}
