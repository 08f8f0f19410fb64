import type { Clock } from "../core/clock.js";
import type { Load } from "../naming/instance.js";
import { LoopWatch } from "./loop-watch.js";

/** How busy a node is: what its heartbeats carry. It measures from `start` to `close`. */
export class LoadMeter implements Disposable {
  readonly #loop: LoopWatch;
  readonly #callsInFlight: () => number;
  readonly #onStall: (ms: number) => void;
  #stop: (() => void) | undefined;

  /**
   * @param callsInFlight asked at each report
   * @param onStall told of each block of the event loop of half a second or more, right after it; must not throw
   */
  constructor(clock: Clock, callsInFlight: () => number, onStall: (ms: number) => void) {
    this.#loop = LoopWatch.of(clock);
    this.#callsInFlight = callsInFlight;
    this.#onStall = onStall;
  }

  /** Begins to measure; keeps the process alive from here on. Does nothing when it has begun. */
  start(): void {
    this.#stop ??= this.#loop.follow(this.#onStall);
  }

  /** As it is now. The loop's part is of the last one to two seconds, so any number of readers may ask. */
  load(): Load {
    return {
      loopLagMs: this.#loop.lagMs,
      loopUtilization: this.#loop.utilization,
      callsInFlight: this.#callsInFlight(),
      memoryBytes: process.memoryUsage.rss(),
    };
  }

  close(): void {
    this.#stop?.();
    this.#stop = undefined;
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
