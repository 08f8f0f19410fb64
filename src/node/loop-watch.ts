import { type EventLoopUtilization, performance } from "node:perf_hooks";
import type { Clock, Timer } from "../core/clock.js";

/** How often it is looked whether the loop is late. Each look wakes an idle process, at some 0.1 ms of its core. */
const LOOK_MS = 200;
/** What is told of lies between one and two of these back: a heartbeat of one second misses nothing. */
const WINDOW_MS = 1_000;
/** Blocks of this length are told of at once: a third of the silence after which others take the process for stalled. */
const STALL_MS = 500;

interface Window {
  lagMs: number;
  readonly began: EventLoopUtilization;
}

/**
 * How late the event loop is, and how busy. There is one for all who share a clock, since they share the loop; it looks as
 * long as somebody follows. A block of the loop shows with up to 200 ms less than it took, and one below that may not show.
 */
export class LoopWatch {
  static readonly #all = new WeakMap<Clock, LoopWatch>();
  readonly #clock: Clock;
  readonly #followers = new Set<(ms: number) => void>();
  #timer: Timer | undefined;
  #current = newWindow();
  #previous = this.#current;
  #looks = 0;

  private constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The one of this clock. */
  static of(clock: Clock): LoopWatch {
    const watch = LoopWatch.#all.get(clock) ?? new LoopWatch(clock);
    LoopWatch.#all.set(clock, watch);
    return watch;
  }

  /** Calls `onStall` after each block of the loop of half a second or more, with its length. Ends with what it returns. */
  follow(onStall: (ms: number) => void): () => void {
    // The same function may follow twice.
    const follower = (ms: number) => onStall(ms);
    this.#followers.add(follower);
    if (this.#followers.size === 1) this.#begin();
    return () => {
      if (!this.#followers.delete(follower) || this.#followers.size > 0) return;
      this.#timer?.clear();
      this.#timer = undefined;
    };
  }

  /** The longest that the loop was late in the last one to two seconds; 0 while nobody follows. */
  get lagMs(): number {
    return this.#timer === undefined ? 0 : Math.max(this.#previous.lagMs, this.#current.lagMs);
  }

  /** The share of that time in which the loop was busy, 0 to 1; 0 while nobody follows. */
  get utilization(): number {
    if (this.#timer === undefined) return 0;
    const { utilization } = performance.eventLoopUtilization(this.#previous.began);
    return Number.isFinite(utilization) ? Math.min(1, Math.max(0, utilization)) : 0;
  }

  #begin(): void {
    this.#current = newWindow();
    this.#previous = this.#current;
    this.#looks = 0;
    this.#wait();
  }

  #wait(): void {
    const due = this.#clock.now() + LOOK_MS;
    this.#timer = this.#clock.after(LOOK_MS, () => this.#look(this.#clock.now() - due));
  }

  #look(lateMs: number): void {
    this.#looks++;
    if (this.#looks % (WINDOW_MS / LOOK_MS) === 0) {
      this.#previous = this.#current;
      this.#current = newWindow();
    }
    this.#current.lagMs = Math.max(this.#current.lagMs, lateMs);
    this.#wait();
    if (lateMs >= STALL_MS) for (const follower of [...this.#followers]) follower(lateMs);
  }
}

function newWindow(): Window {
  return { lagMs: 0, began: performance.eventLoopUtilization() };
}
