import { systemClock } from "../../core/clock.js";
import { sleep } from "../../core/sleep.js";
import type { Reached } from "../lookup/reach.js";
import { type Health, statusOf } from "./check-health.js";

/** Between two attempts to reach an instance that does not answer. */
const RETRY_MS = 500;

/**
 * Follows how one service of an instance is, or the instance as a whole under the empty name: tells what it is now, and
 * each change, until the signal fires. Does not end, and never rejects, when the instance can't be reached.
 *
 * @param explain why a call failed, in a few words
 */
export async function watchHealth(
  { health, options }: Reached,
  service: string,
  signal: AbortSignal,
  tell: (health: Health) => void,
  explain: (error: unknown) => string,
): Promise<void> {
  const { timeoutMs: _, ...rest } = options;
  let last = "";
  const tellChange = (now: Health) => {
    const text = JSON.stringify(now);
    if (text !== last) tell(now);
    last = text;
  };
  while (!signal.aborted) {
    try {
      for await (const { status, reason } of health.watch({ service }, { ...rest, signal })) {
        tellChange({ service, status: statusOf(status), reason });
      }
    } catch (error) {
      if (signal.aborted) return;
      tellChange({ service, status: "unreachable", reason: explain(error) });
    }
    await sleep(systemClock, RETRY_MS, signal).catch(() => undefined);
  }
}
