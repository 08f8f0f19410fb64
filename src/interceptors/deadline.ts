import { Code } from "../core/code.js";
import { HeliographError, invalidArgument } from "../core/error.js";
import { checkOptionNames } from "../core/option-names.js";
import type { InterceptedCall, Interceptor } from "../rpc/interceptor.js";
import { checkPositive } from "./check-number.js";
import { withinTime } from "./within-time.js";

/** How long calls may take. At least one of the two is given. */
export interface DeadlineOptions {
  /** For calls of a client that have no deadline, which are streams unless told otherwise, in milliseconds. */
  readonly defaultMs?: number | undefined;
  /** The longest, in milliseconds: a client's calls get no more time; a server refuses those with more, or with no deadline. */
  readonly maxMs?: number | undefined;
}

/**
 * Bounds the time of calls. On a client, a call without a deadline gets `defaultMs`, and none has more than `maxMs`; it
 * ends with DEADLINE_EXCEEDED, whatever interceptors further in wait for. On a server, calls with more time than
 * `maxMs` are refused with INVALID_ARGUMENT, reason DEADLINE_TOO_LONG: it is for their callers to know how long they
 * wait.
 *
 * @throws HeliographError INVALID_ARGUMENT that quotes the option
 */
export function deadline(options: DeadlineOptions): Interceptor {
  checkOptionNames("deadline()", options, ["defaultMs", "maxMs"]);
  const { defaultMs, maxMs } = options;
  if (defaultMs === undefined && maxMs === undefined) {
    throw invalidArgument("deadline() needs defaultMs, maxMs or both, as in deadline({ maxMs: 60_000 })");
  }
  if (defaultMs !== undefined) checkPositive("defaultMs", defaultMs);
  if (maxMs !== undefined) checkPositive("maxMs", maxMs);
  return (next) => async (call) => {
    const remainingMs = call.remainingMs();
    if (call.side === "server") {
      if (maxMs !== undefined && remainingMs > maxMs) throw tooLong(call, remainingMs, maxMs);
      return next(call);
    }
    const own = remainingMs === Number.POSITIVE_INFINITY ? (defaultMs ?? remainingMs) : remainingMs;
    const wantedMs = Math.min(own, maxMs ?? own);
    return wantedMs < remainingMs ? withinTime(call, next, wantedMs) : next(call);
  };
}

function tooLong({ method }: InterceptedCall, remainingMs: number, maxMs: number): HeliographError {
  const has =
    remainingMs === Number.POSITIVE_INFINITY ? "has no deadline" : `has ${Math.ceil(remainingMs)} ms left`;
  return new HeliographError(
    Code.InvalidArgument,
    `${method.path}: the call ${has}; the server takes at most ${maxMs} ms (timeoutMs)`,
    { reason: "DEADLINE_TOO_LONG", notProcessed: true },
  );
}
