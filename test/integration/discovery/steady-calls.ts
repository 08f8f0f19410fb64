import { HeliographError } from "../../../src/index.js";
import { steadyMs } from "./steady-time.js";

/** Calls under way beyond which none is begun: a machine that is too slow for the rate makes fewer calls. */
const MOST_UNDER_WAY = 1_000;
const TICK_MS = 2;

/** A call that failed. */
export interface FailedCall {
  readonly begunAt: number;
  readonly endedAt: number;
  readonly error: HeliographError;
}

/** What has become of calls. */
export interface CallTally {
  readonly answered: number;
  /** By what was answered: most often the name of the server. */
  readonly by: Readonly<Record<string, number>>;
  readonly failed: readonly FailedCall[];
  /** How many were made in a second, on average. */
  readonly perSecond: number;
  readonly slowestMs: number;
}

/** Makes so many calls in each second, whether or not those before have ended, until it is stopped. */
export class SteadyCalls {
  private readonly call: () => Promise<string>;
  private readonly perSecond: number;
  private readonly begunAt = steadyMs();
  private readonly timer: NodeJS.Timeout;
  private readonly underWay = new Set<Promise<void>>();
  private readonly failures: FailedCall[] = [];
  private readonly counts = new Map<string, number>();
  private begun = 0;
  private owed = 0;
  private at = this.begunAt;
  private slowestMs = 0;

  constructor(perSecond: number, call: () => Promise<string>) {
    this.perSecond = perSecond;
    this.call = call;
    this.timer = setInterval(() => this.tick(), TICK_MS);
  }

  get failed(): readonly FailedCall[] {
    return this.failures;
  }

  /** Calls that were answered so. */
  answeredBy(name: string): number {
    return this.counts.get(name) ?? 0;
  }

  get tally(): CallTally {
    return {
      answered: [...this.counts.values()].reduce((sum, count) => sum + count, 0),
      by: Object.fromEntries(this.counts),
      failed: this.failures,
      perSecond: Math.round(this.begun / ((steadyMs() - this.begunAt) / 1_000)),
      slowestMs: Math.round(this.slowestMs),
    };
  }

  /** Begins no more, and resolves when those under way have ended. */
  async stop(): Promise<CallTally> {
    clearInterval(this.timer);
    const { tally } = this;
    await Promise.all(this.underWay);
    return { ...this.tally, perSecond: tally.perSecond };
  }

  private tick(): void {
    const now = steadyMs();
    this.owed += ((now - this.at) / 1_000) * this.perSecond;
    this.at = now;
    for (; this.owed >= 1 && this.underWay.size < MOST_UNDER_WAY; this.owed--) this.begin();
    this.owed = Math.min(this.owed, MOST_UNDER_WAY);
  }

  private begin(): void {
    const begunAt = steadyMs();
    this.begun++;
    const end: Promise<void> = this.call().then(
      (name) => {
        this.counts.set(name, this.answeredBy(name) + 1);
        this.slowestMs = Math.max(this.slowestMs, steadyMs() - begunAt);
        this.underWay.delete(end);
      },
      (error: unknown) => {
        this.failures.push({ begunAt, endedAt: steadyMs(), error: HeliographError.from(error) });
        this.underWay.delete(end);
      },
    );
    this.underWay.add(end);
  }
}

/** Errors by their text, with how often each came: what a test that wants none shows. */
export function failuresOf({ failed }: Pick<CallTally, "failed">): Record<string, number> {
  const texts: Record<string, number> = {};
  for (const { error } of failed) texts[error.message] = (texts[error.message] ?? 0) + 1;
  return texts;
}
