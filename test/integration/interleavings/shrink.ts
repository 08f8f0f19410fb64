/** Runs that a failure may cost to be shown with fewer steps. */
const ATTEMPTS = 2_000;

/**
 * A shorter, smaller list of decisions with the same outcome: takes runs of them away, then makes single ones smaller, as long
 * as `attempt` still fails. `attempt` gives the decisions that were really made, or undefined when all went well.
 */
export async function shrink(
  decisions: readonly number[],
  attempt: (decisions: readonly number[]) => Promise<readonly number[] | undefined>,
): Promise<readonly number[]> {
  let best = withoutTail(decisions);
  let left = ATTEMPTS;
  const better = async (candidate: readonly number[]): Promise<boolean> => {
    if (left-- <= 0) return false;
    const made = await attempt(candidate);
    if (made === undefined) return false;
    best = withoutTail(candidate);
    return true;
  };
  for (let length = Math.ceil(best.length / 2); length >= 1 && left > 0; length = Math.floor(length / 2)) {
    for (let at = 0; at < best.length && left > 0; ) {
      const without = [...best.slice(0, at), ...best.slice(at + length)];
      if (!(await better(without))) at += length;
    }
    for (let at = 0; at < best.length && left > 0; at += length) {
      if (best.slice(at, at + length).every((choice) => choice === 0)) continue;
      await better(best.map((choice, i) => (i >= at && i < at + length ? 0 : choice)));
    }
  }
  for (let at = 0; at < best.length && left > 0; at++) {
    const halved = () => best.map((choice, i) => (i === at ? choice >> 1 : choice));
    while ((best[at] ?? 0) > 0 && (await better(halved())));
  }
  return best;
}

/** What follows the last decision that is not 0 is 0 anyway. */
function withoutTail(decisions: readonly number[]): readonly number[] {
  return decisions.slice(0, decisions.findLastIndex((choice) => choice !== 0) + 1);
}
