import type { Clock } from "../core/clock.js";

/** Waits for the work, but no longer than that. Rejects with it. */
export async function within(clock: Clock, ms: number, work: Promise<void>): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const timer = clock.after(ms, resolve);
    work.then(resolve, reject).finally(() => timer.clear());
  });
}
