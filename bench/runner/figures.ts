/** What the rounds of one contender gave. */
export interface Figures {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Median, least and greatest of at least one figure, rounded to what the machine can tell. */
export function summarize(values: readonly number[]): Figures {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return { median: rounded(median), min: rounded(sorted[0]!), max: rounded(sorted.at(-1)!) };
}

function rounded(value: number): number {
  return value < 10_000 ? Math.round(value * 10) / 10 : Math.round(value);
}

/** Ours ÷ theirs, by the medians. */
export function ratio(ours: Figures, theirs: Figures): number {
  return Math.round((ours.median / theirs.median) * 1000) / 1000;
}
