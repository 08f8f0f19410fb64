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
  /**
   * As `advance`, but after each moment at which timers fire all else may happen that follows from it in memory: messages
   * arrive, handlers answer. Sessions live on, however long it is, since their peers answer pings meanwhile.
   */
  advanceAsync(ms: number): Promise<void>;
}

/** Where a clock begins. */
export interface FakeClockOptions {
  /** What `now` says at first, in milliseconds. Default 0. */
  readonly startMs?: number | undefined;
  /** What `wallUs` says at first, in microseconds since 1970. Default 2026-01-01T00:00:00Z. */
  readonly wallUs?: number | undefined;
}

/** Enough for a call that leads to calls of its own over a memory network, which takes one turn for each way. */
const SETTLING_TURNS = 12;
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

  async advanceAsync(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settling();
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.advance(Math.max(0, next[1].due - this.#now));
      await settling();
    }
    this.advance(Math.max(0, end - this.#now));
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

async function settling(): Promise<void> {
  for (let turn = 0; turn < SETTLING_TURNS; turn++) await new Promise((resolve) => setImmediate(resolve));
}
