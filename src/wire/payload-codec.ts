import type { Buffer } from "node:buffer";
import { Code } from "../core/code.js";
import { HeliographError } from "../core/error.js";
import type { MessageType } from "./definition.js";
import type { MessageWriter } from "./message-writer.js";

/** What travels in one direction of a method. Made once per method and direction. */
export interface PayloadType<T = unknown> {
  readonly message: MessageType<T>;
  /** The `$schema` of the service. */
  readonly schema: string;
  /** Decides whose fault it is that a message can't be encoded. */
  readonly role: "request" | "response";
}

/** One way of turning messages into bytes. Has no state: an instance serves any number of calls. */
export interface PayloadCodec {
  readonly name: "protobuf" | "json" | "msgpack" | "raw";
  /** The number of `heliograph.wire.v1.Codec`. */
  readonly id: number;
  /**
   * Appends the message.
   *
   * @throws HeliographError with reason MALFORMED_MESSAGE that names the field: INVALID_ARGUMENT for a request,
   * INTERNAL for a response. What was written by then is undefined, so the caller rewinds the writer.
   */
  encode<T>(type: PayloadType<T>, message: T, writer: MessageWriter): void;
  /**
   * Reads a message from `buf[start, end)`. Its `bytes` may be views of `buf`, which must not be written to again.
   *
   * @throws HeliographError INTERNAL, reason MALFORMED_MESSAGE, that names the field.
   */
  decode<T>(type: PayloadType<T>, buf: Buffer, start: number, end: number): T;
}

/** A message that can't be encoded: the caller's fault in a request, the handler's in a response. */
export function cannotEncode(type: PayloadType, problem: string, cause?: unknown): HeliographError {
  const code = type.role === "request" ? Code.InvalidArgument : Code.Internal;
  return new HeliographError(code, `can't encode the ${type.role}: ${problem}`, {
    reason: "MALFORMED_MESSAGE",
    cause,
  });
}

/** Bytes that are not a message of the type: as in gRPC, never an error of the application's. */
export function cannotDecode(type: PayloadType, problem: string, cause?: unknown): HeliographError {
  return new HeliographError(Code.Internal, `can't decode the ${type.role}: ${problem}`, {
    reason: "MALFORMED_MESSAGE",
    cause,
  });
}
