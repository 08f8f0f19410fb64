import { type IntervalHistogram, monitorEventLoopDelay } from "node:perf_hooks";

const RESOLUTION_MS = 5;
/** From one process to another: the kernel, ZeroMQ's thread and the loop of each of both may come late. */
const HOPS = 4;

/** How late the loop of this process was, because of the loop or of the machine: what has a bar in time is as late. */
export class Lateness implements Disposable {
  private readonly delays: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });

  constructor() {
    this.delays.enable();
  }

  /** What to add to a bar, in milliseconds; little on a machine that has nothing else to do. */
  get ms(): number {
    const { max } = this.delays;
    return HOPS * Math.max(0, max / 1e6 - RESOLUTION_MS);
  }

  [Symbol.dispose](): void {
    this.delays.disable();
  }
}
