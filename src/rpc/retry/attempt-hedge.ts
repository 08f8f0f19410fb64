import { type Abortable, unwatchAbort, watchAbort } from "../../core/abort-watch.js";
import type { Timer } from "../../core/clock.js";
import type { AttemptCall, Opening } from "./attempt-call.js";
import type { RetryReader } from "./retry-buffer.js";

/** What a hedge needs of the call that it is made for. */
export interface HedgeHost {
  readonly signal: AbortSignal;
  /** Between attempts, in milliseconds. */
  readonly hedgeAfterMs: number;
  /** Another attempt may be made now. */
  readonly more: boolean;
  after(ms: number, fn: () => void): Timer;
  attempt(): AttemptCall;
  succeeded(attempt: AttemptCall): void;
  failed(attempt: AttemptCall, thrown: unknown): Verdict;
}

/**
 * What a failed attempt means for the others: `over` when they would fail in the same way, `no-more` when no further
 * one may be made; otherwise the time until the next may be.
 */
export type Verdict = "over" | "no-more" | number;

/** Attempts that overlap: the first success counts, or the first failure that no other attempt can mend. */
export class Hedge implements Abortable {
  private readonly host: HedgeHost;
  private readonly running = new Set<AttemptCall>();
  private resolve!: (opening: Opening) => void;
  private reject!: (error: unknown) => void;
  private timer: Timer | undefined;
  private over = false;
  private closed = false;
  private thrown: unknown;

  constructor(host: HedgeHost) {
    this.host = host;
  }

  open(): Promise<Opening> {
    return new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
      const { signal } = this.host;
      if (signal.aborted) {
        reject(signal.reason);
        return;
      }
      watchAbort(signal, this);
      this.launch();
    });
  }

  /** The call has ended; its attempts hear of it themselves. */
  aborted(reason: unknown): void {
    this.fail(reason);
  }

  /** Only the attempt that reads these requests goes on. */
  only(requests: RetryReader): void {
    this.close();
    for (const each of [...this.running]) if (each.requests !== requests) this.drop(each);
  }

  private launch(): void {
    const attempt = this.host.attempt();
    this.running.add(attempt);
    attempt.open().then(
      (opening) => this.won(attempt, opening),
      (thrown) => this.lost(attempt, thrown),
    );
    this.schedule(this.host.hedgeAfterMs);
  }

  /** The next attempt, in place of any that was to come. */
  private schedule(ms: number): void {
    this.timer?.clear();
    this.timer = undefined;
    if (this.closed || !this.host.more) return;
    this.timer = this.host.after(ms, () => {
      this.timer = undefined;
      if (this.host.more) this.launch();
      else this.giveUp();
    });
  }

  private won(attempt: AttemptCall, opening: Opening): void {
    if (!this.running.delete(attempt)) return;
    this.settle();
    this.host.succeeded(attempt);
    this.resolve(opening);
  }

  private lost(attempt: AttemptCall, thrown: unknown): void {
    if (!this.running.delete(attempt)) return;
    attempt.end();
    this.thrown = thrown;
    const verdict = this.host.failed(attempt, thrown);
    if (verdict === "over") {
      this.fail(thrown);
      return;
    }
    if (verdict === "no-more") this.close();
    else if (verdict === 0 && !this.closed && this.host.more) this.launch();
    else this.schedule(verdict);
    this.giveUp();
  }

  /** When nothing runs and nothing is to come. */
  private giveUp(): void {
    if (this.running.size === 0 && this.timer === undefined) this.fail(this.thrown);
  }

  private fail(thrown: unknown): void {
    if (this.over) return;
    this.settle();
    this.reject(thrown);
  }

  private settle(): void {
    this.over = true;
    this.close();
    unwatchAbort(this.host.signal, this);
    for (const each of [...this.running]) this.drop(each);
  }

  /** No further attempt. */
  private close(): void {
    this.closed = true;
    this.timer?.clear();
    this.timer = undefined;
  }

  private drop(attempt: AttemptCall): void {
    this.running.delete(attempt);
    attempt.cancel();
  }
}
