import { Code } from "../../core/code.js";
import { HeliographError } from "../../core/error.js";
import type { CloseReason } from "../../socket/socket.js";

/** Why a connection could not be made, or broke. */
export function connectionError(
  endpoint: string,
  reason: CloseReason,
  wasOpen: boolean,
  cause?: Error,
): HeliographError {
  const what: Record<CloseReason, string> = {
    refused: `nobody listens at ${endpoint}`,
    unresolved: `the host of ${endpoint} has no address`,
    "handshake-failed": `the ZeroMQ handshake with ${endpoint} failed: another protocol or other security`,
    disconnected: `the connection to ${endpoint} broke`,
    closed: `the connection to ${endpoint} was closed`,
  };
  // Where a network can't use such an address at all, its own text is the better one.
  const why = cause instanceof HeliographError && reason === "unresolved" ? cause.rawMessage : what[reason];
  return new HeliographError(Code.Unavailable, why, {
    reason: reason === "handshake-failed" ? "HANDSHAKE_FAILED" : wasOpen ? "CONNECTION_LOST" : "NO_INSTANCE",
    notProcessed: !wasOpen,
    cause,
  });
}

/** The server starts nothing new. */
export function drainedError(endpoint: string): HeliographError {
  return new HeliographError(Code.Unavailable, `the server at ${endpoint} is shutting down`, {
    reason: "DRAINING",
  });
}

/** Of a call that was under way when its session ended. */
export function outcomeUnknown(path: string, cause: HeliographError): HeliographError {
  if (cause.code === Code.Cancelled)
    return new HeliographError(cause.code, `${path}: ${cause.rawMessage}`, cause);
  return new HeliographError(
    Code.Unavailable,
    `${path}: ${cause.rawMessage} before the answer came; it can't be known whether the call ran`,
    { reason: "CONNECTION_LOST", cause },
  );
}

/** Of a call that the server has said it will not start. */
export function notStarted(
  path: string,
  endpoint: string,
  status: HeliographError | undefined,
): HeliographError {
  const code = status?.code ?? Code.Unavailable;
  const why = status === undefined ? `the server at ${endpoint} is shutting down` : status.rawMessage;
  return new HeliographError(code, `${path}: not started: ${why}`, {
    reason: status?.reason ?? "DRAINING",
    origin: "peer",
    notProcessed: true,
    cause: status,
  });
}
