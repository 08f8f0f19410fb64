import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { Directory } from "../../src/discovery/directory/directory.js";
import { InstanceChanges, type InstanceEvent } from "../../src/discovery/directory/instance-changes.js";
import { type DiscoveringNode, listInstances } from "../../src/discovery/directory/list-instances.js";
import { watchInstances } from "../../src/discovery/directory/watch-instances.js";
import { Code, HeliographError } from "../../src/index.js";
import type { InstanceInfo, InstanceState } from "../../src/naming/instance.js";
import { fakeClock } from "../../src/testing/index.js";
import { CallService } from "../gen/heliograph/test/v1/call_heliograph.js";
import { HandSource } from "../support/hand-source.js";
import { announcementOf, recordingHost } from "../support/resolver-host.js";

const clock = fakeClock();

/** A node that asks one source. */
function nodeWith(source: HandSource): DiscoveringNode & { readonly directory: Directory } {
  const opened = { watch: source.watch.bind(source), close: async () => {} };
  const directory = new Directory([{ name: "fixed", open: () => opened }], recordingHost(clock));
  return { directory, clock };
}

afterEach(async () => {
  await clock.advanceAsync(10_000);
  expect(clock.timers).toBe(0);
});

describe("the list of instances", () => {
  test("is of those that serve a service, by name", async () => {
    const source = new HandSource();
    const list = listInstances(nodeWith(source), CallService);
    expect(source.watched).toEqual([CallService.$service]);
    source.say(of("2", { node: "b" }), of("3", { node: "a", epoch: 2 }), of("1", { node: "a", epoch: 1 }));
    await clock.advanceAsync(0);
    expect((await list).map(({ instance }) => instance)).toEqual(["1", "3", "2"]);
  });

  test("is of all nodes when no service is named", async () => {
    const source = new HandSource();
    const list = listInstances(nodeWith(source));
    expect(source.watched).toEqual([""]);
    source.say();
    await clock.advanceAsync(0);
    expect(await list).toEqual([]);
  });

  test("says why nobody can be asked", async () => {
    const source = new HandSource();
    const list = listInstances(nodeWith(source), CallService).catch((error: unknown) => error);
    source.fail("nobody listens there");
    await clock.advanceAsync(0);
    const error = await list;
    expect(error).toMatchObject({ code: Code.Unavailable, reason: "DISCOVERY_LOST" });
    expect(String(error)).toContain("fixed: nobody listens there");
    const off = listInstances({ directory: new Directory([], recordingHost(clock)), clock });
    off.catch(() => {});
    await clock.advanceAsync(0);
    await expect(off).rejects.toMatchObject({ code: Code.FailedPrecondition, reason: "DISCOVERY_OFF" });
  });

  test("waits for no longer than it was told, or until its signal fires", async () => {
    const node = nodeWith(new HandSource());
    const first = listInstances(node, CallService).catch((error: unknown) => error);
    await clock.advanceAsync(5_000);
    expect(await first).toMatchObject({ code: Code.DeadlineExceeded, reason: "CALL_TIMED_OUT" });
    const second = listInstances(node, CallService, { timeoutMs: 50 }).catch((error: unknown) => error);
    await clock.advanceAsync(50);
    expect(String(await second)).toContain("within 50 ms");
    const abort = new AbortController();
    const third = listInstances(node, CallService, { signal: abort.signal });
    abort.abort();
    await expect(third).rejects.toMatchObject({ code: Code.Cancelled, reason: "CALL_CANCELLED" });
    await expect(listInstances(node, CallService, { signal: abort.signal })).rejects.toMatchObject({
      reason: "CALL_CANCELLED",
    });
  });

  test.each([
    ["no node", [{}, CallService], /the first argument must be a node.*got an object/],
    ["no service", [nodeWith(new HandSource()), {}], /listInstances\(node, GreeterService\)/],
    ["an unknown option", [nodeWith(new HandSource()), CallService, { timeout: 5 }], /no option "timeout"/],
    [
      "no time",
      [nodeWith(new HandSource()), CallService, { timeoutMs: 0 }],
      /timeoutMs must be a positive number, got 0/,
    ],
  ])("refuses %s", async (_name, args, message) => {
    await expect(listInstances(...(args as unknown as Parameters<typeof listInstances>))).rejects.toThrow(
      message,
    );
  });
});

