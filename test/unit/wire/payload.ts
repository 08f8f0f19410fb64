import type { Buffer } from "node:buffer";
import { expect } from "vitest";
import { HeliographError } from "../../../src/core/error.js";
import type { MessageType } from "../../../src/wire/definition.js";
import { MessageWriter } from "../../../src/wire/message-writer.js";
import type { PayloadCodec, PayloadType } from "../../../src/wire/payload-codec.js";
import { schema } from "./messages.js";

export function request<T>(message: MessageType<T>): PayloadType<T> {
  return { message, schema, role: "request" };
}

export function response<T>(message: MessageType<T>): PayloadType<T> {
  return { message, schema, role: "response" };
}

export function encode<T>(codec: PayloadCodec, type: PayloadType<T>, message: T): Buffer {
  const writer = new MessageWriter();
  codec.encode(type, message, writer);
  return writer.take();
}

export function roundTrip<T>(codec: PayloadCodec, type: PayloadType<T>, message: T): T {
  const encoded = encode(codec, type, message);
  return codec.decode(type, encoded, 0, encoded.length);
}

/** The error that `run` throws. */
export function errorOf(run: () => unknown): HeliographError {
  try {
    run();
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(HeliographError);
    return thrown as HeliographError;
  }
  return expect.fail("nothing was thrown");
}
