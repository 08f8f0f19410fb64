import type { Clock, Timer } from "../core/clock.js";

interface Waiting {
  readonly due: number;
  readonly step: () => void;
}

/** Runs one step after the other, each some time after it was added, none before an earlier one. */
export class DelayLine {
  readonly #clock: Clock;
  readonly #onError: (error: unknown) => void;
  #waiting: Waiting[] = [];
  #timer: Timer | undefined;
  #held: boolean;
  #closed = false;

  /** @param held nothing runs until `release` */
  constructor(clock: Clock, held: boolean, onError: (error: unknown) => void) {
    this.#clock = clock;
    this.#held = held;
    this.#onError = onError;
  }

  /** Steps that have not run. */
  get size(): number {
    return this.#waiting.length;
  }

  /** Runs the step in `delayMs`, or when the ones before it have run; at once if nothing is in the way. */
  add(step: () => void, delayMs: number): void {
    if (this.#closed) return;
    if (delayMs === 0 && this.#waiting.length === 0 && !this.#held) {
      step();
      return;
    }
    const last = this.#waiting.at(-1)?.due ?? 0;
    this.#waiting.push({ due: Math.max(last, this.#clock.now() + delayMs), step });
    if (this.#waiting.length === 1) this.#schedule();
  }

  hold(): void {
    this.#held = true;
    this.#timer?.clear();
  }

  /** What is due runs once whoever calls has returned. */
  release(): void {
    if (!this.#held) return;
    this.#held = false;
    queueMicrotask(() => this.#run());
  }

  /** Runs all that waits now, whether or not it is due; what is held is dropped. Takes nothing more. */
  flush(): void {
    const steps = this.#held ? [] : this.#waiting;
    this.close();
    for (const { step } of steps) this.#try(step);
  }

  /** Drops all that waits, and takes nothing more. */
  close(): void {
    this.#closed = true;
    this.#timer?.clear();
    this.#waiting = [];
  }

  #run(): void {
    while (!this.#held) {
      const [next] = this.#waiting;
      if (next === undefined) return;
      if (next.due > this.#clock.now()) {
        this.#schedule();
        return;
      }
      this.#waiting.shift();
      this.#try(next.step);
    }
  }

  #schedule(): void {
    const [next] = this.#waiting;
    this.#timer?.clear();
    if (next === undefined || this.#held) return;
    this.#timer = this.#clock.after(Math.max(0, next.due - this.#clock.now()), () => this.#run());
  }

  #try(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.#onError(error);
    }
  }
}
