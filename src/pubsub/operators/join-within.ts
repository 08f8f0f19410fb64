import { invalidArgument } from "../../core/error.js";
import { showValue } from "../../wire/show-value.js";
import { map } from "./map-filter.js";
import { merge } from "./merge.js";
import { Stepped } from "./stepped.js";

/** How values of two sources find each other. */
export interface JoinOptions<A, B> {
  /** How far apart in time they may be, in milliseconds. */
  readonly windowMs: number;
  /** When a value is of, in milliseconds. Default: `sentAt` of a delivery, else the time of its arrival. */
  readonly time?: ((value: A | B) => number) | undefined;
  /** Only values with one key belong together. Default: all do. */
  readonly key?: ((value: A | B) => unknown) | undefined;
  /** Values of one side that may wait for the other; of more than that the oldest are let go. Default 10,000. */
  readonly maxWaiting?: number | undefined;
}

const MAX_WAITING = 10_000;

interface Waiting<T> {
  readonly value: T;
  readonly time: number;
}

/**
 * Pairs of values of two sources whose times are at most `windowMs` apart: each value is in one pair at most, with the
 * one on the other side that has waited longest. Ends when both have ended.
 */
export function joinWithin<A, B>(
  left: AsyncIterable<A>,
  right: AsyncIterable<B>,
  options: JoinOptions<A, B>,
): AsyncIterableIterator<readonly [A, B], undefined> {
  const { windowMs, key = () => undefined, time = timeOf, maxWaiting = MAX_WAITING } = options;
  if (typeof windowMs !== "number" || !(windowMs >= 0))
    throw invalidArgument(`windowMs must be a number of milliseconds, 0 or more, got ${showValue(windowMs)}`);
  const waitingLeft = new WaitingSide<A>(windowMs, maxWaiting);
  const waitingRight = new WaitingSide<B>(windowMs, maxWaiting);
  const both = merge<{ readonly left: A } | { readonly right: B }>(
    map(left, (value) => ({ left: value })),
    map(right, (value) => ({ right: value })),
  );
  return new Stepped(both, async (arrived): Promise<readonly [readonly [A, B]] | undefined> => {
    if ("left" in arrived) {
      const { left: value } = arrived;
      const at = time(value);
      const partner = waitingRight.take(key(value), at);
      if (partner === undefined) waitingLeft.add(key(value), { value, time: at });
      else return [[value, partner.value]];
    } else {
      const { right: value } = arrived;
      const at = time(value);
      const partner = waitingLeft.take(key(value), at);
      if (partner === undefined) waitingRight.add(key(value), { value, time: at });
      else return [[partner.value, value]];
    }
    return undefined;
  });
}

/** Values of one side that wait for one of the other. */
class WaitingSide<T> {
  readonly #windowMs: number;
  readonly #most: number;
  readonly #waiting = new Map<unknown, Waiting<T>[]>();
  #count = 0;

  constructor(windowMs: number, most: number) {
    this.#windowMs = windowMs;
    this.#most = most;
  }

  add(key: unknown, waiting: Waiting<T>): void {
    const list = this.#waiting.get(key);
    if (list === undefined) this.#waiting.set(key, [waiting]);
    else list.push(waiting);
    this.#count++;
    if (this.#count > this.#most) this.#forgetOldest();
  }

  /** The one that has waited longest of those whose time is right; those that are too old for any to come are let go. */
  take(key: unknown, time: number): Waiting<T> | undefined {
    const list = this.#waiting.get(key);
    if (list === undefined) return undefined;
    while (list.length > 0 && list[0]!.time < time - this.#windowMs) {
      list.shift();
      this.#count--;
    }
    const at = list.findIndex((each) => Math.abs(each.time - time) <= this.#windowMs);
    const [taken] = at < 0 ? [] : list.splice(at, 1);
    if (taken !== undefined) this.#count--;
    if (list.length === 0) this.#waiting.delete(key);
    return taken;
  }

  #forgetOldest(): void {
    const [oldest] = this.#waiting;
    if (oldest === undefined) return;
    const [key, list] = oldest;
    list.shift();
    this.#count--;
    if (list.length === 0) this.#waiting.delete(key);
  }
}

function timeOf(value: unknown): number {
  const { sentAt } = (value ?? {}) as { readonly sentAt?: unknown };
  return sentAt instanceof Date ? sentAt.getTime() : Date.now();
}
