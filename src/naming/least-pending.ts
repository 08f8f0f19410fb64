import type { Balancer, Candidate, PickerParts } from "./balancer.js";

/**
 * The instance with the fewest calls of this client under way; of several, any. It looks at all instances for each
 * call: with hundreds of them take `powerOfTwo()`.
 */
export function leastPending(): Balancer {
  return {
    name: "least-pending",
    picker: (parts) => ({ pick: (candidates) => leastBusy(candidates, parts) }),
  };
}

function leastBusy(candidates: readonly Candidate[], { random }: PickerParts): Candidate | undefined {
  let least = Number.POSITIVE_INFINITY;
  let alike = 0;
  let chosen: Candidate | undefined;
  for (const candidate of candidates) {
    const { pending } = candidate;
    if (pending > least) continue;
    if (pending < least) {
      least = pending;
      alike = 0;
      chosen = candidate;
    }
    alike++;
  }
  return alike > 1 ? nthOf(candidates, least, Math.floor(random() * alike)) : chosen;
}

function nthOf(candidates: readonly Candidate[], pending: number, nth: number): Candidate | undefined {
  let passed = 0;
  for (const candidate of candidates) {
    if (candidate.pending === pending && passed++ === nth) return candidate;
  }
  return candidates[0];
}
