/** When an instance is an outlier, and for how long it stays out. */
export interface OutlierSettings {
  readonly consecutiveFailures: number;
  readonly failureRatio: number;
  readonly minCalls: number;
  readonly intervalMs: number;
  readonly baseEjectionMs: number;
  readonly maxEjectionMs: number;
}

/** What is known of the calls to one instance. Times are those of a clock, in milliseconds. */
export class OutlierRecord {
  private readonly settings: OutlierSettings;
  private inARow = 0;
  /** Since the first failure of this interval. */
  private since = Number.NEGATIVE_INFINITY;
  private calls = 0;
  private failures = 0;
  /** Ejections that still count against it. */
  private ejections = 0;
  private until: number | undefined;
  private returnedAt = 0;

  constructor(settings: OutlierSettings) {
    this.settings = settings;
  }

  /** Until when it is out; undefined when it is not. */
  get ejectedUntil(): number | undefined {
    return this.until;
  }

  succeeded(): void {
    this.inARow = 0;
    this.calls++;
  }

  /** @returns whether it should be ejected */
  failed(now: number): boolean {
    const { consecutiveFailures, failureRatio, minCalls, intervalMs } = this.settings;
    if (now - this.since >= intervalMs) {
      this.since = now;
      this.calls = 0;
      this.failures = 0;
    }
    this.inARow++;
    this.calls++;
    this.failures++;
    if (this.inARow >= consecutiveFailures) return true;
    return this.calls >= minCalls && this.failures / this.calls >= failureRatio;
  }

  /** It is out from now on, for longer with each time; each interval in which it behaves makes up for one. */
  eject(now: number): void {
    const { intervalMs, baseEjectionMs, maxEjectionMs } = this.settings;
    const behaved = Math.floor((now - this.returnedAt) / intervalMs);
    this.ejections = Math.max(0, this.ejections - behaved) + 1;
    const ms = Math.min(baseEjectionMs * this.ejections, Math.max(baseEjectionMs, maxEjectionMs));
    this.until = now + ms;
  }

  /** It is in again when its time is over, with a clean slate. */
  look(now: number): void {
    if (this.until === undefined || now < this.until) return;
    this.returnedAt = now;
    this.until = undefined;
    this.inARow = 0;
    this.since = Number.NEGATIVE_INFINITY;
  }
}
