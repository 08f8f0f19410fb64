import { Code } from "../core/code.js";
import type { ContextValues } from "../core/context-values.js";
import { HeliographError, invalidArgument } from "../core/error.js";
import type { Metadata, MetadataInit } from "../core/metadata.js";

/** How long a unary call may take unless it says otherwise. */
export const DEFAULT_TIMEOUT_MS = 10_000;

/** What a caller may say of one call. */
export interface CallOptions {
  /** Ends the call with DEADLINE_EXCEEDED. Default 10,000; `Infinity` for none. Travels to the server. */
  readonly timeoutMs?: number | undefined;
  /** Ends the call with CANCELLED, here and in the handler. */
  readonly signal?: AbortSignal | undefined;
  /** Travels with the request. */
  readonly metadata?: MetadataInit | undefined;
  /** Wait for a server until the deadline, rather than fail with UNAVAILABLE when there is none. Default false. */
  readonly waitForReady?: boolean | undefined;
  /** Called before the call ends with what the handler put into `responseMetadata`. */
  readonly onHeader?: ((metadata: Metadata) => void) | undefined;
  /** Called before the call ends with what the handler put into `trailers`. */
  readonly onTrailer?: ((metadata: Metadata) => void) | undefined;
  /** For interceptors of this process. */
  readonly values?: ContextValues | undefined;
}

export const noOptions: CallOptions = {};

/** The call's timeout in milliseconds, `Infinity` for none. */
export function timeoutOf(options: CallOptions): number {
  const { timeoutMs } = options;
  if (timeoutMs === undefined) return DEFAULT_TIMEOUT_MS;
  if (typeof timeoutMs !== "number" || Number.isNaN(timeoutMs)) {
    throw invalidArgument(
      `timeoutMs must be a number of milliseconds, or Infinity for none, got ${String(timeoutMs)}`,
    );
  }
  return timeoutMs;
}

/** @param notProcessed the call was never sent */
export function callCancelled(path: string, reason: unknown, notProcessed = false): HeliographError {
  const because = reason instanceof Error && reason.name !== "AbortError" ? `: ${reason.message}` : "";
  return new HeliographError(Code.Cancelled, `${path}: the caller cancelled the call${because}`, {
    reason: "CALL_CANCELLED",
    notProcessed,
    cause: reason,
  });
}

/** @param unsent why the call was never sent; undefined when it was */
export function callTimedOut(path: string, timeoutMs: number, unsent?: string): HeliographError {
  const ms = `within ${Math.max(0, Math.round(timeoutMs))} ms (timeoutMs)`;
  const what = unsent === undefined ? `no answer ${ms}` : `not sent ${ms}: ${unsent}`;
  return new HeliographError(Code.DeadlineExceeded, `${path}: ${what}`, {
    reason: "CALL_TIMED_OUT",
    notProcessed: unsent !== undefined,
  });
}
