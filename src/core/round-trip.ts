/**
 * How long an answer takes to come over a link, and from when on it is late: the smoothed round trip and four times its
 * variation, as RFC 6298 has it for TCP. Pure.
 */
export class RoundTrip {
  private readonly mostMs: number;
  private smoothedMs = 0;
  private variationMs = 0;

  /** @param mostMs no round trip counts for more: what takes longer is the matter of who answers, and not of the link */
  constructor(mostMs: number) {
    this.mostMs = mostMs;
  }

  /** An answer has come after so long. */
  took(ms: number): void {
    const counted = Math.min(ms, this.mostMs);
    if (this.smoothedMs === 0) {
      this.smoothedMs = counted;
      this.variationMs = counted / 2;
      return;
    }
    this.variationMs += (Math.abs(counted - this.smoothedMs) - this.variationMs) / 4;
    this.smoothedMs += (counted - this.smoothedMs) / 8;
  }

  /** An answer that has not come after so long is late; 0 while nothing is known. */
  get lateMs(): number {
    return this.smoothedMs + 4 * this.variationMs;
  }
}
