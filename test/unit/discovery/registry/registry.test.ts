import { describe, expect, test } from "vitest";
import { Code } from "../../../../src/core/code.js";
import { Registry } from "../../../../src/discovery/registry/registry.js";
import type { RegisteredInstance } from "../../../../src/discovery/registry/registry-instance.js";
import { type RegistryLimits, registryLimits } from "../../../../src/discovery/registry-limits.js";
import type { Announcement } from "../../../../src/naming/instance.js";
import { announced } from "../../../support/announcements.js";
import { busy, serving } from "../announcements.js";

const GREETER = "test.Greeter";
const MINUTE = 60_000;

function setUp(limits: Partial<RegistryLimits> = {}, heartbeatMs = 1_000) {
  const registry = new Registry(77, heartbeatMs, 0, { ...registryLimits, ...limits });
  const stream = (instance: string) => ({ instance });
  const announce = (instance: string, now: number, part: Partial<Announcement> = {}) => {
    const holder = stream(instance);
    return { holder, registered: registry.announce(announced(instance, part), holder, now) };
  };
  const states = () =>
    Object.fromEntries([...registry.members("")].map(({ id, state }) => [id, state] as const));
  const watch = (service = "", until = { epoch: 0, revision: 0 }) => {
    let wakes = 0;
    const watcher = registry.watch(service, until, () => wakes++);
    return {
      watcher,
      woken: () => wakes,
      take: () => {
        const { changed, removed, ...rest } = watcher.take();
        const told = changed.map(({ id, state }) => `${id} ${state}`);
        return { ...rest, told: [...told, ...removed.map((id) => `${id} gone`)] };
      },
    };
  };
  return { registry, announce, states, watch, stream };
}

function refused(code: Code, text: RegExp) {
  return expect.objectContaining({
    code,
    reason: "REGISTRATION_REFUSED",
    message: expect.stringMatching(text),
  });
}

describe("an instance at a registry", () => {
  test("is alive while it is heard, suspect after 2 intervals of silence, dead after 3", () => {
    const { registry, announce, states } = setUp();
    const { holder, registered } = announce("a", 0);
    registry.heartbeat(registered, holder, busy, 900);
    const seen = [2_899, 2_900, 3_899, 3_900].map((at) => {
      registry.tick(at);
      return states()["a"];
    });
    expect(seen).toEqual(["alive", "suspect", "suspect", "dead"]);
    expect(registered.load).toEqual(busy);
  });

  test("keeps the load that it told last", () => {
    const { registry, announce } = setUp();
    const { holder, registered } = announce("a", 0);
    registry.heartbeat(registered, holder, busy, 900);
    registry.heartbeat(registered, holder, undefined, 1_900);
    expect(registered.load).toEqual(busy);
  });

  test.each([1_000, 2_500, 3_500, 5 * MINUTE])("is alive again when it is heard after %d ms", (at) => {
    const { registry, announce, states } = setUp();
    const { holder, registered } = announce("a", 0);
    registry.tick(at);
    registry.heartbeat(registered, holder, busy, at);
    expect(states()).toEqual({ a: "alive" });
    registry.tick(at + 2_000);
    expect(states()).toEqual({ a: "suspect" });
  });

  test("is suspect at once when its stream breaks, and alive again when it announces itself anew", () => {
    const { registry, announce, states } = setUp();
    const { holder, registered } = announce("a", 0);
    registry.broke(registered, holder, 500);
    expect(states()).toEqual({ a: "suspect" });
    announce("a", 700);
    expect(states()).toEqual({ a: "alive" });
    registry.tick(2_699);
    expect(states()).toEqual({ a: "alive" });
  });

  test("is looked at in time when it is silent again soon after it has come back", () => {
    const { registry, announce, states } = setUp();
    const { holder, registered } = announce("a", 0);
    registry.tick(1_500);
    registry.probed(registered, true, 1_900);
    registry.broke(registered, holder, 1_950);
    registry.tick(registry.nextLookAt);
    announce("a", 2_050);
    registry.tick(registry.nextLookAt);
    expect(registry.nextLookAt).toBeLessThanOrEqual(4_050);
    registry.tick(4_050);
    expect(states()).toEqual({ a: "suspect" });
  });

  test("is not suspect when a stream breaks that it has replaced", () => {
    const { registry, announce, states } = setUp();
    const old = announce("a", 0);
    announce("a", 500);
    registry.broke(old.registered, old.holder, 600);
    registry.left(old.registered, old.holder);
    expect(states()).toEqual({ a: "alive" });
    expect(() => registry.heartbeat(old.registered, old.holder, busy, 700)).toThrow(
      refused(Code.Aborted, /greeter \(a\) has registered on another stream/),
    );
  });

  test("is gone at once when it leaves", () => {
    const { registry, announce, states } = setUp();
    const { holder, registered } = announce("a", 0);
    registry.left(registered, holder);
    expect(states()).toEqual({});
    expect([...registry.members(GREETER)]).toEqual([]);
  });

  test("stays listed as dead for ten minutes, then has to announce itself anew", () => {
    const { registry, announce, states } = setUp();
    const { holder, registered } = announce("a", 0);
    registry.tick(3_000);
    registry.tick(10 * MINUTE + 2_999);
    expect(states()).toEqual({ a: "dead" });
    registry.tick(10 * MINUTE + 3_000);
    expect(states()).toEqual({});
    expect(() => registry.heartbeat(registered, holder, busy, 11 * MINUTE)).toThrow(
      refused(Code.NotFound, /greeter \(a\) is not registered any more: announce it again/),
    );
  });
});

