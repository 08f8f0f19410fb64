import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Code, HeliographError } from "../../../../src/index.js";
import { Inbox } from "../../../../src/rpc/stream/inbox.js";
import { deferred } from "../../../contract/rpc-harness.js";

const CREDIT = { messages: 16, bytes: 1_000 };
const done = { done: true, value: undefined };
const item = (value: unknown) => ({ done: false, value });
const failed = () => new HeliographError(Code.Aborted, "failed");

/** An inbox and what it caused. */
function inbox(credit = CREDIT, most = credit) {
  const taken: [number, number][] = [];
  const unreadable: unknown[] = [];
  const left = { times: 0 };
  const box = new Inbox<unknown>(
    {
      taken: (messages, bytes) => taken.push([messages, bytes]),
      left: () => void left.times++,
      unreadable: (error) => unreadable.push(error),
    },
    credit,
    most,
  );
  return { box, taken, unreadable, left };
}

/** What of a promise is known by now. */
async function state(promise: Promise<unknown>): Promise<unknown> {
  const pending = Symbol("pending");
  await new Promise(setImmediate);
  const end = await Promise.race([promise.catch((error) => error), pending]);
  return end === pending ? "pending" : end;
}

describe("an inbox", () => {
  test("hands over what has arrived, in order, then its end, again and again", async () => {
    const { box } = inbox();
    for (const n of [1, 2, 3]) box.push(n, 1);
    box.finish();
    for (const n of [1, 2, 3]) expect(await box.next()).toEqual(item(n));
    for (let n = 0; n < 3; n++) expect(await box.next()).toEqual(done);
    expect([box.empty, box.closed, box.left]).toEqual([true, true, false]);
  });

  test("gives a message to who has waited longest", async () => {
    const { box } = inbox();
    const asked = [box.next(), box.next(), box.next()];
    expect(box.awaited).toBe(true);
    box.push("a", 1);
    box.push("b", 1);
    box.push("c", 1);
    expect(await Promise.all(asked)).toEqual(["a", "b", "c"].map(item));
    expect(box.awaited).toBe(false);
  });

  test("hands over what came before an error, then the error, once", async () => {
    const { box } = inbox();
    box.push(1, 1);
    const error = failed();
    box.finish(error);
    box.push(2, 1);
    expect(await box.next()).toEqual(item(1));
    await expect(box.next()).rejects.toBe(error);
    expect(await box.next()).toEqual(done);
  });

  test("tells one of those who wait of the error, the others of the end", async () => {
    const { box } = inbox();
    const asked = [box.next(), box.next()];
    const error = failed();
    box.finish(error);
    await expect(asked[0]).rejects.toBe(error);
    expect(await asked[1]).toEqual(done);
  });

  test("drops what was not taken when it is aborted, but keeps the error that it has", async () => {
    const first = inbox();
    first.box.push(1, 1);
    first.box.abort(failed());
    await expect(first.box.next()).rejects.toMatchObject({ code: Code.Aborted });
    expect(await first.box.next()).toEqual(done);
    const second = inbox();
    second.box.push(1, 1);
    second.box.finish(new HeliographError(Code.NotFound, "first"));
    second.box.abort(failed());
    await expect(second.box.next()).rejects.toMatchObject({ code: Code.NotFound });
  });

  test("tells its host once that the reader has left, and takes nothing in after that", async () => {
    const { box, left } = inbox();
    const waiting = box.next();
    expect(await box.return()).toEqual(done);
    expect(await box.return()).toEqual(done);
    expect(await waiting).toEqual(done);
    box.push(1, 1);
    box.abort(failed());
    expect(await box.next()).toEqual(done);
    expect([left.times, box.left, box.empty]).toEqual([1, true, true]);
  });

  test("refuses what its sender has no credit for; bytes may be overdrawn by one message", () => {
    const messages = inbox();
    for (let n = 0; n < 16; n++) expect(messages.box.admit(1)).toBe(true);
    expect(messages.box.admit(0)).toBe(false);
    const bytes = inbox();
    expect([bytes.box.admit(999), bytes.box.admit(50_000), bytes.box.admit(0)]).toEqual([true, true, false]);
  });

  test("gives credit back when a quarter was taken, in messages or in bytes", async () => {
    const { box, taken } = inbox();
    for (let n = 0; n < 8; n++) box.push(n, 10);
    for (let n = 0; n < 7; n++) await box.next();
    expect(taken).toEqual([[4, 40]]);
    await box.next();
    expect(taken.splice(0)).toEqual([
      [4, 40],
      [4, 40],
    ]);
    box.push(0, 249);
    box.push(0, 1);
    await box.next();
    expect(taken).toEqual([]);
    await box.next();
    expect(taken).toEqual([[2, 250]]);
  });

  test("keeps the order of messages that take a while to read, and reads one at a time", async () => {
    const { box } = inbox();
    const slow = deferred<unknown>();
    const begun: string[] = [];
    const read = (name: string, message: unknown) => () => {
      begun.push(name);
      return message;
    };
    const asked = box.next();
    box.pushLater(read("a", slow.promise), 1);
    box.push("b", 1);
    box.pushLater(read("c", "c"), 1);
    box.pushLater(read("d", Promise.resolve("d")), 1);
    box.finish();
    const next = box.next();
    expect(await state(asked)).toBe("pending");
    expect(begun).toEqual(["a"]);
    slow.resolve("a");
    expect(await Promise.all([asked, next])).toEqual([item("a"), item("b")]);
    expect(begun).toEqual(["a"]);
    expect(await Promise.all([box.next(), box.next(), box.next()])).toEqual([item("c"), item("d"), done]);
  });

  test.each([
    ["later", false],
    ["later, after the end", true],
    ["at once", false],
    ["at once, after the end", true],
  ])("drops all from one on that can't be read (%s)", async (when, ended) => {
    const { box, unreadable } = inbox();
    const broken = new HeliographError(Code.Internal, "torn");
    box.push("a", 1);
    box.pushLater(() => Promise.resolve("b"), 1);
    box.pushLater(() => {
      if (when.startsWith("at once")) throw broken;
      return Promise.reject(broken);
    }, 1);
    box.push("d", 1);
    if (ended) box.finish(new HeliographError(Code.NotFound, "that came after it"));
    expect(await box.next()).toEqual(item("a"));
    expect(await box.next()).toEqual(item("b"));
    expect(unreadable).toEqual([]);
    await expect(box.next()).rejects.toBe(broken);
    expect(unreadable).toEqual([broken]);
    expect(await box.next()).toEqual(done);
  });

  test("tells who waits for a message that it can't be read, and nobody who has left", async () => {
    const { box, unreadable } = inbox();
    const waiting = box.next();
    box.pushLater(() => Promise.reject(new RangeError("torn")), 1);
    await expect(waiting).rejects.toMatchObject({ code: Code.Internal, cause: { message: "torn" } });
    expect(unreadable).toHaveLength(1);
    const other = inbox();
    const late = deferred<unknown>();
    const asked = other.box.next();
    other.box.pushLater(() => late.promise, 1);
    await other.box.return();
    late.reject(new RangeError("torn"));
    expect(await asked).toEqual(done);
    await new Promise(setImmediate);
    expect(other.unreadable).toEqual([]);
  });

  test("gives a sender whose reader keeps up twice the credit each time, up to the most; a slow reader's gets none", async () => {
    const { box, taken } = inbox({ messages: 8, bytes: 8_000 }, { messages: 20, bytes: 8_000 });
    const read = async (count: number) => {
      for (let n = 0; n < count; n++) {
        box.push(n, 1);
        await box.next();
      }
    };
    await read(2);
    expect(taken.splice(0)).toEqual([[10, 2]]);
    await read(4);
    expect(taken.splice(0)).toEqual([[8, 4]]);
    await read(5);
    expect(taken.splice(0)).toEqual([[5, 5]]);
    const slow = inbox({ messages: 8, bytes: 8_000 }, { messages: 20, bytes: 8_000 });
    for (let n = 0; n < 3; n++) slow.box.push(n, 1);
    for (let n = 0; n < 2; n++) await slow.box.next();
    expect(slow.taken).toEqual([[2, 2]]);
  });

  test("says what mark came with the message that was taken last", async () => {
    const { box } = inbox();
    box.push("a", 1);
    box.push("b", 1, 2);
    box.push("c", 1);
    const marks: number[] = [];
    for (let n = 0; n < 3; n++) {
      await box.next();
      marks.push(box.mark);
    }
    expect(marks).toEqual([0, 2, 0]);
  });

  test("keeps nothing of what was taken, however much goes through it", async () => {
    const { box } = inbox({ messages: 1e9, bytes: 1e9 });
    const held = () => (box as unknown as { items: unknown[] }).items.length;
    for (let n = 0; n < 500; n++) box.push(n, 1);
    for (let n = 0; n < 5_000; n++) {
      box.push(500 + n, 1);
      expect((await box.next()).value).toBe(n);
      if (held() > 2_000) throw new Error(`${held()} places for 500 messages`);
    }
    for (let n = 5_000; n < 5_500; n++) expect((await box.next()).value).toBe(n);
    expect(held()).toBe(0);
  });

  test("loses, doubles and swaps nothing, and never lets a sender that keeps to its credit stand still", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ bytes: fc.integer({ min: 0, max: 600 }), later: fc.boolean() }), {
          maxLength: 80,
        }),
        fc.array(fc.boolean(), { maxLength: 200 }),
        async (messages, reads) => {
          const { box, taken } = inbox();
          let [credit, bytes] = [CREDIT.messages, CREDIT.bytes];
          const got: unknown[] = [];
          let sent = 0;
          const send = () => {
            for (const [count, size] of taken.splice(0)) {
              credit += count;
              bytes += size;
            }
            const next = messages[sent];
            if (next === undefined || credit <= 0 || bytes <= 0) return;
            expect(box.admit(next.bytes)).toBe(true);
            credit--;
            bytes -= next.bytes;
            const number = sent;
            if (next.later) box.pushLater(() => Promise.resolve(number), next.bytes);
            else box.push(sent, next.bytes);
            if (++sent === messages.length) box.finish();
          };
          for (const read of reads) {
            send();
            if (read) void box.next().then(({ value, done }) => done || got.push(value));
          }
          for (let turn = 0; got.length < messages.length && turn < 1_000; turn++) {
            send();
            void box.next().then(({ value, done }) => done || got.push(value));
            await Promise.resolve();
          }
          await new Promise(setImmediate);
          expect(got).toEqual(messages.map((_, n) => n));
        },
      ),
      { numRuns: 150 },
    );
  });
});
