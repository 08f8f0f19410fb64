import type { BackoffOptions } from "../core/backoff.js";
import type { Code } from "../core/code.js";

/**
 * When and how often a failed call is made again: gRFC A6 in meaning. A call whose method is neither
 * `NO_SIDE_EFFECTS` nor `IDEMPOTENT`, and that has no idempotency key, is only repeated when it was not processed.
 */
export interface RetryOptions {
  /** Tries in all, the first included: 2 to 5 are sensible. Default 3. */
  readonly attempts?: number | undefined;
  /** Waits between attempts. Default 200 ms, doubling to 20 s, half of it left to chance. */
  readonly backoff?: BackoffOptions | undefined;
  /** Codes after which the call is made again. Default UNAVAILABLE. */
  readonly codes?: readonly Code[] | undefined;
  /** Repeat whatever the method's `idempotency_level`, though it may then take effect more than once. Default false. */
  readonly anyMethod?: boolean | undefined;
  /**
   * In place of retries one after the other: another attempt starts when the ones before have not answered for so long,
   * in milliseconds; the first success counts and ends the others.
   */
  readonly hedgeAfterMs?: number | undefined;
}
