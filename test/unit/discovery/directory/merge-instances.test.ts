import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DirectorySource } from "../../../../src/discovery/directory/directory-source.js";
import { mergeInstances, type SourceView } from "../../../../src/discovery/directory/merge-instances.js";
import type { InstanceInfo, InstanceState } from "../../../../src/naming/instance.js";
import { at } from "../../../support/hand-source.js";
import { announcementOf } from "../../../support/resolver-host.js";

const here = { host: "here", processId: 1 };

describe("what several sources know together", () => {
  test("is of one instance the newest epoch, then the newest version", () => {
    const old = of("a", { epoch: 1, version: 9, labels: { life: "first" } });
    const early = of("a", { epoch: 2, version: 1, labels: { life: "second" } });
    const late = of("a", { epoch: 2, version: 3, labels: { life: "third" } });
    for (const order of [
      [old, early, late],
      [late, early, old],
      [early, late, old],
    ]) {
      expect(
        mergeInstances(
          order.map((info) => source([info])),
          here,
        ),
      ).toEqual([late]);
    }
  });

  test("is the best state that is told of the newest epoch, whoever has the newest version", () => {
    const merged = mergeInstances(
      [
        source([of("a", { epoch: 1, state: "alive" })]),
        source([of("a", { epoch: 2, version: 2, state: "dead" })]),
        source([of("a", { epoch: 2, version: 1, state: "stalled" })]),
      ],
      here,
    );
    expect(merged).toMatchObject([{ epoch: 2, version: 2, state: "stalled" }]);
  });

  test("is the load that was told last, though another source has the newest version", () => {
    const first = source([of("a", { version: 2, load: load(1) })], 10);
    const second = source([of("a", { load: load(2) })], 20);
    const third = source([of("a", { load: undefined })], 30);
    for (const order of [
      [first, second, third],
      [third, second, first],
    ]) {
      expect(mergeInstances(order, here)).toMatchObject([{ version: 2, load: { callsInFlight: 2 } }]);
    }
  });

  test("keeps what only a source that is lost has told", () => {
    const lost = source([of("a"), at5("b")], 10, 50);
    expect(names(mergeInstances([lost, source([at5("b")])], here))).toEqual(["a", "b"]);
  });

  test("takes no state of a source that is lost where another knows better", () => {
    const lost = source([of("a", { state: "alive" })], 10, 50);
    expect(mergeInstances([lost, source([of("a", { state: "suspect" })])], here)).toMatchObject([
      { state: "suspect" },
    ]);
  });

  test("is without an instance that another source has seen go after a source was lost", () => {
    const lost = source([of("a")], 10, 50);
    const other = new DirectorySource();
    other.told([of("a")], 20);
    other.told([], 60);
    expect(mergeInstances([lost, other], here)).toEqual([]);
    // Another life of it is one of which nobody has seen the end.
    const newer = source([of("a", { epoch: 2_000_000_000_000_000 })], 10, 50);
    expect(mergeInstances([newer, other], here)).toHaveLength(1);
    // Before the loss the lost source knew better.
    expect(mergeInstances([source([of("a")], 10, 70), other], here)).toHaveLength(1);
    // One that is lost itself has seen nothing.
    other.lost(80);
    expect(mergeInstances([lost, other], here)).toHaveLength(1);
  });

  test("gives an endpoint to the newest of those that claim it, and drops who has no other", () => {
    const old = of("old", { epoch: 1, endpoints: ["tcp://192.0.2.1:5"] });
    const both = of("both", { epoch: 2, endpoints: ["tcp://192.0.2.1:5", "tcp://192.0.2.1:6"] });
    const young = of("young", { epoch: 3, endpoints: ["tcp://192.0.2.1:5"] });
    const merged = mergeInstances([source([young, old]), source([both])], here);
    expect(names(merged)).toEqual(["both", "young"]);
    expect(merged.find(({ instance }) => instance === "both")?.endpoints).toEqual(["tcp://192.0.2.1:6"]);
  });

  test("gives an endpoint to who is alive, when the clock was set back between two lives", () => {
    const old = of("old", { epoch: 9, state: "suspect" });
    const young = of("young", { epoch: 3, state: "alive" });
    expect(names(mergeInstances([source([old, young])], here))).toEqual(["young"]);
  });

  test("knows that one address may be of two machines", () => {
    const a = of("a", { host: "h1", endpoints: ["tcp://127.0.0.1:5"] });
    const b = of("b", { host: "h2", endpoints: ["tcp://127.0.0.1:5"] });
    expect(names(mergeInstances([source([a, b])], here))).toEqual(["a", "b"]);
    const strangers = [a, b].map((info) => ({ ...info, host: "" }));
    expect(names(mergeInstances([source(strangers)], here))).toEqual(["a", "b"]);
  });

  test("is without entries of which only the endpoint is known, where an instance has it", () => {
    const fixed = source([at("tcp://192.0.2.1:5555"), at("tcp://192.0.2.2:5555"), at("tcp://127.0.0.1:1")]);
    const merged = mergeInstances(
      [fixed, source([of("a"), of("b", { host: "here", endpoints: ["tcp://127.0.0.1:1"] })])],
      here,
    );
    expect(merged.map(({ instance, endpoints }) => [instance, ...endpoints])).toEqual([
      ["", "tcp://192.0.2.2:5555"],
      ["a", "tcp://192.0.2.1:5555"],
      ["b", "tcp://127.0.0.1:1"],
    ]);
    const dead = mergeInstances([fixed, source([of("a", { state: "dead" })])], here);
    expect(dead.map(({ endpoints }) => endpoints[0])).toContain("tcp://192.0.2.1:5555");
  });

  test("sets endpoints apart that lead nowhere from here", () => {
    const far = of("far", { endpoints: ["tcp://127.0.0.1:5", "ipc:///run/far"] });
    const half = of("half", { endpoints: ["tcp://127.0.0.1:6", "tcp://192.0.2.9:6"] });
    const near = of("near", {
      host: "here",
      endpoints: ["tcp://127.0.0.1:5", "inproc://other"],
      processId: 2,
    });
    const unknown = of("unknown", { host: "", endpoints: ["tcp://127.0.0.1:7"] });
    const merged = mergeInstances([source([far, half, near, unknown])], here);
    expect(merged.map(({ instance, endpoints, unreachable }) => [instance, endpoints, unreachable])).toEqual([
      ["far", [], ["tcp://127.0.0.1:5", "ipc:///run/far"]],
      ["half", ["tcp://192.0.2.9:6"], ["tcp://127.0.0.1:6"]],
      ["near", ["tcp://127.0.0.1:5"], ["inproc://other"]],
      ["unknown", ["tcp://127.0.0.1:7"], undefined],
    ]);
  });

  test("hands on what a single source says as it is", () => {
    const info = of("a", { load: load(1) });
    expect(mergeInstances([source([info])], here)[0]).toBe(info);
  });
});

