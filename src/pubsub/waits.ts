import { unwatchAbort, watchAbort } from "../core/abort-watch.js";
import type { Clock } from "../core/clock.js";
import { Code } from "../core/code.js";
import { HeliographError } from "../core/error.js";

/** How long somebody waits. */
export interface WaitOptions {
  /** In milliseconds. Default: as long as it takes. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

interface Waiter {
  readonly isOver: () => boolean;
  settle(error?: HeliographError): void;
}

/** Those who wait until something is so. */
export class Waits {
  private readonly clock: Clock;
  private waiters: Waiter[] = [];
  private error: HeliographError | undefined;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  get size(): number {
    return this.waiters.length;
  }

  /**
   * Resolves as soon as `isOver` is true; it is asked now and by `check`.
   *
   * @param what is waited for, in words: told, as it is by then, by who has waited too long
   * @throws HeliographError DEADLINE_EXCEEDED, CANCELLED, or what `fail` was given
   */
  until(isOver: () => boolean, { timeoutMs, signal }: WaitOptions, what: () => string): Promise<void> {
    if (isOver()) return Promise.resolve();
    if (this.error !== undefined) return Promise.reject(this.error);
    if (signal?.aborted) return Promise.reject(aborted(what(), signal.reason));
    return new Promise((resolve, reject) => {
      const timer =
        timeoutMs === undefined || timeoutMs === Number.POSITIVE_INFINITY
          ? undefined
          : this.clock.after(timeoutMs, () => waiter.settle(tooLong(what(), timeoutMs)));
      const abortable = { aborted: (reason: unknown) => waiter.settle(aborted(what(), reason)) };
      const waiter: Waiter = {
        isOver,
        settle: (error) => {
          this.waiters = this.waiters.filter((each) => each !== waiter);
          timer?.clear();
          if (signal !== undefined) unwatchAbort(signal, abortable);
          if (error === undefined) resolve();
          else reject(error);
        },
      };
      if (signal !== undefined) watchAbort(signal, abortable);
      this.waiters.push(waiter);
    });
  }

  /** Something has changed. */
  check(): void {
    if (this.waiters.length === 0) return;
    for (const waiter of this.waiters) if (waiter.isOver()) waiter.settle();
  }

  /** What is not so now, or is waited for later, will never be so. */
  fail(error: HeliographError): void {
    this.error = error;
    for (const waiter of this.waiters) waiter.settle(error);
  }
}

function tooLong(what: string, timeoutMs: number): HeliographError {
  return new HeliographError(Code.DeadlineExceeded, `${what} within ${timeoutMs} ms (timeoutMs)`, {
    reason: "CALL_TIMED_OUT",
  });
}

function aborted(what: string, cause: unknown): HeliographError {
  return new HeliographError(Code.Cancelled, `${what}: the wait was cancelled`, {
    reason: "CALL_CANCELLED",
    cause,
  });
}
