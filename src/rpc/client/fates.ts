import { Code } from "../../core/code.js";
import { HeliographError } from "../../core/error.js";
import type { CloseReason } from "../../socket/socket.js";

/** What is known of a connection that has ended. */
export interface EndedConnection {
  /** The ZeroMQ handshake was done. */
  readonly wasOpen: boolean;
  /** A server has welcomed this client there before. */
  readonly wasWelcomed: boolean;
}

/** Why a connection could not be made, or broke. */
export function connectionError(
  endpoint: string,
  reason: CloseReason,
  { wasOpen, wasWelcomed }: EndedConnection,
  cause?: Error,
): HeliographError {
  const brokenOff = `the connection to ${endpoint} broke before the ZeroMQ handshake was done`;
  const what: Record<CloseReason, string> = {
    refused: `nobody listens at ${endpoint}`,
    unresolved: `the host of ${endpoint} has no address`,
    "handshake-failed": `the ZeroMQ handshake with ${endpoint} failed: another protocol or other security`,
    // A process that dies breaks it off, too, and so does one of another protocol: only who was there before tells them apart.
    "broken-off": wasWelcomed
      ? brokenOff
      : `${brokenOff}: what listens there was just ending, or speaks another protocol`,
    disconnected: `the connection to ${endpoint} broke`,
    closed: `the connection to ${endpoint} was closed`,
  };
  // Where a network can't use such an address at all, its own text is the better one.
  const why = cause instanceof HeliographError && reason === "unresolved" ? cause.rawMessage : what[reason];
  const misfit = reason === "handshake-failed" || (reason === "broken-off" && !wasWelcomed);
  return new HeliographError(Code.Unavailable, why, {
    reason: misfit ? "HANDSHAKE_FAILED" : wasOpen ? "CONNECTION_LOST" : "NO_INSTANCE",
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
