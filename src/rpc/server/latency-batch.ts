import type { Clock } from "../../core/clock.js";
import type { Arrival, MethodStats } from "./method-stats.js";

/**
 * Measures calls that arrived in one packet and end in one turn together: their answers leave together, when the turn
 * ends, and reading the clock for each would cost more than all else that is counted of a call.
 */
export class LatencyBatch {
  private readonly clock: Clock;
  private stats: MethodStats | undefined;
  private arrival: Arrival | undefined;
  private count = 0;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** A call has ended. */
  add(stats: MethodStats, arrival: Arrival): void {
    if (stats === this.stats && arrival === this.arrival) {
      this.count++;
      return;
    }
    if (this.stats === undefined) process.nextTick(this.settle);
    else this.settle();
    this.stats = stats;
    this.arrival = arrival;
    this.count = 1;
  }

  /** Tells the statistics. */
  readonly settle = (): void => {
    const { stats, arrival } = this;
    if (stats === undefined || arrival === undefined) return;
    this.stats = undefined;
    this.arrival = undefined;
    stats.took(this.clock.now() - arrival.at, this.count);
  };
}
