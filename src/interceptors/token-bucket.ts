/** Tokens that come back at a steady rate, up to a number: at most `burst` at once, `perSecond` in the long run. */
export class TokenBucket {
  private readonly perMs: number;
  private readonly burst: number;
  private tokens: number;
  private at: number;

  /** Full at first. @param now clock time in milliseconds */
  constructor(perSecond: number, burst: number, now: number) {
    this.perMs = perSecond / 1000;
    this.burst = burst;
    this.tokens = burst;
    this.at = now;
  }

  /** Takes a token: 0 when there was one, otherwise the milliseconds until there is. */
  take(now: number): number {
    this.fill(now);
    if (this.tokens >= 1) {
      this.tokens--;
      return 0;
    }
    return (1 - this.tokens) / this.perMs;
  }

  /** Nobody has taken a token for so long that it might be a new one. */
  full(now: number): boolean {
    this.fill(now);
    return this.tokens >= this.burst;
  }

  private fill(now: number): void {
    this.tokens = Math.min(this.burst, this.tokens + Math.max(0, now - this.at) * this.perMs);
    this.at = now;
  }
}
