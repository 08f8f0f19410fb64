import type { Clock } from "../../core/clock.js";
import { sleep } from "../../core/sleep.js";

/**
 * The values of a source, at most so many per second: each comes no earlier than its turn since the first one, so that a
 * source that was late catches up. Ends when the signal fires.
 */
export async function* paced<T>(
  source: AsyncIterable<T>,
  perSecond: number,
  clock: Clock,
  signal: AbortSignal,
): AsyncIterable<T> {
  let begun: number | undefined;
  let count = 0;
  for await (const value of source) {
    begun ??= clock.now();
    const wait = begun + (count++ * 1_000) / perSecond - clock.now();
    if (wait > 0) await sleep(clock, wait, signal).catch(() => undefined);
    if (signal.aborted) return;
    yield value;
  }
}
