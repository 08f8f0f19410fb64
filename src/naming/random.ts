import type { Balancer, Candidate } from "./balancer.js";

/** Any instance, each as likely as the others. */
export function random(): Balancer {
  return { name: "random", picker: (parts) => ({ pick: (candidates) => anyOf(candidates, parts.random) }) };
}

/** One of them by chance; undefined when there are none. */
export function anyOf(candidates: readonly Candidate[], random: () => number): Candidate | undefined {
  return candidates.length === 1 ? candidates[0] : candidates[Math.floor(random() * candidates.length)];
}
