import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ClientCall } from "../../../../src/rpc/client/client-call.js";
import { WaitingCalls } from "../../../../src/rpc/client/waiting-calls.js";
import { Lanes } from "../../../../src/rpc/kept/lanes.js";
import { Assembly, AssemblyRoom } from "../../../../src/rpc/session/assembly.js";
import { CallTable } from "../../../../src/rpc/session/call-table.js";
import { Frame } from "../../../../src/wire/frame.js";

describe("lanes", () => {
  const runnable = (name: string, order: string[], goesOn = true) => ({
    over: false,
    run() {
      order.push(name);
      return goesOn;
    },
  });

  test("run at most so many at a time, the others in order", () => {
    const lanes = new Lanes(2);
    const order: string[] = [];
    for (const name of ["a", "b", "c", "d", "e"]) lanes.enter(runnable(name, order));
    expect(order).toEqual(["a", "b"]);
    lanes.leave();
    expect(order).toEqual(["a", "b", "c"]);
    lanes.leave();
    lanes.leave();
    expect(order).toEqual(["a", "b", "c", "d", "e"]);
  });

  test("are not taken by one that is over at once", () => {
    const lanes = new Lanes(1);
    const order: string[] = [];
    lanes.enter(runnable("a", order, false));
    lanes.enter(runnable("b", order));
    for (const name of ["c", "d"]) lanes.enter(runnable(name, order, false));
    lanes.enter(runnable("e", order));
    lanes.leave();
    expect(order).toEqual(["a", "b", "c", "d", "e"]);
  });

  test("do not keep what is over before it ran, however many there are", () => {
    const lanes = new Lanes(1);
    const order: string[] = [];
    lanes.enter(runnable("first", order));
    const kept = runnable("kept", order);
    lanes.enter(kept);
    for (let i = 0; i < 10_000; i++) {
      const gone = runnable("gone", order);
      lanes.enter(gone);
      gone.over = true;
      lanes.dropped();
    }
    // The only place that shows what is kept.
    expect((lanes as unknown as { waiting: unknown[] }).waiting.length).toBeLessThan(200);
    lanes.leave();
    expect(order[1]).toBe("kept");
  });
});

describe("the table of calls", () => {
  test("does what a Map does", () => {
    type Entry = { readonly id: number; nextInTable: Entry | undefined };
    const step = fc.record({
      kind: fc.constantFrom("add", "remove", "get"),
      id: fc.constantFrom(1, 2, 3, 1025, 1026, 2049, 5000),
    });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const table = new CallTable<Entry>();
        const map = new Map<number, Entry>();
        for (const { kind, id } of steps) {
          const known = map.get(id);
          if (kind === "add" && known === undefined) {
            const entry: Entry = { id, nextInTable: undefined };
            table.add(entry);
            map.set(id, entry);
          } else if (kind === "remove") {
            table.remove(known ?? { id, nextInTable: undefined });
            map.delete(id);
          }
          expect(table.get(id)).toBe(map.get(id));
          expect(table.size).toBe(map.size);
          expect(table.all().sort((a, b) => a.id - b.id)).toEqual(
            [...map.values()].sort((a, b) => a.id - b.id),
          );
        }
      }),
    );
  });
});

