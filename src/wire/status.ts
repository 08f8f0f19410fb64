import type { Buffer } from "node:buffer";
import { Code, isCode } from "../core/code.js";
import { type ErrorDetail, HeliographError } from "../core/error.js";
import { Status } from "../gen/heliograph/wire/v1/wire.js";
import { decodeMessage } from "./decode-message.js";
import { malformedPacket } from "./fault.js";
import { FrameField } from "./frame.js";
import type { PacketWriter } from "./packet-writer.js";

/** Room that a status takes at most in a packet; text that is longer is cut, details are left out. */
const MAX_MESSAGE_CHARS = 4096;
const MAX_REASON_CHARS = 128;
const MAX_DETAIL_BYTES = 16 * 1024;
/** What a detail takes besides its type and value. */
const DETAIL_BYTES = 16;

/**
 * Writes an error as the status of the frame that was begun, and whether the call was processed. Never throws:
 * errors are made by users, and what can't travel of one is left out.
 */
export function writeStatus(writer: PacketWriter, error: HeliographError): void {
  writer.sub(FrameField.status, Status, {
    code: isCode(error.code) ? error.code : Code.Unknown,
    message: cut(error.rawMessage, MAX_MESSAGE_CHARS),
    reason: cut(error.reason, MAX_REASON_CHARS),
    details: travelling(error.details),
  });
  if (error.notProcessed === true) writer.flag(FrameField.notProcessed);
}

function cut(text: unknown, chars: number): string {
  return String(text ?? "")
    .slice(0, chars)
    .toWellFormed();
}

function travelling(details: readonly ErrorDetail[] | undefined): ErrorDetail[] {
  if (!Array.isArray(details)) return [];
  let bytes = 0;
  for (const each of details) {
    if (typeof each?.type !== "string" || !(each.value instanceof Uint8Array)) return [];
    bytes += DETAIL_BYTES + each.type.length + each.value.length;
  }
  if (bytes > MAX_DETAIL_BYTES) return [];
  return details.map(({ type, value }) => ({ type: type.toWellFormed(), value }));
}

/**
 * Reads the status in `buf[start, end)` as the error it is.
 * Undefined for OK.
 *
 * @param call names the call, such as `example.v1.GreeterService/Greet`
 * @throws HeliographError INTERNAL when it is malformed or its code is none of the sixteen
 */
export function readStatus(
  buf: Buffer,
  start: number,
  end: number,
  call: string | undefined,
  notProcessed: boolean,
): HeliographError | undefined {
  const status = decodeMessage(Status, buf, start, end);
  if (status.code === 0) return undefined;
  if (!isCode(status.code)) throw malformedPacket(`${status.code} is not a status code`);
  return new HeliographError(status.code, status.message, {
    reason: status.reason,
    details: status.details,
    origin: "peer",
    notProcessed,
    // Some of the server's own texts begin with the call.
    call: call !== undefined && status.message.startsWith(call) ? undefined : call,
  });
}
