import { afterEach, describe, expect, test } from "vitest";
import { instanceMessage } from "../../src/discovery/announcement-message.js";
import { registryResolver } from "../../src/discovery/registries/registry-resolver.js";
import type { State } from "../../src/gen/heliograph/discovery/v1/registry.js";
import { type Clock, Code, HeliographError, type Timer } from "../../src/index.js";
import type { Load } from "../../src/naming/instance.js";
import type { OpenResolver } from "../../src/naming/resolver.js";
import { fakeClock, memoryNetwork } from "../../src/testing/index.js";
import { Random } from "../support/random.js";
import { announcementOf, type RecordingHost, recordingHost, watching } from "../support/resolver-host.js";
import { connectorOn, SmallRegistry } from "../support/small-registry.js";

const SERVICE = "example.v1.GreeterService";
const ENDPOINT = "memory://registry";

const clock = fakeClock();
const owned: (() => Promise<void>)[] = [];

afterEach(async () => {
  const closing = Promise.all(
    owned
      .splice(0)
      .reverse()
      .map((close) => close()),
  );
  await clock.advanceAsync(5_000);
  await closing;
  expect(clock.timers).toBe(0);
});

interface Setup {
  readonly registry: SmallRegistry;
  readonly host: RecordingHost;
  readonly resolver: Required<OpenResolver>;
}

/** A registry, and a node that knows of it. */
async function setUp({
  started = true,
  load = undefined as (() => Load) | undefined,
  of = clock as Clock,
  random = seeded(),
} = {}): Promise<Setup> {
  const network = memoryNetwork();
  const registry = new SmallRegistry(network, clock);
  if (started) await registry.start();
  const host = recordingHost(of, load);
  const resolver = registryResolver({
    endpoint: ENDPOINT,
    connector: connectorOn(network, clock),
    random,
  }).open(host) as Required<OpenResolver>;
  owned.push(
    () => registry.stop(),
    () => resolver.close(),
  );
  return { registry, host, resolver };
}

/** What becomes of a promise, once all that is under way has happened. */
async function outcome(promise: Promise<unknown>, ms = 0): Promise<unknown> {
  let result: unknown = "pending";
  promise.then(
    (value) => {
      result = value ?? "done";
    },
    (error) => {
      result = error;
    },
  );
  await clock.advanceAsync(ms);
  return result;
}

