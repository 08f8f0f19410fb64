import type { Clock, Timer } from "../core/clock.js";
import { TimerHeap } from "./timer-heap.js";

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
   * As `advance`, but before the first and after each moment at which timers fire all else may happen that follows from it
   * in memory: messages arrive, handlers answer. It goes on when no `setImmediate` of this thread is left, or after 1,000
   * turns of the event loop. Sessions live on, however long it is, since their peers answer pings meanwhile.
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

/** Far more than calls in memory take, which need one turn for each way; for what never comes to an end. */
const MAX_SETTLING_TURNS = 1_000;
const WALL_US = Date.UTC(2026, 0, 1) * 1000;

/** A clock for tests: `createNode({ clock: fakeClock(), … })`. Nothing happens on it but by `advance`. */
export function fakeClock(options: FakeClockOptions = {}): FakeClock {
  return new HandMovedClock(options.startMs ?? 0, options.wallUs ?? WALL_US);
}

class HandMovedClock implements FakeClock {
  readonly #start: number;
  readonly #wallUs: number;
  readonly #heap = new TimerHeap();
  #now: number;

  constructor(start: number, wallUs: number) {
    this.#start = start;
    this.#wallUs = wallUs;
    this.#now = start;
  }

  get timers(): number {
    return this.#heap.size;
  }

  now(): number {
    return this.#now;
  }

  wallUs(): number {
    return this.#wallUs + Math.round((this.#now - this.#start) * 1000);
  }

  after(ms: number, fn: () => void): Timer {
    return this.#heap.add(this.#now + Math.max(0, ms), fn);
  }

  advance(ms: number): void {
    const end = this.#now + ms;
    this.#fireUntil(end);
    this.#now = end;
  }

  async advanceAsync(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settled();
    for (let next = this.#heap.first; next !== undefined && next.due <= end; next = this.#heap.first) {
      this.#fireUntil(Math.max(this.#now, next.due));
      await settled();
    }
    this.#now = Math.max(this.#now, end);
  }

  #fireUntil(end: number): void {
    for (let next = this.#heap.first; next !== undefined && next.due <= end; next = this.#heap.first) {
      next.clear();
      this.#now = next.due;
      next.fn();
    }
  }
}

/** Resolves in the first turn of the event loop after which nothing waits for another one. */
function settled(): Promise<void> {
  return new Promise((resolve) => {
    let turns = 0;
    const look = () => {
      turns++;
      // Promise reactions and ticks have run by now, and what they have led to is among the immediates.
      if (turns < MAX_SETTLING_TURNS && process.getActiveResourcesInfo().includes("Immediate"))
        setImmediate(look);
      else resolve();
    };
    setImmediate(look);
  });
}