describe("the events of instances", () => {
  test("begin with those that are known, and tell what becomes of each", async () => {
    const source = new HandSource();
    const events = watchInstances(nodeWith(source), CallService);
    const seen: string[] = [];
    const reading = (async () => {
      for await (const { kind, instance } of events)
        seen.push(`${kind} ${instance.instance} ${instance.version}`);
    })();
    const steps: readonly (readonly InstanceInfo[])[] = [
      [of("a"), of("b", { state: "suspect" })],
      [of("a", { version: 2 }), of("b")],
      [of("a", { version: 2, load: load(1) }), of("b", { state: "stalled" })],
      [of("a", { version: 2, load: load(2) }), of("b", { state: "suspect" })],
      [of("a", { version: 2, endpoints: ["tcp://192.0.2.9:1"] }), of("b", { state: "dead" })],
      [of("b")],
      [],
    ];
    for (const step of steps) {
      source.say(...step);
      await clock.advanceAsync(0);
    }
    await events.return?.();
    await reading;
    expect(seen).toEqual([
      "up a 1",
      "suspect b 1",
      "changed a 2",
      "up b 1",
      "stalled b 1",
      "suspect b 1",
      "changed a 2",
      "down b 1",
      "up b 1",
      "down a 2",
      "down b 1",
    ]);
  });

  test("tell one that is dead from one that has left", async () => {
    const source = new HandSource();
    const events = watchInstances(nodeWith(source), CallService);
    source.say(of("a"), of("b"));
    for (const _ of ["a", "b"]) await events.next();
    source.say(of("a", { state: "dead" }));
    const downs = [(await events.next()).value, (await events.next()).value];
    expect(
      downs.map((event) => event && [event.kind, event.instance.instance, event.instance.state]),
    ).toEqual(
      expect.arrayContaining([
        ["down", "a", "dead"],
        ["down", "b", "alive"],
      ]),
    );
    await events.return?.();
  });

  test("tell a slow reader what counts now, and nothing of what came to nothing", async () => {
    const source = new HandSource();
    const events = watchInstances(nodeWith(source), CallService);
    const first = events.next();
    source.say(of("a"));
    await clock.advanceAsync(0);
    expect((await first).value).toMatchObject({ kind: "up" });
    for (let round = 0; round < 1_000; round++) {
      source.say(of("a", { state: "suspect", version: round + 2 }), of(`brief-${round}`));
      await clock.advanceAsync(0);
    }
    source.say(of("a", { version: 5_000 }));
    await clock.advanceAsync(0);
    const second = events.next();
    const third = events.next();
    await clock.advanceAsync(0);
    expect((await second).value).toMatchObject({
      kind: "changed",
      instance: { instance: "a", version: 5_000 },
    });
    source.say();
    await clock.advanceAsync(0);
    expect((await third).value).toMatchObject({ kind: "down", instance: { instance: "a", version: 5_000 } });
    await events.return?.();
  });

  test("go on while nobody can be asked", async () => {
    const source = new HandSource();
    const events = watchInstances(nodeWith(source), CallService);
    const next = events.next();
    source.fail("nobody listens");
    await clock.advanceAsync(60_000);
    source.say(of("a"));
    await clock.advanceAsync(0);
    expect((await next).value).toMatchObject({ kind: "up" });
    await events.return?.();
  });

  test("end with their signal, with the loop, and with the node", async () => {
    const source = new HandSource();
    const node = nodeWith(source);
    const abort = new AbortController();
    const first = watchInstances(node, CallService, { signal: abort.signal });
    const waiting = [first.next(), first.next()];
    abort.abort();
    expect((await Promise.all(waiting)).map(({ done }) => done)).toEqual([true, true]);
    expect((await first.next()).done).toBe(true);
    expect((await watchInstances(node, CallService, { signal: abort.signal }).next()).done).toBe(true);

    source.say(of("a"), of("b"));
    for await (const { kind } of watchInstances(node, CallService)) {
      expect(kind).toBe("up");
      break;
    }
    const last = watchInstances(node, CallService);
    const pending = last
      .next()
      .then(() => last.next())
      .then(() => last.next());
    await clock.advanceAsync(0);
    await node.directory.close();
    expect((await pending).done).toBe(true);
  });

  test("begin nothing before they are read", async () => {
    const source = new HandSource();
    const events = watchInstances(nodeWith(source), CallService);
    await clock.advanceAsync(0);
    expect(source.watched).toEqual([]);
    await events.return?.();
    expect((await events.next()).done).toBe(true);
  });

  test("fail on a node that asks nobody", async () => {
    const events = watchInstances({ directory: new Directory([], recordingHost(clock)), clock });
    const next = events.next();
    next.catch(() => {});
    await clock.advanceAsync(0);
    await expect(next).rejects.toMatchObject({ reason: "DISCOVERY_OFF" });
    expect((await events.next()).done).toBe(true);
  });

  test("refuse what is no node and no option", () => {
    const node = nodeWith(new HandSource());
    expect(() => watchInstances({} as never, CallService)).toThrow(HeliographError);
    expect(() => watchInstances(node, CallService, { timeoutMs: 5 } as never)).toThrow(
      /no option "timeoutMs"/,
    );
  });
});

test("a reader who takes all events knows what there is, whenever it reads", () => {
  const instance = fc.record({
    name: fc.constantFrom("a", "b", "c"),
    state: fc.constantFrom<InstanceState>("alive", "stalled", "suspect", "dead"),
    version: fc.integer({ min: 1, max: 3 }),
  });
  const step = fc.record({
    list: fc.uniqueArray(instance, { selector: ({ name }) => name }),
    reads: fc.nat(3),
  });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const changes = new InstanceChanges();
      const known = new Map<string, InstanceInfo>();
      const take = (event: InstanceEvent | undefined) => {
        if (event === undefined) return false;
        const { kind, instance: info } = event;
        // No event twice, and none of what the reader never heard of.
        if (kind === "down") expect(known.delete(info.instance)).toBe(true);
        else {
          expect(known.get(info.instance)).not.toEqual(info);
          known.set(info.instance, info);
        }
        return true;
      };
      let now: readonly InstanceInfo[] = [];
      for (const { list, reads } of steps) {
        now = list.map(({ name, state, version }) => of(name, { state, version }));
        changes.update(now);
        for (let n = 0; n < reads; n++) take(changes.next());
      }
      while (take(changes.next()));
      const living = now.filter(({ state }) => state !== "dead");
      expect([...known.values()].sort(byInstance)).toEqual([...living].sort(byInstance));
    }),
  );
});

function byInstance(a: InstanceInfo, b: InstanceInfo): number {
  return a.instance < b.instance ? -1 : 1;
}

function of(instance: string, rest: Partial<InstanceInfo> = {}): InstanceInfo {
  const endpoints = [`tcp://192.0.2.1:${5_000 + (instance.codePointAt(0) ?? 0)}`];
  return { ...announcementOf(instance, { endpoints }), state: "alive", load: undefined, ...rest };
}

function load(callsInFlight: number) {
  return { loopLagMs: 0, loopUtilization: 0, callsInFlight, memoryBytes: 0 };
}