describe("an instance that was taken for dead", () => {
  test("is not forgotten once it has come back", () => {
    const { registry, announce, states } = setUp();
    const { holder, registered } = announce("a", 0);
    registry.tick(3_000);
    for (let at = 3_500; at <= 11 * MINUTE; at += 1_000) {
      registry.heartbeat(registered, holder, busy, at);
      registry.tick(at);
    }
    expect(states()).toEqual({ a: "alive" });
  });

  test("makes no room for others once it has come back", () => {
    const { registry, announce, states } = setUp({ dead: 1, instances: 2 });
    const { holder, registered } = announce("a", 0);
    registry.tick(3_000);
    registry.heartbeat(registered, holder, busy, 3_000);
    announce("b", 3_000);
    expect(() => announce("c", 3_000)).toThrow(/full/);
    expect(states()).toEqual({ a: "alive", b: "alive" });
  });
});

describe("announcements of one instance", () => {
  const newest = { epoch: 1_000, version: 5 };
  const cases: [string, Partial<Announcement>, boolean][] = [
    ["of a newer epoch", { epoch: 1_001, version: 1 }, true],
    ["of a newer version", { epoch: 1_000, version: 6 }, true],
    ["of an older version", { epoch: 1_000, version: 4 }, false],
    ["of an older epoch", { epoch: 999, version: 9 }, false],
  ];

  test.each(cases)("%s: the newest counts", (_, part, taken) => {
    const { registry, announce } = setUp();
    announce("a", 0, newest);
    const again = () => announce("a", 1, { ...part, labels: { is: "later" } });
    if (taken) again();
    else expect(again).toThrow(refused(Code.AlreadyExists, /greeter \(a\) is there with epoch 1000/));
    expect(registry.get("a")?.announcement.labels).toEqual(taken ? { is: "later" } : {});
    expect(registry.revision).toBe(taken ? 2 : 1);
  });

  test("that say the same again change nothing, and are a sign of life", () => {
    const { registry, announce, states } = setUp();
    announce("a", 0, newest);
    announce("a", 1_500, newest);
    expect(registry.revision).toBe(1);
    registry.tick(3_499);
    expect(states()).toEqual({ a: "alive" });
  });

  test("are taken though they are older, once the newer life is over: its clock was set back", () => {
    const broken = setUp();
    const { holder, registered } = broken.announce("a", 0, newest);
    broken.registry.broke(registered, holder, 10);
    broken.announce("a", 20, { epoch: 500, version: 1 });
    expect(broken.registry.get("a")?.announcement.epoch).toBe(500);
    const silent = setUp();
    silent.announce("a", 0, newest);
    silent.registry.tick(3_000);
    silent.announce("a", 3_001, { epoch: 500, version: 1 });
    expect(silent.states()).toEqual({ a: "alive" });
  });

  test("move it from service to service", () => {
    const { registry, announce } = setUp();
    announce("a", 0, serving("A", "B"));
    announce("a", 1, { version: 2, ...serving("B", "C") });
    const of = (service: string) => [...registry.members(service)].map(({ id }) => id);
    expect([of("A"), of("B"), of("C")]).toEqual([[], ["a"], ["a"]]);
  });

  test("of two nodes with one name are of two instances", () => {
    const { announce, states } = setUp();
    announce("a", 0, { node: "twin" });
    announce("b", 0, { node: "twin" });
    expect(states()).toEqual({ a: "alive", b: "alive" });
  });
});

