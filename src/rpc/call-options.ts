import { Code } from "../core/code.js";
import type { ContextValues } from "../core/context-values.js";
import { HeliographError, invalidArgument } from "../core/error.js";
import type { Metadata, MetadataInit } from "../core/metadata.js";
import type { Balancer } from "../naming/balancer.js";
import { type Compression, checkCompression } from "../wire/compression.js";
import type { Method } from "../wire/definition.js";
import type { RetryOptions } from "./retry-options.js";

/** How long a call with a single answer may take unless it says otherwise. */
export const DEFAULT_TIMEOUT_MS = 10_000;

/** A call that others are made for: the context of a handler. */
export interface ParentCall {
  readonly signal: AbortSignal;
  remainingMs(): number;
}

/** What a caller may say of one call. */
export interface CallOptions {
  /**
   * Ends the call with DEADLINE_EXCEEDED. Default 10,000 for calls with a single answer, none for those with a stream of
   * them; `Infinity` for none. Travels to the server.
   */
  readonly timeoutMs?: number | undefined;
  /**
   * Ends a stream with DEADLINE_EXCEEDED when nothing was sent or received on it for so long, in milliseconds, and all
   * that was received has been taken. Default: none.
   */
  readonly idleTimeoutMs?: number | undefined;
  /** The longest that one wait for the next answer of a stream may take, in milliseconds. Default: none. */
  readonly itemTimeoutMs?: number | undefined;
  /**
   * The context of the handler that makes this call: it ends with that handler's call, and has no more time than is left
   * to it.
   */
  readonly parent?: ParentCall | undefined;
  /**
   * A name for what the call does, unique to it, such as a UUID; at most 255 bytes. The server runs a unary call once for
   * all attempts of one key, within the window that it keeps answers for and the life of its process, and gives each
   * the same answer. With a key a call may be retried, whatever its method.
   */
  readonly idempotencyKey?: string | undefined;
  /** Attempts beyond the first; `false` for none, whatever the client's interceptors say. See `RetryOptions`. */
  readonly retry?: RetryOptions | false | undefined;
  /** How requests of at least 1 KiB are compressed, if the server can undo it. Default `none`. */
  readonly compression?: Compression | ((request: unknown) => Compression) | undefined;
  /** Ends the call with CANCELLED, here and in the handler. */
  readonly signal?: AbortSignal | undefined;
  /** Travels with the request. */
  readonly metadata?: MetadataInit | undefined;
  /** Wait for a server until the deadline, rather than fail with UNAVAILABLE when there is none. Default false. */
  readonly waitForReady?: boolean | undefined;
  /**
   * Goes to this instance and to no other: the `instance` of an `InstanceInfo`, or its endpoint where no more is known of
   * it, as with `fixed` and `dns`. Where it is not known, or has no connection within the time that a call waits for one,
   * the call fails with UNAVAILABLE.
   */
  readonly instance?: string | undefined;
  /** Chooses among instances, in the place of the client's. Of one balancer there is one picker for each service. */
  readonly balancer?: Balancer | undefined;
  /** Called before the call ends with what the handler put into `responseMetadata`. */
  readonly onHeader?: ((metadata: Metadata) => void) | undefined;
  /** Called before the call ends with what the handler put into `trailers`. */
  readonly onTrailer?: ((metadata: Metadata) => void) | undefined;
  /** For interceptors of this process. */
  readonly values?: ContextValues | undefined;
}

export const noOptions: CallOptions = {};

/** The call's timeout in milliseconds, `Infinity` for none; at most what is left to its parent. */
export function timeoutOf(options: CallOptions, kind: Method["kind"]): number {
  const own = ownTimeout(options, kind);
  return options.parent === undefined ? own : Math.min(own, options.parent.remainingMs());
}

function ownTimeout({ timeoutMs }: CallOptions, kind: Method["kind"]): number {
  if (timeoutMs === undefined)
    return kind === "unary" || kind === "client-stream" ? DEFAULT_TIMEOUT_MS : Number.POSITIVE_INFINITY;
  if (typeof timeoutMs !== "number" || Number.isNaN(timeoutMs)) {
    throw invalidArgument(
      `timeoutMs must be a number of milliseconds, or Infinity for none, got ${String(timeoutMs)}`,
    );
  }
  return timeoutMs;
}

/** What a caller wants for this request; a function may want anything. */
export function requestCompression(compression: CallOptions["compression"], message: unknown): Compression {
  if (typeof compression !== "function") return compression ?? "none";
  return checkCompression("compression", compression(message));
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

/**
 * @param unsent why the call was never sent; undefined when it was
 * @param trouble what is wrong with the server that it was sent to, if anything is
 */
export function callTimedOut(
  path: string,
  timeoutMs: number,
  unsent?: string,
  trouble?: string,
): HeliographError {
  const ms = `within ${Math.max(0, Math.round(timeoutMs))} ms (timeoutMs)`;
  const what = unsent === undefined ? `no answer ${ms}` : `not sent ${ms}: ${unsent}`;
  const why = trouble === undefined ? "" : `; ${trouble}`;
  return new HeliographError(Code.DeadlineExceeded, `${path}: ${what}${why}`, {
    reason: trouble === undefined ? "CALL_TIMED_OUT" : "PEER_STALLED",
    notProcessed: unsent !== undefined,
  });
}
