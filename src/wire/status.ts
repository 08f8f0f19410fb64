import type { Buffer } from "node:buffer";
import { type Code, isCode } from "../core/code.js";
import { HeliographError } from "../core/error.js";
import { Status } from "../gen/heliograph/wire/v1/wire.js";
import { decodeMessage } from "./decode-message.js";
import { malformedPacket } from "./fault.js";
import { FrameField } from "./frame.js";
import type { PacketWriter } from "./packet-writer.js";

/** Room that a status takes at most in a packet; what is longer is cut. */
const MAX_MESSAGE_CHARS = 4096;
const MAX_DETAIL_BYTES = 16 * 1024;

/** Writes an error as the status of the frame that was begun, and whether the call was processed. */
export function writeStatus(writer: PacketWriter, error: HeliographError): void {
  const details = error.details.reduce((sum, each) => sum + each.value.length, 0) <= MAX_DETAIL_BYTES;
  writer.sub(FrameField.status, Status, {
    code: error.code,
    message: error.rawMessage.slice(0, MAX_MESSAGE_CHARS).toWellFormed(),
    reason: error.reason,
    details: details ? error.details.map(({ type, value }) => ({ type, value })) : [],
  });
  if (error.notProcessed) writer.flag(FrameField.notProcessed);
}

/**
 * Reads the status in `buf[start, end)` as the error it is.
 * Undefined for OK.
 *
 * @param prefix names the call, such as `example.v1.GreeterService/Greet`
 * @throws HeliographError INTERNAL when it is malformed or its code is none of the sixteen
 */
export function readStatus(
  buf: Buffer,
  start: number,
  end: number,
  prefix: string,
  notProcessed: boolean,
): HeliographError | undefined {
  const status = decodeMessage(Status, buf, start, end);
  if (status.code === 0) return undefined;
  if (!isCode(status.code)) throw malformedPacket(`${status.code} is not a status code`);
  return new HeliographError(
    status.code as Code,
    // Some of the server's own texts begin with the call already.
    prefix === "" || status.message.startsWith(prefix) ? status.message : `${prefix}: ${status.message}`,
    {
      reason: status.reason,
      details: status.details,
      origin: "peer",
      notProcessed,
    },
  );
}
