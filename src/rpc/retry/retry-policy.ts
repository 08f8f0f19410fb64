import { type Backoff, backoffFrom, backoffMs } from "../../core/backoff.js";
import { Code, isCode } from "../../core/code.js";
import { type HeliographError, invalidArgument } from "../../core/error.js";
import { checkOptionNames } from "../../core/option-names.js";
import { showValue } from "../../wire/show-value.js";
import type { InterceptedCall } from "../interceptor.js";
import type { RetryOptions } from "../retry-options.js";
import type { PushBack } from "./retry-pushback.js";

/** `RetryOptions`, checked and with all defaults filled in. */
export interface RetryPolicy {
  readonly attempts: number;
  readonly backoff: Backoff;
  readonly codes: ReadonlySet<Code>;
  readonly anyMethod: boolean;
  readonly hedgeAfterMs: number | undefined;
}

/** The names of `RetryOptions`. */
export const retryOptionNames: readonly (keyof RetryOptions)[] = [
  "attempts",
  "backoff",
  "codes",
  "anyMethod",
  "hedgeAfterMs",
];

/** @throws HeliographError INVALID_ARGUMENT that quotes the option */
export function retryPolicyFrom(options: RetryOptions): RetryPolicy {
  if (typeof options !== "object" || options === null) {
    throw invalidArgument(
      `retry must be false or options such as { attempts: 3 }, got ${showValue(options)}`,
    );
  }
  checkOptionNames("retry", options, retryOptionNames);
  const { attempts = 3, backoff, codes = [Code.Unavailable], anyMethod = false, hedgeAfterMs } = options;
  if (!(Number.isInteger(attempts) && attempts >= 1)) {
    throw invalidArgument(
      `retry.attempts must be a whole number of at least 1, the first try included, got ${showValue(attempts)}`,
    );
  }
  if (!Array.isArray(codes) || codes.length === 0 || !codes.every(isCode)) {
    throw invalidArgument(
      `retry.codes must be a list such as [Code.Unavailable], got ${Array.isArray(codes) ? `[${codes.map(showValue).join(", ")}]` : showValue(codes)}`,
    );
  }
  if (typeof anyMethod !== "boolean") {
    throw invalidArgument(`retry.anyMethod must be true or false, got ${showValue(anyMethod)}`);
  }
  if (hedgeAfterMs !== undefined && !(Number.isFinite(hedgeAfterMs) && hedgeAfterMs >= 0)) {
    throw invalidArgument(
      `retry.hedgeAfterMs must be a number of milliseconds of at least 0, got ${showValue(hedgeAfterMs)}`,
    );
  }
  return { attempts, backoff: backoffFrom(backoff), codes: new Set(codes), anyMethod, hedgeAfterMs };
}

/** True when the call may be repeated though it may have run. */
export function repeatable(policy: RetryPolicy, call: InterceptedCall): boolean {
  if (policy.anyMethod || call.method.idempotency !== "unknown") return true;
  return isKeyed(call);
}

/** True when the server runs the call once for all its attempts, which it does for unary calls. */
export function isKeyed(call: InterceptedCall): boolean {
  return call.kind === "unary" && call.idempotencyKey !== undefined;
}

/** What is known when an attempt has failed. */
export interface FailedAttempt {
  readonly error: HeliographError;
  readonly pushBack: PushBack;
  /** Attempts so far, this one included. */
  readonly made: number;
  /** Those since a server last said how long to wait, this one included. */
  readonly inRow: number;
  /** The call has an idempotency key. */
  readonly keyed: boolean;
  /** See `repeatable`. */
  readonly repeatable: boolean;
  /** Until the deadline. */
  readonly remainingMs: number;
}

/** True when another attempt may well succeed. */
export function isMendable(policy: RetryPolicy, { error, keyed }: FailedAttempt): boolean {
  // The one server that could tell what became of the call does not come back.
  if (!policy.codes.has(error.code) || error.reason === "INSTANCE_GONE") return false;
  // A server that runs a call once gives its error to each further attempt, too.
  return !keyed || error.origin === "local" || error.notProcessed;
}

/**
 * How long to wait before the next attempt, in milliseconds; undefined when there is none.
 *
 * @param random in [0, 1)
 */
export function waitAfter(policy: RetryPolicy, failed: FailedAttempt, random: number): number | undefined {
  const { error, made, pushBack, inRow, remainingMs } = failed;
  if (made >= policy.attempts || pushBack === "never" || !isMendable(policy, failed)) return undefined;
  if (!failed.repeatable && !error.notProcessed) return undefined;
  const waitMs = typeof pushBack === "number" ? pushBack : backoffMs(policy.backoff, inRow, random);
  return waitMs < remainingMs ? waitMs : undefined;
}
