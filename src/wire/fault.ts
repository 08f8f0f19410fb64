import { Code } from "../core/code.js";
import { HeliographError } from "../core/error.js";

/** The peer sent bytes that are not a packet. Ends the session, never the process. */
export function malformedPacket(what: string): HeliographError {
  return new HeliographError(Code.Internal, `malformed packet: ${what}`, { reason: "MALFORMED_PACKET" });
}

/** The peer sent a packet that the protocol doesn't allow here. Ends the session. */
export function protocolViolation(what: string): HeliographError {
  return new HeliographError(Code.Internal, `protocol violation: ${what}`, { reason: "PROTOCOL_VIOLATION" });
}
