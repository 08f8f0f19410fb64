import { Code, codeName, isCode } from "./code.js";
import type { Reason } from "./reasons.js";

/** One typed detail of an error: a protobuf message and its name. Made by `detail()`, read by `findDetails()`. */
export interface ErrorDetail {
  /** Full protobuf name of the message, such as `example.v1.UserError`. */
  readonly type: string;
  readonly value: Uint8Array;
}

/** What an error says beside its code and its text. */
export interface ErrorOptions {
  /** A stable name for what happened, in upper snake case: one of the kit's own (docs/errors.md) or the application's. */
  readonly reason?: Reason | (string & {}) | undefined;
  readonly details?: readonly ErrorDetail[] | undefined;
  readonly cause?: unknown;
  /** Who produced the error: this process, or the peer. Default `local`. */
  readonly origin?: "local" | "peer" | undefined;
  /** The call was never handed to a handler and never will be, so any method may be repeated. Default false. */
  readonly notProcessed?: boolean | undefined;
  /** The call that it ended, as `package.Service/Method`: shown in `message`, not part of what travels. */
  readonly call?: string | undefined;
}

/**
 * The only error this kit throws. `message` begins with the code, then names the call and the offending value.
 * `cause` stays in this process; everything else travels.
 */
export class HeliographError extends Error {
  override readonly name = "HeliographError";
  readonly code: Code;
  readonly reason: string;
  readonly details: readonly ErrorDetail[];
  readonly origin: "local" | "peer";
  readonly notProcessed: boolean;
  /** The message without code and call, as it travels. */
  readonly rawMessage: string;

  constructor(code: Code, message: string, options: ErrorOptions = {}) {
    super(
      options.call === undefined
        ? `${codeName(code)}: ${message}`
        : `${codeName(code)}: ${options.call}: ${message}`,
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.code = code;
    this.rawMessage = message;
    this.reason = options.reason ?? "";
    this.details = options.details ?? [];
    this.origin = options.origin ?? "local";
    this.notProcessed = options.notProcessed ?? false;
  }

  /**
   * The one place that turns anything into an error of this class: an abort becomes Cancelled, a `TimeoutError`
   * DeadlineExceeded, everything else `fallback` (Unknown).
   */
  static from(thrown: unknown, fallback: Code = Code.Unknown): HeliographError {
    if (thrown instanceof HeliographError) {
      if (Object.getPrototypeOf(thrown) === HeliographError.prototype) return thrown;
      return new HeliographError(thrown.code, String(thrown.rawMessage), thrown);
    }
    if (!(thrown instanceof Error)) return new HeliographError(fallback, describe(thrown), { cause: thrown });
    if (thrown.name === "AbortError")
      return new HeliographError(Code.Cancelled, thrown.message, { cause: thrown });
    if (thrown.name === "TimeoutError") {
      return new HeliographError(Code.DeadlineExceeded, thrown.message, { cause: thrown });
    }
    return new HeliographError(fallback, thrown.message || thrown.name, { cause: thrown });
  }

  /** Recognises errors of another copy of this package in the same process. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    if (!(value instanceof Error)) return false;
    // A class of the application's, derived from this one, has its own instances only.
    // biome-ignore lint/complexity/noThisInStatic: the class on the right of `instanceof` is what counts
    if (this !== HeliographError) return super[Symbol.hasInstance](value);
    if (Object.getPrototypeOf(value) === HeliographError.prototype) return true;
    return (
      value.name === "HeliographError" &&
      "code" in value &&
      isCode(Number(value.code)) &&
      "rawMessage" in value
    );
  }
}

/** The same error, which says another thing of what became of the call. */
export function withFate(error: HeliographError, notProcessed: boolean): HeliographError {
  const { code, rawMessage, reason, details, origin, cause, message } = error;
  const call = message.slice(`${codeName(code)}: `.length, -`: ${rawMessage}`.length) || undefined;
  return new HeliographError(code, rawMessage, { reason, details, origin, cause, notProcessed, call });
}

/** What was thrown, in words, whatever it is. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : describe(thrown);
}

/** A configuration error: thrown by the function that was given the value, before anything starts. */
export function invalidArgument(message: string): HeliographError {
  return new HeliographError(Code.InvalidArgument, message, { reason: "BAD_OPTION" });
}

function describe(thrown: unknown): string {
  try {
    return String(thrown);
  } catch {
    return "a value that can't be shown was thrown";
  }
}
