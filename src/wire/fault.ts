import { Code } from "../core/code.js";
import { HeliographError } from "../core/error.js";
import { MalformedMessage } from "./malformed-message.js";

/** The peer sent bytes that are not a packet. Ends the session, never the process. */
export function malformedPacket(what: string): HeliographError {
  return new HeliographError(Code.Internal, `malformed packet: ${what}`, { reason: "MALFORMED_PACKET" });
}

/** The peer sent a packet that the protocol doesn't allow here. Ends the session. */
export function protocolViolation(what: string): HeliographError {
  return new HeliographError(Code.Internal, `protocol violation: ${what}`, { reason: "PROTOCOL_VIOLATION" });
}

/** What was thrown while a message of the peer's was taken, as it may be told to the peer. */
export function faultOf(error: unknown): HeliographError {
  if (error instanceof HeliographError) return error;
  if (error instanceof MalformedMessage) return malformedPacket(error.message);
  // A fault of this side: its text is none of the peer's business, and goes where the cause is seen.
  return new HeliographError(Code.Internal, "an internal error ended it", { cause: error });
}
