/** Bytes of one request and of one answer, for every contender: the encoded message, or the plain buffer. */
export const payloadBytes = 32;

/** Time a call may take, in milliseconds, for every contender. */
export const deadlineMs = 10_000;

/** With a `fixed32` it makes a message of `payloadBytes` bytes (proto/bench/v1/bench.proto). */
export const text = "the quick brown fox jumps";

/** The echo message, as every typed contender's generated code knows it. */
export interface Echo {
  sequence: number;
  text: string;
}

/** A typed request. */
export function echo(sequence: number): Echo {
  return { sequence, text };
}

/** Whether an answer is the one to this request. */
export function sameEcho(request: Echo, response: Echo): boolean {
  return response.sequence === request.sequence && response.text === request.text;
}

/** Whether a message of a stream is the one with this number. */
export function isEcho(sequence: number, message: Echo): boolean {
  return message.sequence === sequence && message.text === text;
}

const template = Buffer.alloc(payloadBytes);
template.write(text, 4, "latin1");

/** A request of a contender without types: the sequence number and the text in a buffer. */
export function buffer(sequence: number): Buffer {
  const bytes = Buffer.from(template);
  bytes.writeUInt32LE(sequence, 0);
  return bytes;
}

/** Whether an answer is the one to this request. */
export function sameBuffer(request: Buffer, response: Uint8Array): boolean {
  return request.equals(response);
}

const expected = buffer(0);

/** Whether a message of a stream is the one with this number. */
export function isBuffer(sequence: number, message: Buffer): boolean {
  expected.writeUInt32LE(sequence, 0);
  return expected.equals(message);
}