describe("an endpoint that was announced by another instance before", () => {
  const same = { endpoints: ["tcp://10.0.0.7:5"] };

  function withOlder(state: "alive" | "stalled" | "suspect" | "dead") {
    const set = setUp();
    const { registry, announce } = set;
    const { holder, registered } = announce("old", 0, same);
    if (state === "suspect") registry.broke(registered, holder, 100);
    if (state === "dead") registry.tick(3_000);
    if (state === "stalled") {
      registry.tick(1_500);
      registry.probed(registered, true, 1_501);
    }
    expect(registered.state).toBe(state);
    return { ...set, registered, holder };
  }

  test.each(["stalled", "suspect", "dead"] as const)(
    "takes away one that is %s: it is surely gone",
    (state) => {
      const { announce, states } = withOlder(state);
      announce("new", 3_100, { ...same, epoch: 2_000 });
      expect(states()).toEqual({ new: "alive" });
    },
  );

  test("takes it away although its own clock was set back", () => {
    const { announce, states } = withOlder("suspect");
    announce("new", 200, { ...same, epoch: 1 });
    expect(states()).toEqual({ new: "alive" });
  });

  test("leaves one that is alive to prove it, and its link is not probed any more", () => {
    const { registry, announce, states, registered, holder } = withOlder("alive");
    const young = announce("new", 100, same);
    registry.heartbeat(registered, holder, busy, 900);
    expect(states()).toEqual({ old: "alive", new: "alive" });
    // What answers there is the other one: nothing of this makes it stalled.
    expect(registry.tick(1_600).map(({ registered: { id } }) => id)).toEqual(["new"]);
    registry.heartbeat(young.registered, young.holder, busy, 1_650);
    expect(registry.tick(2_899)).toEqual([]);
    registry.tick(2_900);
    expect(states()).toEqual({ old: "suspect", new: "alive" });
  });

  test("stays with the younger one when the older one announces itself anew", () => {
    const { registry, announce } = withOlder("alive");
    announce("new", 100, same);
    announce("old", 200, { ...same, version: 2 });
    const probed = registry.tick(1_900).map(({ registered: { id } }) => id);
    expect(probed).toEqual(["new"]);
  });

  test("is free again when its instance leaves it", () => {
    const { registry, announce, states } = setUp();
    announce("a", 0, same);
    announce("a", 1, { version: 2, endpoints: [] });
    registry.tick(2_500);
    announce("b", 2_600, same);
    expect(states()).toEqual({ a: "suspect", b: "alive" });
  });

  test.each([
    ["on another host", { host: "there" }],
    ["nobody knows on which host", { host: "", endpoints: ["ipc:///run/a.sock"] }],
  ])("%s is another one", (_, part) => {
    const { registry, announce, states } = setUp();
    const { holder, registered } = announce("a", 0, { ...same, ...part });
    registry.broke(registered, holder, 1);
    announce("b", 2, { ...same, ...part, host: part.host === "" ? "" : "here" });
    expect(states()).toEqual({ a: "suspect", b: "alive" });
  });
});

