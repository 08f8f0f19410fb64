import { describe, expect, test } from "vitest";
import type { Balancer, Candidate } from "../../../src/naming/balancer.js";
import { consistentHash } from "../../../src/naming/consistent-hash.js";
import { leastPending } from "../../../src/naming/least-pending.js";
import { outlierEjection } from "../../../src/naming/outlier-ejection.js";
import { powerOfTwo } from "../../../src/naming/power-of-two.js";
import { preferLocal } from "../../../src/naming/prefer-local.js";
import { priority } from "../../../src/naming/priority.js";
import { random } from "../../../src/naming/random.js";
import { roundRobin } from "../../../src/naming/round-robin.js";
import { sticky } from "../../../src/naming/sticky.js";
import { callWith, candidate, keyOf, parts } from "./candidates.js";

/** How often the candidates are looked at. */
function watched(count: number, labels: (index: number) => Record<string, string> = () => ({})) {
  let looks = 0;
  const candidates: Candidate[] = Array.from({ length: count }, (_, index) => {
    const { info } = candidate(`i${index}`, { labels: labels(index) });
    return {
      get info() {
        looks++;
        return info;
      },
      get pending() {
        looks++;
        return 0;
      },
    };
  });
  return { candidates, looks: () => looks };
}

function looksPerPick(balancer: Balancer, count: number): number {
  const { candidates, looks } = watched(count);
  const picker = balancer.picker(parts());
  const call = callWith({ key: "ada" });
  picker.pick(candidates, call);
  const before = looks();
  for (let pick = 0; pick < 100; pick++) picker.pick(candidates, call);
  return (looks() - before) / 100;
}

const few: readonly Balancer[] = [
  roundRobin(),
  random(),
  powerOfTwo(),
  sticky({ key: keyOf }),
  preferLocal(),
  priority(),
  outlierEjection(),
  outlierEjection({ balancer: priority({ balancer: powerOfTwo() }) }),
];

describe("for each call, of 1,000 instances", () => {
  test.each(few.map((balancer) => [balancer.name, balancer] as const))("%s looks at two", (_, balancer) => {
    expect(looksPerPick(balancer, 1_000)).toBeLessThanOrEqual(2);
  });

  test("least-pending looks at all, twice if they are alike", () => {
    expect(looksPerPick(leastPending(), 1_000)).toBeLessThanOrEqual(2_000);
  });

  test("consistent-hash looks at few, and computes with what it knows of all", () => {
    // As many as hold the record in a row of 1,000 numbers by chance: about 7.5.
    expect(looksPerPick(consistentHash({ key: keyOf }), 1_000)).toBeLessThan(25);
  });
});