/** Lives of a few instances, each with what it announced in its time; sources know of some of it. */
const word = fc.record({
  source: fc.nat(3),
  instance: fc.constantFrom("a", "b", "c"),
  epoch: fc.integer({ min: 1, max: 3 }),
  version: fc.integer({ min: 1, max: 3 }),
  state: fc.constantFrom<InstanceState>("alive", "stalled", "suspect", "dead"),
});

describe("whatever sources say, in whatever order,", () => {
  const built = fc.array(word, { maxLength: 30 }).map((words) => {
    const lists = new Map<number, Map<string, InstanceInfo>>();
    for (const { source: from, instance, epoch, version, state } of words) {
      const list = lists.get(from) ?? new Map<string, InstanceInfo>();
      lists.set(from, list);
      // An instance that says one thing in one version of one life, at an endpoint of its own.
      const endpoints = [`tcp://192.0.2.1:${5_000 + instance.charCodeAt(0)}`];
      list.set(
        instance,
        of(instance, { epoch, version, state, endpoints, labels: { said: `${epoch}.${version}` } }),
      );
    }
    return [...lists.values()].map((list) => [...list.values()]);
  });

  test("the outcome is the same, and has the newest of each that is known, and nobody else", () => {
    fc.assert(
      fc.property(built, fc.infiniteStream(fc.nat()), (lists, chance) => {
        const merged = mergeInstances(
          lists.map((list) => source(list)),
          here,
        );
        const shuffled = shuffle(lists, chance).map((list) => source(shuffle(list, chance)));
        expect(sorted(mergeInstances(shuffled, here))).toEqual(sorted(merged));

        const all = lists.flat();
        expect(names(merged)).toEqual([...new Set(all.map(({ instance }) => instance))].sort());
        for (const info of merged) {
          const same = all.filter(({ instance }) => instance === info.instance);
          expect(info.epoch).toBe(Math.max(...same.map(({ epoch }) => epoch)));
          const newest = same.filter(({ epoch }) => epoch === info.epoch);
          expect(info.version).toBe(Math.max(...newest.map(({ version }) => version)));
          expect(newest.map(({ state }) => state)).toContain(info.state);
          if (newest.some(({ state }) => state === "alive")) expect(info.state).toBe("alive");
        }
      }),
    );
  });

  test("no endpoint belongs to two instances of one machine, and none to nobody", () => {
    const claim = fc.record({
      instance: fc.constantFrom("a", "b", "c", "d"),
      epoch: fc.integer({ min: 1, max: 4 }),
      state: fc.constantFrom<InstanceState>("alive", "suspect"),
      ports: fc.uniqueArray(fc.integer({ min: 1, max: 3 }), { minLength: 1 }),
    });
    fc.assert(
      fc.property(fc.uniqueArray(claim, { selector: ({ instance }) => instance }), (claims) => {
        const infos = claims.map(({ instance, epoch, state, ports }) =>
          of(instance, { epoch, state, endpoints: ports.map((port) => `tcp://192.0.2.1:${port}`) }),
        );
        const merged = mergeInstances([source(infos)], here);
        const endpoints = merged.flatMap((info) => info.endpoints);
        expect(new Set(endpoints).size).toBe(endpoints.length);
        expect(new Set(endpoints)).toEqual(new Set(infos.flatMap((info) => info.endpoints)));
      }),
    );
  });
});

