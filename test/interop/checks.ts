import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { type Code, codeName, HeliographError } from "../../src/index.js";
import type { Payload } from "../gen/heliograph/test/interop/v1/test.js";

/** More than any payload of a case has. */
const ZEROS = Buffer.alloc(4 * 1024 * 1024);

/** A payload of zero bytes. */
export function zeros(size: number): Payload {
  return { body: ZEROS.subarray(0, size) };
}

/** The payload is there and has so many bytes, all of them zero. */
export function checkZeros(payload: Payload | undefined, size: number): void {
  assert.ok(payload !== undefined, "the answer has no payload");
  assert.equal(payload.body.length, size);
  assert.ok(ZEROS.subarray(0, size).equals(payload.body), "the payload has other bytes than zeros");
}

/** The error that the call ends with; a success, or anything but a HeliographError, fails the case. */
export async function failureOf(call: Promise<unknown>): Promise<HeliographError> {
  const error = await call.then(
    () => assert.fail("the call was expected to fail"),
    (thrown: unknown) => thrown,
  );
  if (error instanceof HeliographError) return error;
  throw error;
}

/** The call ends with this code. */
export async function checkFails(call: Promise<unknown>, code: Code): Promise<HeliographError> {
  const error = await failureOf(call);
  assert.equal(codeName(error.code), codeName(code), error.message);
  return error;
}

/** All messages of a stream. */
export async function collect<T>(messages: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const message of messages) all.push(message);
  return all;
}

/** The next message of a stream, which has to have one. */
export async function nextOf<T>(messages: AsyncIterator<T>): Promise<T> {
  const { done, value } = await messages.next();
  if (done) assert.fail("the stream ended early");
  return value;
}
