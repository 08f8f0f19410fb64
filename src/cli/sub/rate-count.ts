/** What came in one stretch of time. */
export interface RateSample {
  /** Deliveries per second. */
  readonly rate: number;
  readonly received: number;
  readonly missed: number;
  /** Subjects of which something came. */
  readonly subjects: number;
}

/** Counts deliveries, for rates. Pure: time comes in milliseconds, as an argument. */
export class RateCount {
  private since: number;
  private received = 0;
  private missed = 0;
  private readonly subjects = new Set<string>();

  constructor(nowMs: number) {
    this.since = nowMs;
  }

  get isEmpty(): boolean {
    return this.received === 0;
  }

  add({ subject, missed }: { readonly subject: string; readonly missed: number }): void {
    this.received++;
    this.missed += missed;
    this.subjects.add(subject);
  }

  /** What came since the last call, and begins anew. */
  take(nowMs: number): RateSample {
    const { received, missed } = this;
    const ms = Math.max(1, nowMs - this.since);
    const sample = { rate: (received * 1_000) / ms, received, missed, subjects: this.subjects.size };
    this.since = nowMs;
    this.received = 0;
    this.missed = 0;
    this.subjects.clear();
    return sample;
  }
}