describe("what one source has told", () => {
  test("tells when a load came, not when it was repeated", () => {
    const told = new DirectorySource();
    told.told([of("a", { load: load(1) })], 10);
    told.told([of("a", { load: load(1), version: 2 })], 20);
    expect(told.instances.get("a")).toMatchObject({ heardAt: 10, info: { version: 2 } });
    told.told([of("a", { load: load(2), version: 2 })], 30);
    expect(told.instances.get("a")?.heardAt).toBe(30);
  });

  test("remembers who is gone only against the word of one that is lost", () => {
    const told = new DirectorySource();
    told.told([of("a"), of("b")], 10);
    told.told([], 20);
    expect([...told.gone.keys()]).toEqual(["a", "b"]);
    told.forget([source([of("b")], 5, 15)]);
    expect([...told.gone.keys()]).toEqual(["b"]);
    told.told([of("b")], 30);
    expect(told.gone.size).toBe(0);
    expect(told.lostAt).toBeUndefined();
  });
});

function of(instance: string, rest: Partial<InstanceInfo> = {}): InstanceInfo {
  return { ...announcementOf(instance), state: "alive", load: undefined, ...rest };
}

/** At an endpoint of its own. */
function at5(instance: string): InstanceInfo {
  return of(instance, { endpoints: ["tcp://192.0.2.5:5555"] });
}

function load(callsInFlight: number) {
  return { loopLagMs: 0, loopUtilization: 0, callsInFlight, memoryBytes: 0 };
}

function source(infos: readonly InstanceInfo[], now = 0, lostAt?: number): SourceView {
  const view = new DirectorySource();
  view.told(infos, now);
  if (lostAt !== undefined) view.lost(lostAt);
  return view;
}

function names(infos: readonly InstanceInfo[]): string[] {
  return infos.map(({ instance }) => instance).sort();
}

function sorted(infos: readonly InstanceInfo[]): InstanceInfo[] {
  return [...infos].sort((a, b) => (a.instance < b.instance ? -1 : 1));
}

function shuffle<T>(list: readonly T[], chance: Iterator<number>): T[] {
  return list
    .map((value) => ({ value, key: Number(chance.next().value) }))
    .sort((a, b) => a.key - b.key)
    .map(({ value }) => value);
}
