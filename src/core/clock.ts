/** A timer that was set. Clearing it twice, or after it fired, does nothing. */
export interface Timer {
  clear(): void;
}

/** The time, as the kit's cores take it: passed in, so that tests can hold it still. */
export interface Clock {
  /** Milliseconds from some fixed moment; never goes back. */
  now(): number;
  /** Microseconds since 1970, for stamps that travel. */
  wallUs(): number;
  /** Calls `fn` once, `ms` from now. Keeps the process alive until then: somebody may wait for a call, a retry, an end. */
  after(ms: number, fn: () => void): Timer;
}

/** The time of this machine. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wallUs: () => Math.round((performance.timeOrigin + performance.now()) * 1000),
  after(ms, fn) {
    // Node treats a delay above 2^31-1 as 1.
    const timer = setTimeout(fn, Math.min(ms, 0x7fffffff));
    return { clear: () => clearTimeout(timer) };
  },
};
