import { Code } from "../core/code.js";
import { HeliographError } from "../core/error.js";

/** A client that doesn't keep to `limits.maxCalls`. */
export function tooManyCalls(limit: number): HeliographError {
  return new HeliographError(
    Code.ResourceExhausted,
    `the session has ${limit} calls in flight (limits.maxCalls)`,
    {
      reason: "TOO_MANY_CALLS",
      notProcessed: true,
    },
  );
}

/** A REQUEST for a unary method that ends without its message. */
export function noMessage(path: string): HeliographError {
  return new HeliographError(
    Code.Unimplemented,
    `${path}: a unary call needs exactly one message, got none`,
    {
      reason: "PROTOCOL_VIOLATION",
      notProcessed: true,
    },
  );
}

/** More than one request for a method that takes one. */
export function oneRequest(path: string): HeliographError {
  return new HeliographError(Code.Unimplemented, `${path} takes one request, and got more`, {
    reason: "PROTOCOL_VIOLATION",
  });
}

/** Not exactly one answer to a call that has one: the server takes the method for another kind. */
export function oneAnswer(path: string, what: "none" | "a stream of them"): HeliographError {
  return new HeliographError(
    Code.Unimplemented,
    `${path}: the call has one answer, and the server gave ${what}`,
    { reason: "PROTOCOL_VIOLATION" },
  );
}

/** A caller that takes a stream of requests for a single one. */
export function requestsInMessages(path: string): HeliographError {
  return new HeliographError(
    Code.Unimplemented,
    `${path} takes a stream of requests, which travel in MESSAGE frames; REQUEST has a message`,
    { reason: "PROTOCOL_VIOLATION", notProcessed: true },
  );
}

/** What one side of a stream may not do; it ends the call alone. */
export function violation(path: string, what: string): HeliographError {
  return new HeliographError(Code.Internal, `${path}: ${what}`, { reason: "PROTOCOL_VIOLATION" });
}

/** Why a session is given up whose peer reads nothing. */
export function windowUnread(ms: number, waiting: number): HeliographError {
  return new HeliographError(
    Code.Unavailable,
    `nothing was read for ${Math.round(ms)} ms while ${waiting} bytes waited`,
    { reason: "PEER_STALLED" },
  );
}

/** More requests than `heldBytesLimit` lets a session hold. */
export function tooMuchHeld(bytes: number, path: string): HeliographError {
  return new HeliographError(
    Code.ResourceExhausted,
    `${path}: the session's calls in flight already have ${bytes} bytes of requests`,
    { reason: "QUEUE_FULL", notProcessed: true },
  );
}

/** Why a run is ended for which nobody waits. */
export function tooManyLeft(path: string): HeliographError {
  return new HeliographError(
    Code.ResourceExhausted,
    `${path}: too many calls run whose callers are gone (limits.maxCalls)`,
    { reason: "TOO_MANY_CALLS" },
  );
}

/** A server that closes. */
export function drainingError(): HeliographError {
  return new HeliographError(Code.Unavailable, "the server is shutting down", {
    reason: "DRAINING",
    notProcessed: true,
  });
}

/** A client that wants to go on with a stream which this server never numbered. */
export function notResumable(path: string): HeliographError {
  return new HeliographError(Code.DataLoss, `${path} is not resumable here`, { reason: "STREAM_GONE" });
}
