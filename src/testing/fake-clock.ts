import type { Clock, Timer } from "../core/clock.js";

/** A clock that stands still until a test moves it. */
export interface FakeClock extends Clock {
  /** Timers that are set and have not fired: what a test of leaks looks at. */
  readonly timers: number;
  /**
   * Moves the time on by `ms`. Every timer that is due on the way fires, in the order of their times, each at its
   * own time; timers that they set fire, too, when they are due by then.
   */
  advance(ms: number): void;
}

/** Where a clock begins. */
export interface FakeClockOptions {
  /** What `now` says at first, in milliseconds. Default 0. */
  readonly startMs?: number | undefined;
  /** What `wallUs` says at first, in microseconds since 1970. Default 2026-01-01T00:00:00Z. */
  readonly wallUs?: number | undefined;
}

const WALL_US = Date.UTC(2026, 0, 1) * 1000;

/** A clock for tests: `createNode({ clock: fakeClock(), … })`. Nothing happens on it but by `advance`. */
export function fakeClock(options: FakeClockOptions = {}): FakeClock {
  return new HandMovedClock(options.startMs ?? 0, options.wallUs ?? WALL_US);
}

class HandMovedClock implements FakeClock {
  readonly #start: number;
  readonly #wallUs: number;
  #now: number;
  /** In the order in which they were set. */
  readonly #waiting = new Map<Timer, { readonly due: number; readonly fn: () => void }>();

  constructor(start: number, wallUs: number) {
    this.#start = start;
    this.#wallUs = wallUs;
    this.#now = start;
  }

  get timers(): number {
    return this.#waiting.size;
  }

  now(): number {
    return this.#now;
  }

  wallUs(): number {
    return this.#wallUs + Math.round((this.#now - this.#start) * 1000);
  }

  after(ms: number, fn: () => void): Timer {
    const timer: Timer = { clear: () => this.#waiting.delete(timer) };
    this.#waiting.set(timer, { due: this.#now + Math.max(0, ms), fn });
    return timer;
  }

  advance(ms: number): void {
    const end = this.#now + ms;
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      const [timer, { due, fn }] = next;
      this.#waiting.delete(timer);
      this.#now = due;
      fn();
    }
    this.#now = end;
  }

  /** The earliest timer that is due by `end`; of several, the one that was set first. */
  #next(end: number) {
    let next: [Timer, { readonly due: number; readonly fn: () => void }] | undefined;
    for (const entry of this.#waiting) {
      if (entry[1].due <= end && (next === undefined || entry[1].due < next[1].due)) next = entry;
    }
    return next;
  }
}