describe("a registry probes", () => {
  const probedAt = (
    registry: Registry,
    times: readonly number[],
    answer: (r: RegisteredInstance, at: number) => void,
  ) =>
    times.filter((at) => {
      const wanted = registry.tick(at);
      for (const { registered } of wanted) answer(registered, at);
      return wanted.length > 0;
    });
  const times = Array.from({ length: 500 }, (_, index) => index * 10);

  test("what was silent for 1.5 intervals, twice in each interval, until it is dead", () => {
    const { registry, announce } = setUp();
    announce("a", 0);
    const probed = probedAt(registry, times, (registered, at) => registry.probed(registered, false, at + 5));
    expect(probed).toEqual([1_500, 2_000, 2_500]);
  });

  test("what is stalled for as long as it answers, and says so at once", () => {
    const { registry, announce, states } = setUp();
    announce("a", 0);
    const probed = probedAt(registry, times, (registered, at) => {
      registry.probed(registered, true, at);
      expect(states()).toEqual({ a: "stalled" });
    });
    expect(probed).toEqual([1_500, 2_000, 2_500, 3_000, 3_500, 4_000, 4_500]);
    expect(registry.revision).toBe(2);
  });

  test("nothing anew while its probe is under way", () => {
    const { registry, announce } = setUp();
    announce("a", 0);
    expect(probedAt(registry, times, () => {})).toEqual([1_500]);
  });

  test("all of its endpoints, and nothing without any", () => {
    const { registry, announce } = setUp();
    announce("a", 0, { endpoints: ["ipc:///a", "tcp://10.0.0.7:5"] });
    announce("b", 0, { endpoints: [] });
    expect(registry.tick(1_500).map(({ endpoints }) => endpoints)).toEqual([
      ["ipc:///a", "tcp://10.0.0.7:5"],
    ]);
  });

  test("not what broke; an answer that comes after its end changes nothing", () => {
    const { registry, announce, states } = setUp();
    const { holder, registered } = announce("a", 0);
    registry.broke(registered, holder, 100);
    expect(probedAt(registry, times, () => {})).toEqual([]);
    registry.probed(registered, true, 5_000);
    expect(states()).toEqual({ a: "dead" });
    const b = announce("b", 5_000);
    registry.tick(6_500);
    registry.left(b.registered, b.holder);
    registry.probed(b.registered, true, 6_600);
    expect(states()).toEqual({ a: "dead" });
  });
});

describe("a registry that did not look", () => {
  test("takes nobody for dead whom it could not hear", () => {
    const { registry, announce, states } = setUp();
    const a = announce("a", 0);
    announce("b", 900);
    // Both have said something meanwhile, and only one was read.
    registry.heartbeat(a.registered, a.holder, busy, 6_490);
    registry.excuse(5_000, 6_500);
    registry.tick(6_500);
    expect(states()).toEqual({ a: "alive", b: "alive" });
    registry.tick(7_900);
    expect(states()).toEqual({ a: "alive", b: "suspect" });
    registry.tick(8_500);
    expect(states()).toEqual({ a: "suspect", b: "suspect" });
  });

  test("is complete later", () => {
    const { registry } = setUp();
    registry.excuse(5_000, 5_500);
    registry.tick(7_999);
    expect(registry.complete).toBe(false);
    registry.tick(8_000);
    expect(registry.complete).toBe(true);
  });
});

describe("a registry says when it has to look again", () => {
  test("at the next thing that may happen by itself", () => {
    const { registry, announce } = setUp({ deadMs: 10_000 });
    expect(registry.nextLookAt).toBe(3_000);
    const { holder, registered } = announce("a", 100);
    expect(registry.nextLookAt).toBe(1_600);
    registry.heartbeat(registered, holder, busy, 1_100);
    registry.tick(1_600);
    expect(registry.nextLookAt).toBe(2_600);
    registry.broke(registered, holder, 1_700);
    registry.tick(2_600);
    expect(registry.nextLookAt).toBe(3_000);
    registry.tick(3_000);
    expect(registry.nextLookAt).toBe(4_100);
    registry.tick(4_100);
    expect(registry.nextLookAt).toBe(14_100);
    registry.tick(14_100);
    expect(registry.nextLookAt).toBe(Infinity);
  });
});