describe("a registration", () => {
  test("resolves once the registry has answered, and says then how the node is, at the granted interval without drift", async () => {
    let calls = 0;
    const { registry, resolver } = await setUp({
      load: () => ({ loopLagMs: 1, loopUtilization: 0.5, callsInFlight: ++calls, memoryBytes: 9 }),
    });
    registry.heartbeatMs = 400;
    expect(await outcome(resolver.announce(announcementOf("a")))).toBe("done");
    await clock.advanceAsync(4_000);
    const { announcements, heartbeats } = registry.last;
    expect(announcements).toMatchObject([{ instance: "a", version: 1n, node: "greeter" }]);
    expect(heartbeats).toHaveLength(10);
    expect(heartbeats.map(({ load }) => load.callsInFlight)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    const [first] = heartbeats;
    expect(heartbeats.map(({ at }) => Math.round((at - first!.at) / 400))).toEqual([...heartbeats.keys()]);
    for (const [n, { at }] of heartbeats.entries()) expect(at - first!.at).toBeCloseTo(n * 400, 6);
  });

  test.each([0, 0.26, 0.27, 0.999])(
    "spreads the heartbeats of nodes that registered in the same moment, over 20 moments: %d of an interval later",
    async (random) => {
      const { registry, resolver } = await setUp({ random: () => random });
      clock.advance(17);
      const startedAt = clock.now();
      const ofInterval = () => Math.round(clock.wallUs() / 1_000) % 1_000;
      const first = (Math.floor((ofInterval() + random * 1_000) / 50) + 1) * 50 - ofInterval();
      await outcome(resolver.announce(announcementOf("a")), first + 1_000);
      const heartbeats = registry.last.heartbeats.map(({ at }) => Math.round(at - startedAt));
      expect(heartbeats).toEqual([first, first + 1_000]);
    },
  );

  test("says one heartbeat after a time in which the loop was blocked, and goes on at its old times", async () => {
    let blockedMs = 0;
    const jumping = { ...clockOf(clock), now: () => clock.now() + blockedMs };
    const { registry, resolver } = await setUp({ of: jumping });
    await outcome(resolver.announce(announcementOf("a")), 3_500);
    const { heartbeats } = registry.last;
    heartbeats.length = 0;
    blockedMs = 10_300;
    await clock.advanceAsync(3_000);
    // The one that is due comes 10,300 ms late by the clock of the node: 700 ms before the next is.
    const gaps = heartbeats.slice(1).map(({ at }, n) => Math.round(at - (heartbeats[n]?.at ?? 0)));
    expect(gaps).toEqual([700, 1_000]);
  });

  test("says one heartbeat in each interval with timers that fire a little early, as those of the system do", async () => {
    const early = { ...clockOf(clock), now: () => clock.now(), after: afterWhole };
    const { registry, resolver } = await setUp({ of: early, random: () => 0.2507 });
    await outcome(resolver.announce(announcementOf("a")), 10_000);
    expect(registry.last.heartbeats).toHaveLength(10);
  });

  test("announces anew over the same stream, the last of what was said meanwhile", async () => {
    const { registry, resolver } = await setUp();
    await outcome(resolver.announce(announcementOf("a")));
    const second = resolver.announce(announcementOf("a", { version: 2 }));
    const third = resolver.announce(announcementOf("a", { version: 3, labels: { zone: "eu-2" } }));
    expect(await outcome(Promise.all([second, third]))).toHaveLength(2);
    expect(registry.registrations).toHaveLength(1);
    expect(registry.last.announcements.map(({ version }) => version)).toEqual([1n, 3n]);
    expect(registry.last.announcements[1]?.labels.get("zone")).toBe("eu-2");
  });

  test("waits for no answer to what the registry has confirmed already", async () => {
    const { resolver, host } = await setUp();
    await outcome(resolver.announce(announcementOf("a")));
    expect(await outcome(resolver.announce(announcementOf("a")), 10_000)).toBe("done");
    expect(host.told).toEqual([]);
  });

  test("leaves by half-close", async () => {
    const { registry, resolver, host } = await setUp();
    await outcome(resolver.announce(announcementOf("a")));
    expect(await outcome(resolver.withdraw())).toBe("done");
    expect(registry.last.end).toBe("left");
    expect(registry.instances).toEqual([]);
    await clock.advanceAsync(10_000);
    expect(registry.registrations).toHaveLength(1);
    expect(host.told).toEqual([]);
  });

  test("can be made again after it was ended", async () => {
    const { registry, resolver } = await setUp();
    await outcome(resolver.announce(announcementOf("a")));
    await outcome(resolver.withdraw());
    expect(await outcome(resolver.announce(announcementOf("a", { version: 2 })))).toBe("done");
    expect(registry.instances).toEqual(["a"]);
  });

  test("fails for now when nobody is there, and is made as soon as somebody is", async () => {
    const { registry, resolver, host } = await setUp({ started: false });
    const error = await outcome(resolver.announce(announcementOf("a")));
    expect(error).toMatchObject({ code: Code.Unavailable, reason: "NO_INSTANCE" });
    expect(String(error)).toContain("the registry at memory://registry can't be reached: nobody listens at");
    // Known already.
    expect(await outcome(resolver.announce(announcementOf("a", { version: 2 })))).toBeInstanceOf(
      HeliographError,
    );
    await clock.advanceAsync(60_000);
    expect(host.told).toEqual(["lost"]);
    await registry.start();
    await clock.advanceAsync(1_000);
    expect(registry.instances).toEqual(["a"]);
    expect(registry.last.announcements).toMatchObject([{ version: 2n }]);
    expect(host.told).toEqual(["lost", "back"]);
  });

  test("is made again at once when the stream breaks, and within an interval when the registry was away", async () => {
    const { registry, resolver, host } = await setUp();
    await outcome(resolver.announce(announcementOf("a")), 5_000);
    registry.cut();
    await clock.advanceAsync(0);
    expect(registry.registrations.map(({ end }) => end)).toEqual(["broke", undefined]);
    await clock.advanceAsync(5_000);
    await registry.restart();
    await clock.advanceAsync(100);
    expect(registry.instances).toEqual(["a"]);
    expect(host.told).toEqual([]);

    await clock.advanceAsync(5_000);
    await registry.stop();
    await clock.advanceAsync(60_000);
    expect(host.told).toEqual(["lost"]);
    registry.begin();
    await registry.start();
    await clock.advanceAsync(1_000);
    expect(registry.instances).toEqual(["a"]);
    expect(host.told).toEqual(["lost", "back"]);
    expect(registry.registrations.map(({ end }) => end)).toEqual(["broke", "broke", "broke", undefined]);
  });

  test("tries a registry that is away no more often than it would say something", async () => {
    const network = memoryNetwork();
    let dials = 0;
    const connector = connectorOn(network, clock);
    const host = recordingHost(clock);
    const resolver = registryResolver({
      endpoint: ENDPOINT,
      connector: {
        connect: (endpoint) => {
          dials++;
          return connector.connect(endpoint);
        },
      },
    }).open(host) as Required<OpenResolver>;
    owned.push(() => resolver.close());
    await outcome(resolver.announce(announcementOf("a")), 5_000);
    dials = 0;
    await clock.advanceAsync(60_000);
    expect(dials).toBeGreaterThanOrEqual(59);
    expect(dials).toBeLessThanOrEqual(121);
  });

  test("is told late when a registry doesn't answer, and counts once it does", async () => {
    const { registry, resolver, host } = await setUp();
    registry.mute = true;
    const announced = resolver.announce(announcementOf("a"));
    expect(await outcome(announced, 4_999)).toBe("pending");
    expect(await outcome(announced, 1)).toMatchObject({
      code: Code.DeadlineExceeded,
      rawMessage: expect.stringContaining("overloaded, or hangs"),
    });
    expect(host.told).toEqual(["lost"]);
    registry.mute = false;
    resolver.announce(announcementOf("a", { version: 2 })).catch(() => {});
    await clock.advanceAsync(0);
    expect(host.told).toEqual(["lost", "back"]);
    expect(registry.registrations).toHaveLength(1);
  });

  test("is not told late when this process could not read the answer", async () => {
    let blockedMs = 0;
    const of = { ...clockOf(clock), now: () => clock.now() + blockedMs };
    const { registry, resolver, host } = await setUp({ of });
    registry.mute = true;
    const announced = resolver.announce(announcementOf("a"));
    expect(await outcome(announced, 4_999)).toBe("pending");
    // The loop goes on two seconds too late: first its timers, then what was received.
    blockedMs = 2_000;
    expect(await outcome(announced, 2_000)).toBe("pending");
    expect(host.told).toEqual([]);
    expect(await outcome(announced, 1)).toMatchObject({ code: Code.DeadlineExceeded });
  });

  test("that is refused is tried again, ever more rarely, and at once with something else to say", async () => {
    const { registry, resolver, host } = await setUp();
    registry.refusal = new HeliographError(Code.InvalidArgument, "too many labels", {
      reason: "REGISTRATION_REFUSED",
    });
    const error = await outcome(resolver.announce(announcementOf("a")));
    expect(error).toMatchObject({ code: Code.InvalidArgument, reason: "REGISTRATION_REFUSED" });
    expect(String(error)).toContain("too many labels");
    expect(host.told).toEqual(["lost"]);
    expect(await outcome(resolver.announce(announcementOf("a", { version: 2 })))).toMatchObject({
      code: Code.InvalidArgument,
    });
    const seen = watching(resolver, SERVICE);
    await clock.advanceAsync(60_000);
    registry.set(instance("b"));
    await clock.advanceAsync(0);
    expect(seen.lists.at(-1)).toEqual(["b"]);
    // Asked it can be; but the node is not registered.
    expect(host.told).toEqual(["lost"]);
    registry.refusal = undefined;
    expect(await outcome(resolver.announce(announcementOf("a", { version: 3 })))).toBe("done");
    expect(host.told).toEqual(["lost", "back"]);
  });

  test("with a registry that asks for no interval, or for a senseless one, keeps to reason", async () => {
    for (const [granted, least, most] of [
      [0, 9, 11],
      [1, 900, 1_100],
      [4_000_000_000, 0, 1],
    ] as const) {
      const { registry, resolver } = await setUp();
      registry.heartbeatMs = granted;
      await outcome(resolver.announce(announcementOf("a")), 10_000);
      expect(registry.last.heartbeats.length).toBeGreaterThanOrEqual(least);
      expect(registry.last.heartbeats.length).toBeLessThanOrEqual(most);
    }
  });

  test("ends with the resolver, whatever the registry does", async () => {
    const { registry, resolver } = await setUp();
    registry.mute = true;
    const announced = outcome(resolver.announce(announcementOf("a")));
    await announced;
    const pending = outcome(resolver.announce(announcementOf("a", { version: 2 })));
    await resolver.close();
    await pending;
    await clock.advanceAsync(0);
    expect(registry.last.end).toBe("broke");
  });
});

describe("a watch of a registry", () => {
  test("tells what is known, then each change, to all who watch over one stream", async () => {
    const { registry, resolver } = await setUp();
    registry.set(instance("a"), instance("b"), instance("x", { services: [] }));
    const one = watching(resolver, SERVICE);
    const two = watching(resolver, SERVICE);
    await clock.advanceAsync(0);
    expect(one.lists).toEqual([["a", "b"]]);
    expect(two.lists).toEqual([["a", "b"]]);
    registry.forget("a");
    registry.set(instance("c"));
    const three = watching(resolver, SERVICE);
    await clock.advanceAsync(0);
    expect(one.lists.at(-1)).toEqual(["b", "c"]);
    expect(three.lists.at(-1)).toEqual(["b", "c"]);
    expect(registry.watches).toHaveLength(1);
    one.end();
    two.end();
    registry.forget("b");
    await clock.advanceAsync(0);
    expect(one.lists.at(-1)).toEqual(["b", "c"]);
    expect(three.lists.at(-1)).toEqual(["c"]);
  });

  test("of all nodes has those without services, too", async () => {
    const { registry, resolver } = await setUp();
    registry.set(instance("a"), instance("x", { services: [] }));
    const all = watching(resolver, "");
    await clock.advanceAsync(0);
    expect(all.lists).toEqual([["a", "x"]]);
  });

  test("tells nobody from within the call that begins it", async () => {
    const { registry, resolver } = await setUp();
    registry.set(instance("a"));
    watching(resolver, SERVICE);
    await clock.advanceAsync(0);
    const second = watching(resolver, SERVICE);
    expect(second.lists).toEqual([]);
    await clock.advanceAsync(0);
    expect(second.lists).toEqual([["a"]]);
  });

  test("keeps what it knows when the registry is lost, says so once, and goes on where it stopped", async () => {
    const { registry, resolver, host } = await setUp();
    registry.set(instance("a"));
    const seen = watching(resolver, SERVICE);
    await clock.advanceAsync(1_000);
    await registry.stop();
    await clock.advanceAsync(60_000);
    expect(seen.lists).toEqual([["a"]]);
    expect(seen.failures).toHaveLength(1);
    const late = watching(resolver, SERVICE);
    await clock.advanceAsync(0);
    expect(late.lists).toEqual([["a"]]);
    expect(late.failures).toHaveLength(1);
    await registry.start();
    await clock.advanceAsync(1_000);
    expect(registry.watches.map(({ epoch }) => epoch)).toEqual([0n, 1n]);
    expect(registry.watches.at(-1)?.revision).toBeGreaterThan(0n);
    // Also without any change: it can be asked again.
    expect(seen.lists).toEqual([["a"], ["a"]]);
    expect(host.told).toEqual(["lost", "back"]);
  });

  test("loses no living instance to a registry that begins with nothing, and keeps no dead one once it is complete", async () => {
    const { registry, resolver } = await setUp();
    registry.set(instance("a"), instance("b"), instance("gone"));
    const seen = watching(resolver, SERVICE);
    await clock.advanceAsync(1_000);
    await registry.restart();
    await clock.advanceAsync(500);
    registry.set(instance("b"));
    await clock.advanceAsync(500);
    registry.set(instance("a"), instance("new"));
    await clock.advanceAsync(500);
    for (const list of seen.lists) expect(list).toEqual(expect.arrayContaining(["a", "b", "gone"]));
    expect(seen.lists.at(-1)).toEqual(["a", "b", "gone", "new"]);
    registry.complete = true;
    registry.changed();
    await clock.advanceAsync(0);
    expect(seen.lists.at(-1)).toEqual(["a", "b", "new"]);
    expect(seen.failures).toEqual([]);
  });

  test("survives a registry that restarts again before it is complete", async () => {
    const { registry, resolver } = await setUp();
    registry.set(instance("a"), instance("b"));
    const seen = watching(resolver, SERVICE);
    await clock.advanceAsync(1_000);
    for (let life = 0; life < 3; life++) {
      await registry.restart();
      await clock.advanceAsync(500);
      registry.set(instance(`new-${life}`));
      await clock.advanceAsync(500);
    }
    expect(seen.lists.at(-1)).toEqual(["a", "b", "new-0", "new-1", "new-2"]);
    registry.complete = true;
    registry.changed();
    await clock.advanceAsync(0);
    expect(seen.lists.at(-1)).toEqual(["new-2"]);
  });

  test("passes over instances that make no sense, and takes the others", async () => {
    const { registry, resolver, host } = await setUp();
    registry.set(
      instance("a"),
      instance(""),
      { ...instance("no-state"), state: 77 as State },
      { ...instance("nothing"), announcement: undefined },
      instance("b"),
    );
    const seen = watching(resolver, SERVICE);
    await clock.advanceAsync(0);
    expect(seen.lists).toEqual([["a", "b"]]);
    expect(host.warnings.filter((text) => text.includes("passed over"))).toHaveLength(1);
  });

  test.each([
    ["without saying which registry it is", { registry: undefined, snapshot: true }],
    ["with changes before there was a list", { snapshot: false }],
    ["with changes of another life", { registry: info(9n, 1n), snapshot: false }],
  ])("that answers %s counts as lost, and is asked for everything after a while", async (_name, nonsense) => {
    const { registry, resolver, host } = await setUp();
    registry.script = () => [nonsense];
    const seen = watching(resolver, SERVICE);
    await clock.advanceAsync(100);
    expect(seen.lists).toEqual([]);
    expect(seen.failures).toMatchObject([{ code: Code.Internal, reason: "MALFORMED_MESSAGE" }]);
    expect(host.told).toEqual(["lost"]);
    expect(registry.watches).toHaveLength(1);
    registry.script = undefined;
    registry.set(instance("a"));
    await clock.advanceAsync(1_000);
    expect(seen.lists).toEqual([["a"]]);
    expect(host.told).toEqual(["lost", "back"]);
    expect(registry.watches.map(({ epoch }) => epoch)).toEqual([0n, 0n]);
  });

  test("that goes back in time keeps what was known, and breaks no registration", async () => {
    const { registry, resolver } = await setUp();
    registry.script = () => [
      { registry: info(1n, 9n), snapshot: true, changed: [instance("a")] },
      { registry: info(1n, 3n), removed: ["a"] },
    ];
    await outcome(resolver.announce(announcementOf("me")));
    const seen = watching(resolver, SERVICE);
    await clock.advanceAsync(10_000);
    expect(seen.lists.at(-1)).toEqual(["a"]);
    expect(registry.watches.length).toBeGreaterThan(1);
    for (const { epoch } of registry.watches) expect(epoch).toBe(0n);
    expect(registry.registrations).toHaveLength(1);
    expect(registry.last.heartbeats.length).toBeGreaterThanOrEqual(9);
  });

  test("drops an instance that no longer serves what is watched", async () => {
    const { registry, resolver } = await setUp();
    registry.script = () => [
      { registry: info(1n, 1n), snapshot: true, changed: [instance("a"), instance("b")] },
      { registry: info(1n, 2n), changed: [instance("a", { services: [] })] },
    ];
    const seen = watching(resolver, SERVICE);
    await clock.advanceAsync(0);
    expect(seen.lists.at(-1)).toEqual(["b"]);
  });

  test("that arrives in parts takes nothing away in between", async () => {
    const { registry, resolver } = await setUp();
    registry.script = () => [
      { registry: info(1n, 1n), snapshot: true, changed: [instance("a"), instance("b")] },
      { registry: info(1n, 5n, false), snapshot: true, changed: [instance("c")] },
    ];
    const seen = watching(resolver, SERVICE);
    await clock.advanceAsync(0);
    expect(seen.lists.at(-1)).toEqual(["a", "b", "c"]);
  });

  test("leaves nothing behind when nobody watches", async () => {
    const { registry, resolver } = await setUp();
    registry.set(instance("a"));
    const timers = clock.timers;
    const seen = watching(resolver, SERVICE);
    await clock.advanceAsync(0);
    expect(seen.lists).toHaveLength(1);
    seen.end();
    await clock.advanceAsync(2_000);
    expect(clock.timers).toBe(timers);
  });

  test("is ended by close, without a word to those who listen", async () => {
    const { registry, resolver } = await setUp();
    const seen = watching(resolver, SERVICE);
    await clock.advanceAsync(0);
    registry.set(instance("a"));
    await resolver.close();
    await clock.advanceAsync(10_000);
    expect(seen.lists).toEqual([[]]);
    expect(seen.failures).toEqual([]);
    expect(resolver.close()).toBe(resolver.close());
  });
});

function instance(name: string, rest: Parameters<typeof announcementOf>[1] = {}) {
  return instanceMessage({ ...announcementOf(name, rest), state: "alive", load: undefined }, 0);
}

function clockOf({ wallUs, after }: Clock): Omit<Clock, "now"> {
  return { wallUs: wallUs.bind(clock), after: after.bind(clock) };
}

/** As Node cuts fractions of a millisecond off. */
function afterWhole(ms: number, fn: () => void): Timer {
  return clock.after(Math.max(1, Math.trunc(ms)), fn);
}

function info(epoch: bigint, revision: bigint, complete = true) {
  return { instance: "registry", epoch, revision, complete };
}

function seeded(): () => number {
  const random = new Random(7);
  return () => random.next();
}
