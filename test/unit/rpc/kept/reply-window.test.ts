import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Code } from "../../../../src/core/code.js";
import {
  ENTRY_BYTES,
  type Entered,
  type ReplyEntry,
  ReplyWindow,
} from "../../../../src/rpc/kept/reply-window.js";
import { idempotencyConflict, isReplyKey, payloadHash, replyIndex } from "../../../../src/rpc/reply-key.js";

type Window = ReplyWindow<string, string>;
type Entry = ReplyEntry<string, string>;

const PATH = "a.B/C";

/** The entry of a call that is the first of its key. */
function begin(window: Window, key: string, now: number, hash = "h"): Entry {
  const entered = window.enter("me", PATH, key, hash, now);
  if (entered.kind !== "new") throw new Error(`${key} is ${entered.kind}`);
  return entered.entry;
}

const kind = (window: Window, key: string, now: number, hash = "h") =>
  window.enter("me", PATH, key, hash, now).kind;

/** What a reply of no bytes to a key of one character is counted with. */
const one = ENTRY_BYTES + replyIndex("me", PATH, "k").length + 1;

describe("a window of replies", () => {
  test("lets the first call of a key run, the repeats join it, and gives later ones its reply", () => {
    const window: Window = new ReplyWindow(1_000, 10_000);
    const entry = begin(window, "k", 0);
    for (const waiter of ["second", "third"]) {
      const entered = window.enter("me", PATH, "k", "h", 1);
      expect(entered).toEqual({ kind: "running", entry });
      if (entered.kind === "running") entered.entry.waiters.add(waiter);
    }
    expect(window.complete(entry, "reply", 5, 2)).toEqual(["second", "third"]);
    expect(window.enter("me", PATH, "k", "h", 3)).toEqual({ kind: "done", reply: "reply" });
    expect(window.stats).toEqual({
      running: 0,
      kept: 1,
      keptBytes: one + 5,
      joined: 2,
      replayed: 1,
      evicted: 0,
    });
  });

  test("tells who waits only once, and nobody who has given up", () => {
    const window: Window = new ReplyWindow(1_000, 10_000);
    const entry = begin(window, "k", 0);
    entry.waiters.add("a").add("b").delete("a");
    expect(window.complete(entry, "1", 0, 1)).toEqual(["b"]);
    expect(window.complete(entry, "2", 0, 1)).toEqual([]);
    expect(window.forget(entry)).toEqual([]);
    expect(window.enter("me", PATH, "k", "h", 1)).toEqual({ kind: "done", reply: "1" });
  });

  test("refuses another payload under the key, while the call runs and when it is done", () => {
    const window: Window = new ReplyWindow(1_000, 10_000);
    const entry = begin(window, "k", 0, "one");
    expect(kind(window, "k", 0, "two")).toBe("conflict");
    window.complete(entry, "reply", 0, 0);
    expect(kind(window, "k", 0, "two")).toBe("conflict");
    expect(kind(window, "k", 0, "one")).toBe("done");
    expect(window.stats).toMatchObject({ joined: 0, replayed: 1 });
  });

  test("keeps a reply for its time, counted from its completion", () => {
    const window: Window = new ReplyWindow(1_000, 10_000);
    const entry = begin(window, "k", 0);
    expect(kind(window, "k", 5_000)).toBe("running");
    window.complete(entry, "reply", 0, 5_000);
    expect(kind(window, "k", 5_999)).toBe("done");
    expect(kind(window, "k", 6_000)).toBe("new");
    expect(window.stats).toMatchObject({ running: 1, kept: 0, keptBytes: 0, evicted: 0 });
  });

  test("lets go of what has expired, also when nobody calls", () => {
    const window: Window = new ReplyWindow(1_000, 10_000);
    window.complete(begin(window, "a", 0), "", 0, 0);
    window.complete(begin(window, "b", 0), "", 0, 500);
    window.expire(1_000);
    expect(window.stats).toMatchObject({ kept: 1, keptBytes: one });
    window.expire(1_500);
    expect(window.stats).toMatchObject({ kept: 0, keptBytes: 0 });
  });

  test("drops the reply that was completed first when there is no room", () => {
    const window: Window = new ReplyWindow(1_000, 2 * one);
    const [a, b, c] = [begin(window, "a", 0), begin(window, "b", 0), begin(window, "c", 0)];
    window.complete(b, "", 0, 1);
    window.complete(a, "", 0, 2);
    window.complete(c, "", 0, 3);
    expect([kind(window, "a", 4), kind(window, "c", 4), kind(window, "b", 4)]).toEqual([
      "done",
      "done",
      "new",
    ]);
    expect(window.stats).toMatchObject({ running: 1, kept: 2, keptBytes: 2 * one, evicted: 1 });
  });

  test("drops as many as a large reply needs, but none for one that is too large anyway", () => {
    const window: Window = new ReplyWindow(1_000, 3 * one);
    for (const key of ["a", "b", "c"]) window.complete(begin(window, key, 0), "", 0, 0);
    window.complete(begin(window, "d", 0), "", one, 0);
    expect(window.stats).toMatchObject({ kept: 2, keptBytes: 3 * one, evicted: 2 });
    const waiting = begin(window, "e", 0);
    waiting.waiters.add("me");
    expect(window.complete(waiting, "", 2 * one + 1, 0)).toEqual(["me"]);
    expect(window.stats).toMatchObject({ kept: 2, keptBytes: 3 * one, evicted: 3 });
    expect([kind(window, "c", 0), kind(window, "d", 0), kind(window, "e", 0)]).toEqual([
      "done",
      "done",
      "new",
    ]);
  });

  test("never drops a running call, though there is no room at all", () => {
    const window: Window = new ReplyWindow(1_000, 0);
    const entries = Array.from({ length: 100 }, (_, index) => begin(window, `${index}`, 0));
    for (const entry of entries.slice(1)) window.complete(entry, "", 0, 0);
    expect(kind(window, "0", 1_000_000)).toBe("running");
    expect(window.stats).toMatchObject({ running: 1, kept: 0, keptBytes: 0, evicted: 99 });
  });

  test("lets a call run again that was forgotten, and tells who waits", () => {
    const window: Window = new ReplyWindow(1_000, 10_000);
    const first = begin(window, "k", 0);
    first.waiters.add("w");
    expect(window.forget(first)).toEqual(["w"]);
    const second = begin(window, "k", 0, "other");
    expect(window.complete(first, "late", 0, 0)).toEqual([]);
    expect(window.forget(first)).toEqual([]);
    expect(window.enter("me", PATH, "k", "other", 0)).toEqual({ kind: "running", entry: second });
  });

  test("keeps principals, methods and keys apart, whatever they are called", () => {
    const window: Window = new ReplyWindow(1_000, 1_000_000);
    const texts = ["", "a", "b", "ab", "1", ",", "1,1", "__proto__", "constructor", "\0"];
    const all = texts.flatMap((who) =>
      texts.flatMap((path) => texts.map((key) => [who, path, key] as const)),
    );
    for (const [who, path, key] of all) expect(window.enter(who, path, key, "h", 0).kind).toBe("new");
    for (const [who, path, key] of all) expect(window.enter(who, path, key, "h", 0).kind).toBe("running");
  });
});

