import type { RoundResult } from "./protocol.js";

/** How a contender's streams are read: what a user of its stub would write, and how a message is checked. */
export interface Reader<Message> {
  /** Asks for a stream that the server ends after so long, and hands over its messages; resolves at its end. */
  read(durationMs: number, take: (message: Message) => void): Promise<void>;
  /** Whether it is the message with this number, counted from 1. */
  matches(sequence: number, message: Message): boolean;
}

/** The clock is read once in so many messages, so that reading it does not count. */
const messagesPerLook = 16;

/** For a server: makes a function that says whether a message is to be the last of a stream of so long. */
export function endAfter(durationMs: number): (sequence: number) => boolean {
  const end = performance.now() + durationMs;
  return (sequence) => sequence % messagesPerLook === 0 && performance.now() >= end;
}

/**
 * Reads so many streams at a time for `seconds`. The time begins when each has brought its first message, so that
 * asking for them does not count, and ends with the last one.
 * Rejects with the first stream that fails, that brings a message out of turn, or that ends without one.
 */
export async function measureStreams<Message>(
  reader: Reader<Message>,
  streams: number,
  seconds: number,
): Promise<RoundResult> {
  if (streams < 1) throw new Error("there is no stream to read");
  let received = 0;
  let flowing = 0;
  let began = 0;
  let before = 0;

  const read = async () => {
    let sequence = 0;
    await reader.read(Math.round(seconds * 1000), (message) => {
      sequence++;
      if (!reader.matches(sequence, message)) {
        throw new Error(`message ${sequence} of a stream is ${JSON.stringify(message)}`);
      }
      received++;
      if (sequence > 1) return;
      flowing++;
      if (flowing < streams) return;
      began = performance.now();
      before = received;
    });
    if (sequence === 0) throw new Error("a stream ended without a message");
  };
  await Promise.all(Array.from({ length: streams }, read));
  const messages = received - before;
  return { messagesPerSecond: (messages * 1000) / (performance.now() - began), messages };
}
