import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HeliographError } from "../../../src/core/error.js";
import { SubscribeResponse } from "../../../src/gen/heliograph/pubsub/v1/topic.js";
import type { MetadataEntry } from "../../../src/gen/heliograph/wire/v1/wire.js";
import { ReceivedRun, readRuns, Subject } from "../../../src/pubsub/subscriber/received-run.js";

/** Reads all that there is; what can't be read is told by a HeliographError, before any message is taken. */
function readAll(bytes: Buffer): Buffer[] | undefined {
  const latest = new Subject();
  const runs: ReceivedRun[] = [];
  try {
    readRuns(bytes, (start, end) => runs.push(new ReceivedRun(bytes, start, end, latest)));
  } catch (error) {
    expect(error).toBeInstanceOf(HeliographError);
    return undefined;
  }
  const messages: Buffer[] = [];
  for (const run of runs) {
    while (run.left > 0) {
      run.take();
      messages.push(bytes.subarray(run.start, run.stop));
    }
  }
  return messages;
}

const run = fc.record({
  subject: fc.string({ maxLength: 8 }),
  sequence: fc.bigInt({ min: 0n, max: 2n ** 53n - 1n }),
  topicSequence: fc.bigInt({ min: 0n, max: 2n ** 53n - 1n }),
  dropped: fc.bigInt({ min: 0n, max: 300n }),
  sentAtUs: fc.bigInt({ min: 0n, max: 2n ** 50n }),
  ttlMs: fc.nat(),
  history: fc.boolean(),
  metadata: fc.constant<MetadataEntry[]>([]),
  messages: fc.array(
    fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
    { maxLength: 4 },
  ),
});
const response = fc
  .array(run, { maxLength: 4 })
  .map((runs) => Buffer.from(SubscribeResponse.encode({ runs, said: undefined }).finish()));

describe("runs that arrive", () => {
  test("are read as they were written", () => {
    fc.assert(
      fc.property(fc.array(run, { maxLength: 4 }), (runs) => {
        const bytes = Buffer.from(SubscribeResponse.encode({ runs, said: undefined }).finish());
        expect(readAll(bytes)).toEqual(runs.flatMap(({ messages }) => messages));
      }),
    );
  });

  test("are read or refused, whatever they are made of", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        readAll(Buffer.from(bytes));
      }),
      { numRuns: 2_000 },
    );
    fc.assert(
      fc.property(response, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 6 }), (bytes, changes) => {
        const changed = Buffer.from(bytes);
        if (changed.length === 0) return;
        for (const [at, byte] of changes) changed[at % changed.length] = byte;
        readAll(changed);
      }),
      { numRuns: 5_000 },
    );
  });

  test("pass over a field 15 that is no message", () => {
    // A message `a`, then the number 100 under the same field, then a message `b`.
    const inner = [0x7a, 1, 0x61, 0x78, 100, 0x7a, 1, 0x62];
    expect(readAll(Buffer.from([0x0a, inner.length, ...inner]))).toEqual([
      Buffer.from("a"),
      Buffer.from("b"),
    ]);
  });
});