describe("the index of a reply", () => {
  test("is another one for each principal, method and key", () => {
    const text = fc.string({ unit: fc.constantFrom("1", ",", "a"), maxLength: 4 });
    const name = fc.tuple(text, text, text);
    fc.assert(
      fc.property(name, name, (one, other) => {
        expect(replyIndex(...one) === replyIndex(...other)).toBe(
          `${one.map(encodeURIComponent)}` === `${other.map(encodeURIComponent)}`,
        );
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("an idempotency key", () => {
  test("has 1 to 255 bytes", () => {
    expect(["a", "x".repeat(255), "é".repeat(127), "😈".repeat(63)].map(isReplyKey)).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect(["", "x".repeat(256), "é".repeat(128), "😈".repeat(64)].map(isReplyKey)).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });

  test("that comes with another payload is a conflict that names it", () => {
    const error = idempotencyConflict(PATH, "k 1");
    expect(error).toMatchObject({
      code: Code.InvalidArgument,
      reason: "IDEMPOTENCY_CONFLICT",
      notProcessed: true,
    });
    expect(error.message).toContain('a.B/C: another request came with the idempotency key "k 1" before');
  });
});

test("the hash of a payload depends on each of its bytes and on their number", () => {
  const payloads = ["", "\0", "\0\0", "a", "b", "ab", "ba"].map((text) => Buffer.from(text));
  expect(new Set(payloads.map(payloadHash)).size).toBe(payloads.length);
  expect(payloadHash(Buffer.from("ab"))).toBe(payloadHash(Buffer.from("xaby").subarray(1, 3)));
});

/** The same, said plainly: a list of calls that is searched from one end to the other. */
class NaiveWindow {
  calls: { names: string; hash: string; running: boolean; reply: string; bytes: number; at: number }[] = [];
  evicted = 0;
  joined = 0;
  replayed = 0;
  readonly windowMs: number;
  readonly maxBytes: number;

  constructor(windowMs: number, maxBytes: number) {
    this.windowMs = windowMs;
    this.maxBytes = maxBytes;
  }

  get kept() {
    return this.calls.filter(({ running }) => !running);
  }

  get keptBytes() {
    return this.kept.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  enter(names: string, hash: string, now: number): string {
    this.calls = this.calls.filter(({ running, at }) => running || now - at < this.windowMs);
    const call = this.calls.find((each) => each.names === names);
    if (call === undefined) {
      this.calls.push({ names, hash, running: true, reply: "", bytes: 0, at: 0 });
      return "new";
    }
    if (call.hash !== hash) return "conflict";
    if (call.running) {
      this.joined++;
      return "running";
    }
    this.replayed++;
    return `done ${call.reply}`;
  }

  end(names: string, now: number, reply?: string, bytes = 0): void {
    const call = this.calls.find((each) => each.names === names && each.running);
    if (call === undefined) return;
    this.calls.splice(this.calls.indexOf(call), 1);
    if (reply === undefined) return;
    this.calls = this.calls.filter(({ running, at }) => running || now - at < this.windowMs);
    if (bytes > this.maxBytes) {
      this.evicted++;
      return;
    }
    while (this.keptBytes + bytes > this.maxBytes) {
      this.calls.splice(this.calls.indexOf(this.kept[0]!), 1);
      this.evicted++;
    }
    this.calls.push({ ...call, running: false, reply, bytes, at: now });
  }
}

const shown = (entered: Entered<string, string>) =>
  entered.kind === "done" ? `done ${entered.reply}` : entered.kind;

const names = fc.tuple(
  fc.constantFrom("p", "q"),
  fc.constantFrom("a.B/C", "a.B/D"),
  fc.constantFrom("1", "2", "3", "4"),
);
const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("enter" as const),
      names,
      hash: fc.constantFrom("x", "x", "x", "y"),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant("complete" as const), which: fc.nat(15), bytes: fc.nat(900) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("forget" as const), which: fc.nat(15) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.nat(60) }) },
);

test("a window does what a list that is searched from end to end does", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), fc.integer({ min: 0, max: 2_500 }), (steps, maxBytes) => {
      const window: Window = new ReplyWindow(100, maxBytes);
      const naive = new NaiveWindow(100, maxBytes);
      const begun: { entry: Entry; names: string; waiters: string[] }[] = [];
      let now = 0;
      let replies = 0;
      for (const each of steps) {
        if (each.do === "wait") now += each.ms;
        else if (each.do === "enter") {
          const entered = window.enter(...each.names, each.hash, now);
          const index = each.names.join(" ");
          expect(shown(entered)).toBe(naive.enter(index, each.hash, now));
          if (entered.kind === "new") begun.push({ entry: entered.entry, names: index, waiters: [] });
          if (entered.kind === "running") {
            const waiter = `waiter ${naive.joined}`;
            entered.entry.waiters.add(waiter);
            begun.find(({ entry }) => entry === entered.entry)!.waiters.push(waiter);
          }
        } else {
          const [ended] = begun.splice(each.which, 1);
          if (ended === undefined) continue;
          const { entry, waiters } = ended;
          if (each.do === "forget") {
            expect(window.forget(entry)).toEqual(waiters);
            naive.end(ended.names, now);
            continue;
          }
          const reply = `reply ${replies++}`;
          expect(window.complete(entry, reply, each.bytes, now)).toEqual(waiters);
          naive.end(ended.names, now, reply, each.bytes + ENTRY_BYTES + entry.index.length + 1);
        }
        window.expire(now);
        naive.calls = naive.calls.filter(({ running, at }) => running || now - at < 100);
        expect(window.stats).toEqual({
          running: naive.calls.length - naive.kept.length,
          kept: naive.kept.length,
          keptBytes: naive.keptBytes,
          joined: naive.joined,
          replayed: naive.replayed,
          evicted: naive.evicted,
        });
        expect(window.stats.keptBytes).toBeLessThanOrEqual(maxBytes);
      }
    }),
    { numRuns: 300 },
  );
});