describe("waiting calls", () => {
  const call = () =>
    ({ method: { path: "a.B/C" }, request: undefined, waitingBytes: 0 }) as unknown as ClientCall;
  const any = () => true;
  const anywhere = () => undefined;
  const add = (waiting: WaitingCalls, each: ClientCall, bytes: number) => {
    Object.assign(each, { request: Buffer.alloc(bytes), waitingBytes: bytes });
    waiting.add(each);
  };

  test("come out in order, and are bounded in bytes; one alone may be larger", () => {
    const waiting = new WaitingCalls(100, anywhere);
    const [a, b, c] = [call(), call(), call()];
    add(waiting, a, 500);
    expect(() => add(waiting, b, 1)).toThrow(
      expect.objectContaining({ code: 8, reason: "QUEUE_FULL", notProcessed: true }),
    );
    waiting.remove(b);
    waiting.remove(a);
    waiting.remove(a);
    add(waiting, b, 60);
    add(waiting, c, 40);
    expect(waiting.first(any)).toBe(b);
    expect(waiting.all()).toEqual([b, c]);
    waiting.remove(b);
    expect([waiting.first(any), waiting.size]).toEqual([c, 1]);
    add(waiting, a, 60);
  });

  test("come out in order, whichever are removed meanwhile, and after there were none", () => {
    const waiting = new WaitingCalls(100, anywhere);
    const [a, b, c, d] = [call(), call(), call(), call()];
    expect(waiting.first(any)).toBeUndefined();
    for (const each of [a, b, c]) add(waiting, each, 1);
    expect(waiting.first(any)).toBe(a);
    waiting.remove(b);
    waiting.remove(a);
    expect(waiting.first(any)).toBe(c);
    expect(waiting.first(any)).toBe(c);
    waiting.remove(c);
    expect(waiting.first(any)).toBeUndefined();
    add(waiting, d, 1);
    expect(waiting.first(any)).toBe(d);
  });

  test("that don't fit let others pass, and go first once they do", () => {
    const waiting = new WaitingCalls(1_000, anywhere);
    const [a, b, c, d] = [call(), call(), call(), call()];
    for (const [each, bytes] of [
      [a, 200],
      [b, 1],
      [c, 200],
      [d, 1],
    ] as const)
      add(waiting, each, bytes);
    const small = ({ request }: ClientCall) => request !== undefined && request.length < 100;
    expect(waiting.first(small)).toBe(b);
    waiting.remove(b);
    expect(waiting.first(small)).toBe(d);
    expect([waiting.size, waiting.all()]).toEqual([3, [a, c, d]]);
    expect(waiting.first(any)).toBe(a);
    waiting.remove(a);
    expect(waiting.first(any)).toBe(c);
    waiting.remove(c);
    waiting.remove(d);
    expect([waiting.first(any), waiting.size]).toEqual([undefined, 0]);
    add(waiting, a, 1_000);
  });

  test("that don't fit hold up only those of their own lane, also when that changes meanwhile", () => {
    const lanes = new Map<ClientCall, string>();
    const waiting = new WaitingCalls(1_000, (each) => lanes.get(each));
    const [a, b, c, d] = [call(), call(), call(), call()];
    for (const each of [a, b, c, d]) add(waiting, each, 1);
    const asked: ClientCall[] = [];
    const none = (each: ClientCall) => {
      asked.push(each);
      return false;
    };
    expect(waiting.first(none)).toBeUndefined();
    expect(asked.splice(0)).toEqual([a, b, c, d]);
    for (const each of [a, b]) lanes.set(each, "slow");
    expect(waiting.first((each) => !lanes.has(each))).toBe(c);
    expect(waiting.first(none)).toBeUndefined();
    // One of each lane.
    expect(asked).toEqual([c, a]);
    lanes.clear();
    expect(waiting.size).toBe(4);
    for (const _ of [a, b, c, d]) {
      const next = waiting.first(any) ?? expect.fail("one waits");
      waiting.remove(next);
    }
    expect([waiting.first(any), waiting.size]).toEqual([undefined, 0]);
  });

  test("are bounded in number", () => {
    const waiting = new WaitingCalls(1_000_000, anywhere);
    for (let i = 0; i < 65_536; i++) waiting.add(call());
    expect(() => waiting.add(call())).toThrow("65536 calls with 0 bytes already wait");
  });
});

describe("a payload in chunks", () => {
  const chunk = (bytes: string | undefined, more: boolean) => {
    const frame = new Frame();
    frame.clear(Buffer.alloc(0));
    frame.callId = 7;
    frame.more = more;
    if (bytes !== undefined) {
      frame.payload = Buffer.from(`__${bytes}`);
      frame.payloadStart = 2;
      frame.payloadEnd = frame.payload.length;
    }
    return frame;
  };

  test("is whole with its last chunk; empty frames in between do no harm", () => {
    const assembly = new Assembly(6, new AssemblyRoom());
    expect(assembly.add(chunk(undefined, true))).toBeUndefined();
    expect(assembly.add(chunk("abc", true))).toBeUndefined();
    expect(assembly.add(chunk("", true))).toBeUndefined();
    expect(String(assembly.add(chunk("def", false)))).toBe("abcdef");
  });

  test("that is larger or smaller than announced is a fault", () => {
    const room = new AssemblyRoom();
    expect(() => new Assembly(2, room).add(chunk("abc", true))).toThrow(
      "sends more than its payload_size of 2",
    );
    const short = new Assembly(5, room);
    short.add(chunk("abc", true));
    expect(() => short.add(chunk("d", false))).toThrow("ends its payload at 4 of 5 bytes");
    expect(() => new Assembly(5, room).add(chunk(undefined, false))).toThrow("ends its payload at 0 of 5");
  });

  test("takes memory only with its first chunk, and a fifth at a time is refused", () => {
    const room = new AssemblyRoom();
    const assemblies = [1, 2, 3, 4, 5].map(() => new Assembly(6, room));
    for (const each of assemblies) each.add(chunk(undefined, true));
    expect(room.taken).toBe(0);
    for (const each of assemblies.slice(0, 4)) each.add(chunk("abc", true));
    expect(assemblies[4]!.refuses(chunk("abc", true))).toBe(true);
    expect(assemblies[0]!.refuses(chunk("def", false))).toBe(false);
    assemblies[0]!.add(chunk("def", false));
    assemblies[1]!.close();
    assemblies[1]!.close();
    expect([room.taken, assemblies[4]!.refuses(chunk("abc", true))]).toEqual([2, false]);
  });
});