describe("a registry that is full", () => {
  test("refuses further instances, and goes on with those it has", () => {
    const { announce, states } = setUp({ instances: 2 });
    announce("a", 0);
    announce("b", 0);
    expect(() => announce("c", 0)).toThrow(refused(Code.ResourceExhausted, /full: it holds 2 instances/));
    announce("b", 1, { version: 2 });
    expect(Object.keys(states())).toEqual(["a", "b"]);
  });

  test("makes room by forgetting those that died first", () => {
    const { registry, announce, states } = setUp({ instances: 3 });
    announce("a", 0);
    announce("b", 100);
    registry.tick(3_500);
    announce("c", 3_500);
    announce("d", 3_600);
    expect(states()).toEqual({ b: "dead", c: "alive", d: "alive" });
  });

  test("counts what announcements take, before and after they have changed", () => {
    const { registry, announce } = setUp({ weight: 2_050 });
    const { holder, registered } = announce("a", 0, serving("A", "B", "C"));
    const large = serving(...Array.from({ length: 9 }, (_, index) => `S${index}`));
    expect(() => announce("b", 0, large)).toThrow(refused(Code.ResourceExhausted, /in \d+ bytes/));
    announce("a", 1, { version: 2, ...serving() });
    announce("b", 1, large);
    expect(() => announce("a", 2, { version: 3, ...large })).toThrow(refused(Code.ResourceExhausted, /full/));
    registry.left(registered, holder);
    expect(registry.get("a")).toBeDefined();
    const b = registry.get("b");
    if (b?.holder !== undefined) registry.left(b, b.holder);
    announce("a", 3, { version: 3, ...large });
    expect(registry.size).toBe(1);
  });

  test("keeps no more of the dead than it may, the latest", () => {
    const { registry, announce, states } = setUp({ dead: 2 });
    for (const [index, instance] of ["a", "b", "c", "d"].entries()) announce(instance, index);
    registry.tick(4_000);
    expect(states()).toEqual({ c: "dead", d: "dead" });
  });

  test("refuses further watches until others end", () => {
    const { registry, watch } = setUp({ watches: 2 });
    const { watcher } = watch("A");
    watch("");
    expect(() => watch("B")).toThrow(refused(Code.ResourceExhausted, /2 watches/));
    registry.unwatch(watcher);
    registry.unwatch(watcher);
    watch("B");
    expect(() => watch("B")).toThrow(refused(Code.ResourceExhausted, /2 watches/));
  });

  test("refuses to watch what can be no service", () => {
    const { watch } = setUp();
    expect(() => watch("s".repeat(257))).toThrow(refused(Code.InvalidArgument, /service may have 256 bytes/));
  });
});

