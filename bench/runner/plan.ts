import type { RunOptions } from "./arguments.js";

/** How long everything takes. */
export interface Plan {
  readonly rounds: number;
  readonly roundSeconds: number;
  /** Uncounted, for each contender: before the first row of a case, while its code is compiled, and before the others. */
  readonly firstWarmUpSeconds: number;
  readonly warmUpSeconds: number;
}

/** What a quick run may take in all, which leaves some of its 50 seconds for starting, filling and ending. */
const quickSeconds = 33;
const memorySeconds = 15;

/** Rounds of about this length are the shortest that say something; more of them say more than longer ones. */
const shortRoundSeconds = 0.4;

/** Shares out the time between the rounds of all cases. */
export function planRounds(
  { quick, seconds, own }: RunOptions,
  races: readonly { readonly rows: number; readonly contenders: number }[],
): Plan {
  if (!quick) return { rounds: 11, roundSeconds: seconds ?? 2, firstWarmUpSeconds: 5, warmUpSeconds: 2 };

  const longest = seconds ?? Number.POSITIVE_INFINITY;
  const warmUps = { firstWarmUpSeconds: Math.min(1.2, 3 * longest), warmUpSeconds: Math.min(0.3, longest) };
  let left = quickSeconds - (own.includes("memory") ? memorySeconds : 0);
  let slots = 0;
  for (const { rows, contenders } of races) {
    left -= contenders * (warmUps.firstWarmUpSeconds + (rows - 1) * warmUps.warmUpSeconds);
    slots += contenders * rows;
  }
  const rounds = Math.min(15, Math.max(5, Math.floor(left / (slots * shortRoundSeconds))));
  const share = Math.min(0.8, Math.max(0.1, left / (slots * rounds)));
  return { ...warmUps, rounds, roundSeconds: seconds ?? share };
}
