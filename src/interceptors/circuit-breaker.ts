import { Code, isCode } from "../core/code.js";
import { HeliographError, invalidArgument } from "../core/error.js";
import { checkOptionNames } from "../core/option-names.js";
import type { Interceptor } from "../rpc/interceptor.js";
import { PUSH_BACK } from "../rpc/retry/retry-pushback.js";
import { showValue } from "../wire/show-value.js";
import { passOn } from "./call-end.js";
import { checkCount, checkPositive } from "./check-number.js";
import { Circuit, type CircuitState, type Outcome } from "./circuit.js";

/** When calls are refused, and how it is found out that they need not be. */
export interface CircuitBreakerOptions {
  /** The share of failures, above 0 and at most 1, from which calls are refused. Default 0.5. */
  readonly failureRatio?: number | undefined;
  /** Fewer calls than these within the window open nothing. Default 20. */
  readonly minCalls?: number | undefined;
  /** How far back calls count, in milliseconds. Default 10,000. */
  readonly windowMs?: number | undefined;
  /** How long calls are refused before some pass again as probes, in milliseconds. Default 10,000. */
  readonly openMs?: number | undefined;
  /** Successes in a row after which all calls pass again; as many are tried at a time. Default 1. */
  readonly probes?: number | undefined;
  /** What counts as a failure. Default UNAVAILABLE, DEADLINE_EXCEEDED, UNKNOWN and INTERNAL. */
  readonly codes?: readonly Code[] | undefined;
  /** Told of each change. What it throws fails the call that caused it. */
  readonly onChange?: ((to: CircuitState, from: CircuitState) => void) | undefined;
}

/** An interceptor that shows its state. */
export interface CircuitBreaker extends Interceptor {
  readonly state: CircuitState;
}

const names: readonly (keyof CircuitBreakerOptions)[] = [
  "failureRatio",
  "minCalls",
  "windowMs",
  "openMs",
  "probes",
  "codes",
  "onChange",
];

/**
 * Refuses a client's calls for a while when too many have failed, so that nobody waits for a server in trouble, and it
 * gets time to recover: UNAVAILABLE, reason CIRCUIT_OPEN, not processed, and not retried. All calls that pass it count
 * together, a stream by its first answer; those that never reached the server, or whose caller cancelled, don't. Does
 * nothing on a server.
 *
 * @throws HeliographError INVALID_ARGUMENT that quotes the option
 */
export function circuitBreaker(options: CircuitBreakerOptions = {}): CircuitBreaker {
  checkOptionNames("circuitBreaker()", options, names);
  const { failureRatio = 0.5, minCalls = 20, windowMs = 10_000, openMs = 10_000, probes = 1 } = options;
  const {
    codes = [Code.Unavailable, Code.DeadlineExceeded, Code.Unknown, Code.Internal],
    onChange = () => {},
  } = options;
  checkPositive("failureRatio", failureRatio, 1);
  checkCount("minCalls", minCalls, 1);
  checkPositive("windowMs", windowMs);
  checkPositive("openMs", openMs);
  checkCount("probes", probes, 1);
  if (!Array.isArray(codes) || !codes.every(isCode)) {
    throw invalidArgument(`codes must be a list such as [Code.Unavailable], got ${showValue(codes)}`);
  }
  if (typeof onChange !== "function") {
    throw invalidArgument(`onChange must be a function of the new state, got ${showValue(onChange)}`);
  }
  const circuit = new Circuit({ failureRatio, minCalls, windowMs, openMs, probes }, onChange);
  const outcomeOf = (error: HeliographError | undefined): Outcome => {
    if (error === undefined) return "success";
    if (codes.includes(error.code)) return "failure";
    return error.code === Code.Cancelled || error.notProcessed ? "nothing" : "success";
  };
  const breaker: Interceptor = (next) => async (call) => {
    if (call.side === "server") return next(call);
    const permit = circuit.admit(call.clock.now());
    if (permit === undefined) {
      const waitMs = Math.ceil(circuit.waitMs(call.clock.now()));
      call.trailers.set(PUSH_BACK, "never");
      throw new HeliographError(
        Code.Unavailable,
        `${call.method.path}: too many calls have failed; the next is tried in ${waitMs} ms`,
        { reason: "CIRCUIT_OPEN", notProcessed: true },
      );
    }
    let settled = false;
    const settle = (outcome: Outcome) => {
      if (settled) return;
      settled = true;
      circuit.settle(permit, outcome, call.clock.now());
    };
    return passOn(call, next, {
      answered: () => settle("success"),
      ended: (error) => settle(outcomeOf(error)),
    });
  };
  return Object.defineProperty(breaker, "state", { get: () => circuit.state }) as CircuitBreaker;
}