describe("a watch of a registry", () => {
  test("is told of all there is, then of what changes", () => {
    const { registry, announce, watch } = setUp();
    const a = announce("a", 0);
    announce("b", 0, serving("other"));
    const { watcher, take, woken } = watch(GREETER);
    expect(take()).toEqual({ snapshot: true, told: ["a alive"], revision: 2, complete: false });
    expect(watcher.ready).toBe(false);
    announce("c", 1);
    registry.broke(a.registered, a.holder, 2);
    expect(woken()).toBe(1);
    expect(take()).toEqual({ snapshot: false, told: ["c alive", "a suspect"], revision: 4, complete: false });
    announce("c", 3, { version: 2, ...serving() });
    expect(take()).toEqual({ snapshot: false, told: ["c gone"], revision: 5, complete: false });
    expect(watcher.ready).toBe(false);
  });

  test("is told of nothing that it does not watch, and of no heartbeat", () => {
    const { registry, announce, watch } = setUp();
    const { holder, registered } = announce("a", 0);
    const { watcher, take, woken } = watch(GREETER);
    take();
    announce("b", 0, serving("other"));
    registry.heartbeat(registered, holder, busy, 500);
    expect([watcher.ready, woken(), registry.revision]).toEqual([false, 0, 2]);
  });

  test("is told once of what has changed several times, and of nothing that came and went", () => {
    const { registry, announce, watch } = setUp();
    const { take } = watch(GREETER);
    take();
    const { holder, registered } = announce("a", 0);
    registry.broke(registered, holder, 1);
    announce("a", 2);
    const b = announce("b", 3);
    registry.left(b.registered, b.holder);
    expect(take().told).toEqual(["a alive", "b gone"]);
  });

  test("is told when the registry is complete, once", () => {
    const { registry, watch } = setUp();
    const { watcher, take, woken } = watch(GREETER);
    expect(take()).toEqual({ snapshot: true, told: [], revision: 0, complete: false });
    registry.tick(3_000);
    expect(woken()).toBe(1);
    expect(take()).toEqual({ snapshot: false, told: [], revision: 0, complete: true });
    registry.tick(4_000);
    expect([woken(), watcher.ready]).toEqual([1, false]);
    expect(watch(GREETER).take()).toMatchObject({ snapshot: true, complete: true });
  });

  test("goes on where it stopped, in the same life of the registry", () => {
    const { registry, announce, watch } = setUp();
    announce("a", 0);
    const before = watch(GREETER);
    const { revision } = before.take();
    registry.unwatch(before.watcher);
    announce("b", 1);
    announce("c", 1, serving("other"));
    const after = watch(GREETER, { epoch: 77, revision });
    expect(after.take()).toEqual({ snapshot: false, told: ["b alive"], revision: 3, complete: false });
    expect(watch(GREETER, { epoch: 77, revision: 3 }).take()).toMatchObject({ snapshot: false, told: [] });
    expect(watch(GREETER, { epoch: 76, revision }).take()).toMatchObject({ snapshot: true });
    expect(watch(GREETER, { epoch: 77, revision: 4 }).take()).toMatchObject({ snapshot: true });
  });

  test("begins anew when the log does not reach so far", () => {
    const { announce, watch } = setUp({ logEntries: 2 });
    for (const instance of ["a", "b", "c"]) announce(instance, 0);
    expect(watch("", { epoch: 77, revision: 1 }).take()).toMatchObject({
      snapshot: false,
      told: ["b alive", "c alive"],
    });
    expect(watch("", { epoch: 77, revision: 0 }).take()).toMatchObject({ snapshot: true });
  });

  test("begins anew when so much has changed elsewhere that this is cheaper", () => {
    const { registry, announce, watch } = setUp();
    announce("a", 0);
    for (let index = 0; index < 100; index++) announce(`b${index}`, 0, serving("other"));
    expect(watch(GREETER, { epoch: 77, revision: 1 }).take()).toEqual({
      snapshot: true,
      told: ["a alive"],
      revision: 101,
      complete: false,
    });
    expect(watch("other", { epoch: 77, revision: 1 }).take()).toMatchObject({ snapshot: false });
    expect(registry.revision).toBe(101);
  });

  test("that is too slow is told of all anew", () => {
    const { registry, announce, watch } = setUp({ backlog: 2 });
    const { watcher, take, woken } = watch(GREETER);
    take();
    const streams = ["a", "b", "c", "d"].map((instance) => announce(instance, 0));
    for (const { registered, holder } of streams.slice(0, 2)) registry.left(registered, holder);
    expect(woken()).toBe(1);
    expect(take()).toEqual({ snapshot: true, told: ["c alive", "d alive"], revision: 6, complete: false });
    expect(watcher.ready).toBe(false);
  });

  test("is told of very many in several steps, and can't go on before the last one", () => {
    const { registry, announce, watch } = setUp({ responseInstances: 2 });
    registry.tick(3_000);
    for (const instance of ["a", "b", "c", "d", "e"]) announce(instance, 3_000);
    const { watcher, take } = watch(GREETER);
    expect(take()).toEqual({ snapshot: true, told: ["a alive", "b alive"], revision: 0, complete: false });
    const c = registry.get("c");
    if (c?.holder !== undefined) registry.left(c, c.holder);
    const rest = [take(), take(), take()];
    expect(rest.map(({ told }) => told)).toEqual([["c alive", "d alive"], ["e alive"], ["c gone"]]);
    expect(rest.map(({ complete }) => complete)).toEqual([false, false, true]);
    expect(rest.map(({ revision }) => revision)).toEqual([0, 0, 6]);
    expect(watcher.ready).toBe(false);
  });

  test("that ends while it is told of all anew goes on with all, not with what has changed", () => {
    const { registry, announce, watch } = setUp({ backlog: 2, responseInstances: 2 });
    announce("a", 0);
    const before = watch(GREETER);
    before.take();
    for (const instance of ["b", "c", "d"]) announce(instance, 0);
    const { told, snapshot, revision } = before.take();
    expect({ told, snapshot }).toEqual({ told: ["a alive", "b alive"], snapshot: true });
    registry.unwatch(before.watcher);
    const after = watch(GREETER, { epoch: 77, revision });
    expect([...after.take().told, ...after.take().told]).toEqual([
      "a alive",
      "b alive",
      "c alive",
      "d alive",
    ]);
  });

  test("is told of heavy announcements one by one", () => {
    const { announce, watch } = setUp({ responseWeight: 1 });
    const { take } = watch(GREETER);
    take();
    announce("a", 0);
    announce("b", 0);
    expect([take().told, take().told]).toEqual([["a alive"], ["b alive"]]);
    expect(watch(GREETER).take().told).toEqual(["a alive"]);
  });
});
