import type { Candidate, Picker } from "./balancer.js";

/**
 * A picker that leaves the choice to another one, but among some of the candidates.
 *
 * @param narrow called when the candidates change; gives at least one of them
 */
export function narrowed(
  inner: Picker,
  narrow: (candidates: readonly Candidate[]) => readonly Candidate[],
): Picker {
  let seen: readonly Candidate[] | undefined;
  let some: readonly Candidate[] = [];
  const pick: Picker["pick"] = (candidates, call) => {
    if (candidates !== seen) {
      some = narrow(candidates);
      seen = candidates;
    }
    return inner.pick(some, call);
  };
  // Calls are timed only for a picker that wants to be told of their ends.
  const ended = inner.ended?.bind(inner);
  return ended === undefined ? { pick } : { pick, ended };
}
