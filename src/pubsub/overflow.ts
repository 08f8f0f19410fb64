import { invalidArgument } from "../core/error.js";
import { Overflow as OverflowValue } from "../gen/heliograph/pubsub/v1/topic.js";
import { showValue } from "../wire/show-value.js";

/**
 * What happens to a publication for which a queue has no room.
 *
 * - `block`: who publishes waits until there is
 * - `drop-oldest`, `drop-newest`: the one that has waited longest, or the new one, is dropped and counted
 * - `conflate`: of each subject only the latest waits; those that it replaces are dropped and counted
 * - `fail`: publishing it fails with RESOURCE_EXHAUSTED; a subscriber's reading does
 * - `evict`: the subscription ends with RESOURCE_EXHAUSTED
 */
export type Overflow = "block" | "drop-oldest" | "drop-newest" | "conflate" | "fail" | "evict";

const values: Readonly<Record<Overflow, OverflowValue>> = {
  block: OverflowValue.OVERFLOW_BLOCK,
  "drop-oldest": OverflowValue.OVERFLOW_DROP_OLDEST,
  "drop-newest": OverflowValue.OVERFLOW_DROP_NEWEST,
  conflate: OverflowValue.OVERFLOW_CONFLATE,
  fail: OverflowValue.OVERFLOW_FAIL,
  evict: OverflowValue.OVERFLOW_EVICT,
};

const names = Object.keys(values) as readonly Overflow[];

export function overflowValue(overflow: Overflow): OverflowValue {
  return values[overflow];
}

/** What an unknown policy of a newer publisher means for reliability can't be known here: it counts as one that drops. */
export function overflowOf(value: OverflowValue): Overflow {
  return names.find((name) => values[name] === value) ?? "drop-oldest";
}

/** A policy that drops publications while the subscription stands. */
export function drops(overflow: Overflow): boolean {
  return overflow === "drop-oldest" || overflow === "drop-newest" || overflow === "conflate";
}

/** @throws HeliographError INVALID_ARGUMENT that lists the policies */
export function checkOverflow(overflow: unknown, otherwise: Overflow): Overflow {
  if (overflow === undefined) return otherwise;
  if (names.includes(overflow as Overflow)) return overflow as Overflow;
  throw invalidArgument(
    `overflow must be one of ${names.map((name) => JSON.stringify(name)).join(", ")}, got ${showValue(overflow)}`,
  );
}
