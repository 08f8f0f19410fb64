import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type LoggedMessage, StreamLog } from "../../../../src/rpc/kept/stream-log.js";

const text = (bytes: string) => Buffer.from(bytes);

async function rest(reader: AsyncIterator<LoggedMessage, undefined>): Promise<string[]> {
  const messages: string[] = [];
  for (let next = await reader.next(); !next.done; next = await reader.next())
    messages.push(`${next.value.sequence} ${next.value.bytes}`);
  return messages;
}

describe("the log of a stream", () => {
  test("numbers messages from 1, and gives them to a reader as they come", async () => {
    const log = new StreamLog();
    const reader = log.read(1);
    const first = reader.next();
    log.append(text("a"));
    expect((await first).value).toEqual({ sequence: 1, bytes: text("a") });
    log.append(text("b"));
    log.append(text("c"));
    log.end();
    expect(await rest(reader)).toEqual(["2 b", "3 c"]);
  });

  test("is read from where a reader says, again and again, until that was acknowledged", async () => {
    const log = new StreamLog();
    for (const each of ["a", "bb", "ccc"]) log.append(text(each));
    log.end();
    expect(log.acknowledge(1)).toEqual({ messages: 1, bytes: 1 });
    expect([0, 1, 2, 3, 4, 5].map((sequence) => log.has(sequence))).toEqual([
      false,
      false,
      true,
      true,
      true,
      false,
    ]);
    expect(await rest(log.read(2))).toEqual(["2 bb", "3 ccc"]);
    expect(await rest(log.read(3))).toEqual(["3 ccc"]);
    expect(await rest(log.read(4))).toEqual([]);
  });

  test("frees each message once, and none that was not written", () => {
    const log = new StreamLog();
    for (const each of ["a", "bb", "ccc"]) log.append(text(each));
    expect(log.bytes).toBe(6);
    expect(log.acknowledge(2)).toEqual({ messages: 2, bytes: 3 });
    expect(log.acknowledge(2)).toEqual({ messages: 0, bytes: 0 });
    expect(log.acknowledge(1)).toEqual({ messages: 0, bytes: 0 });
    expect(log.acknowledge(99)).toEqual({ messages: 1, bytes: 3 });
    expect([log.bytes, log.last]).toEqual([0, 3]);
    log.append(text("d"));
    expect([log.bytes, log.last, log.has(3), log.has(4), log.has(5)]).toEqual([1, 4, false, true, true]);
  });

  test("lets go of a reader that waits, at its end and when the reader leaves", async () => {
    const log = new StreamLog();
    const one = log.read(1);
    const waiting = one.next();
    expect(await one.return?.()).toEqual({ done: true, value: undefined });
    expect(await waiting).toEqual({ done: true, value: undefined });
    log.append(text("a"));
    expect((await one.next()).done).toBe(true);
    const two = log.read(2);
    const last = two.next();
    log.end();
    expect((await last).done).toBe(true);
  });

  test("gives a reader everything in order, however it is acknowledged and read anew", async () => {
    const step = fc.oneof(fc.constant("write"), fc.constant("read"), fc.constant("resume"));
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const log = new StreamLog();
        const got: number[] = [];
        let reader = log.read(1);
        let written = 0;
        for (const each of steps) {
          if (each === "write") log.append(text(`${++written}`));
          else if (each === "read" && got.length < written) {
            const { value } = await reader.next();
            if (value !== undefined) got.push(value.sequence);
          } else if (each === "resume") {
            await reader.return?.();
            log.acknowledge(got.length);
            reader = log.read(got.length + 1);
          }
        }
        log.end();
        for (let next = await reader.next(); !next.done; next = await reader.next())
          got.push(next.value.sequence);
        expect(got).toEqual(Array.from({ length: written }, (_, n) => n + 1));
      }),
      { numRuns: 200 },
    );
  });
});
