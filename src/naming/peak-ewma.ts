/** What is assumed of an instance that has been asked and has not answered yet. */
const UNKNOWN_MS = 1_000;
/** Below what a clock can tell. Answers in no time at all would make calls under way count for nothing. */
const LEAST_MS = 0.001;

/**
 * How long an instance takes to answer: an average of its answers in which each loses weight with time, except that a
 * slower one counts in full at once. Follows "peak EWMA" of Finagle and linkerd.
 *
 * An instance that is not chosen is taken to be faster and faster, and at last gets a call: what was said of it may not
 * hold any more. With that call the old estimate counts again, until the answer is here.
 */
export class PeakEwma {
  private readonly decayMs: number;
  private ms = UNKNOWN_MS;
  private known = false;
  private answeredAt = Number.NEGATIVE_INFINITY;
  private chosenAt = Number.NEGATIVE_INFINITY;

  constructor(decayMs: number) {
    this.decayMs = decayMs;
  }

  /** How long a further call may take behind the `pending` ones; 0 for an instance that was never chosen. */
  load(pending: number, now: number): number {
    const restedMs = now - Math.max(this.answeredAt, this.chosenAt);
    const ms = restedMs > 0 ? this.ms * Math.exp(-restedMs / this.decayMs) : this.ms;
    return ms * (pending + 1);
  }

  chosen(now: number): void {
    this.chosenAt = now;
  }

  answered(ms: number, now: number): void {
    const took = Math.max(ms, LEAST_MS);
    if (!this.known || took > this.ms) this.ms = took;
    else {
      const weight = Math.exp((this.answeredAt - now) / this.decayMs);
      this.ms = this.ms * weight + took * (1 - weight);
    }
    this.known = true;
    this.answeredAt = now;
  }

  /** There was no answer, only an end: it can show that the instance is slow, not that it is fast. */
  failed(ms: number): void {
    if (ms > this.ms) this.ms = ms;
  }
}
