import { Code } from "../core/code.js";
import { HeliographError, invalidArgument } from "../core/error.js";
import { checkOptionNames } from "../core/option-names.js";
import type { InterceptedCall, Interceptor } from "../rpc/interceptor.js";
import { PUSH_BACK } from "../rpc/retry/retry-pushback.js";
import { showValue } from "../wire/show-value.js";
import { checkCount, checkPositive } from "./check-number.js";
import { TokenBucket } from "./token-bucket.js";

/** How many calls may begin. */
export interface RateLimitOptions {
  /** Calls per second in the long run. */
  readonly perSecond: number;
  /** Calls at once after a pause. Default: `perSecond`, rounded up. */
  readonly burst?: number | undefined;
  /**
   * What is counted apart: each `peer` (node and instance, as it names itself), each `method`, or what a function gives.
   * Default: all calls together.
   */
  readonly key?: "peer" | "method" | ((call: InterceptedCall) => string) | undefined;
}

/** Buckets beyond which those that are full again are forgotten. */
const MANY_KEYS = 10_000;

/**
 * Lets calls begin at a given rate, on either side. A call too many fails with RESOURCE_EXHAUSTED, reason
 * RATE_LIMITED, was not processed, and has the trailer `retry-pushback-ms`, which tells `retry` how long to wait.
 * It keeps at most 10,000 keys apart; with more, those that were quiet for longest begin anew.
 *
 * @throws HeliographError INVALID_ARGUMENT that quotes the option
 */
export function rateLimit(options: RateLimitOptions): Interceptor {
  checkOptionNames("rateLimit()", options, ["perSecond", "burst", "key"]);
  const { perSecond, key } = options;
  checkPositive("perSecond", perSecond);
  const burst = options.burst ?? Math.ceil(perSecond);
  checkCount("burst", burst, 1);
  const keyOf = keyFunction(key);
  const buckets = new Map<string, TokenBucket>();
  return (next) => async (call) => {
    const now = call.clock.now();
    const waitMs = bucketOf(buckets, keyOf(call), now, perSecond, burst).take(now);
    if (waitMs === 0) return next(call);
    const wholeMs = Math.ceil(waitMs);
    call.trailers.set(PUSH_BACK, String(wholeMs));
    throw new HeliographError(
      Code.ResourceExhausted,
      `${call.method.path}: more than ${perSecond} calls per second; there is room again in ${wholeMs} ms`,
      { reason: "RATE_LIMITED", notProcessed: true },
    );
  };
}

/** The bucket of a key, which is now the last to be forgotten. */
function bucketOf(
  buckets: Map<string, TokenBucket>,
  key: string,
  now: number,
  perSecond: number,
  burst: number,
): TokenBucket {
  let bucket = buckets.get(key);
  if (bucket === undefined) {
    if (buckets.size >= MANY_KEYS) forget(buckets, now);
    bucket = new TokenBucket(perSecond, burst, now);
  } else buckets.delete(key);
  buckets.set(key, bucket);
  return bucket;
}

/** Makes room for many: those that are full go first, as a new one would be no different. */
function forget(buckets: Map<string, TokenBucket>, now: number): void {
  for (const [key, bucket] of buckets) if (bucket.full(now)) buckets.delete(key);
  for (const [key] of buckets) {
    if (buckets.size <= MANY_KEYS * 0.9) return;
    buckets.delete(key);
  }
}

function keyFunction(key: RateLimitOptions["key"]): (call: InterceptedCall) => string {
  if (key === undefined) return () => "";
  if (key === "method") return ({ method }) => method.path;
  if (key === "peer") return ({ peer }) => (peer === undefined ? "" : `${peer.node}\n${peer.instance}`);
  if (typeof key === "function") return key;
  throw invalidArgument(`key must be "peer", "method" or a function of the call, got ${showValue(key)}`);
}
