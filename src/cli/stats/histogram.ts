import type { Histogram } from "../../gen/heliograph/node/v1/node.js";

/**
 * The time in microseconds that so large a share of all did not exceed, reckoned from the histogram: as if the times
 * within one bucket were spread evenly. Undefined when nothing was counted.
 */
export function quantileUs({ boundsUs, counts, maxUs }: Histogram, share: number): number | undefined {
  const numbers = counts.map(Number);
  const total = numbers.reduce((sum, each) => sum + each, 0);
  if (total === 0) return undefined;
  const wanted = share * total;
  const most = Number(maxUs);
  let before = 0;
  for (const [index, here] of numbers.entries()) {
    if (here > 0 && before + here >= wanted) {
      const from = index === 0 ? 0 : Number(boundsUs[index - 1] ?? 0n);
      // The last bucket has no bound; and in none is a time above the longest of all.
      const to = Math.max(from, Math.min(Number(boundsUs[index] ?? maxUs), most));
      return from + ((to - from) * (wanted - before)) / here;
    }
    before += here;
  }
  return most;
}

/** The mean in microseconds; undefined when nothing was counted. */
export function meanUs({ counts, sumUs }: Histogram): number | undefined {
  const total = counts.reduce((sum, each) => sum + Number(each), 0);
  return total === 0 ? undefined : Number(sumUs) / total;
}
