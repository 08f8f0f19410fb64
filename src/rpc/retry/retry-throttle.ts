const MAX_TOKENS = 10;
const TOKEN_RATIO = 0.1;

/**
 * Stops further attempts while too many fail, so that clients don't bury a server that is in trouble: gRFC A6,
 * "Throttling Retry Attempts and Hedged RPCs". A failure that a server answers with takes one of ten tokens, a success gives a tenth of one back,
 * and there are no further attempts at half or below.
 */
export class RetryThrottle {
  private tokens = MAX_TOKENS;

  get allows(): boolean {
    return this.tokens > MAX_TOKENS / 2;
  }

  succeeded(): void {
    this.tokens = Math.min(MAX_TOKENS, this.tokens + TOKEN_RATIO);
  }

  failed(): void {
    this.tokens = Math.max(0, this.tokens - 1);
  }
}
