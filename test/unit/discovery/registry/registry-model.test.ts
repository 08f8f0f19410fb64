import fc from "fast-check";
import { expect, test } from "vitest";
import { Registry } from "../../../../src/discovery/registry/registry.js";
import type { RegistryWatcher } from "../../../../src/discovery/registry/registry-watcher.js";
import { registryLimits } from "../../../../src/discovery/registry-limits.js";
import type { InstanceState } from "../../../../src/naming/instance.js";
import { announced } from "../../../support/announcements.js";
import { busy, serving } from "../announcements.js";

const INTERVAL = 1_000;
/** Small, so that they are met. */
const limits = {
  ...registryLimits,
  deadMs: 4_000,
  logEntries: 6,
  backlog: 2,
  responseInstances: 2,
};

const ids = fc.constantFrom("1", "2", "3", "4", "5");
const watched = fc.constantFrom("", "A", "B");
const step = fc.oneof(
  fc.record({
    kind: fc.constant("announce" as const),
    id: ids,
    epoch: fc.integer({ min: 1, max: 3 }),
    version: fc.integer({ min: 1, max: 3 }),
    services: fc.subarray(["A", "B"]),
  }),
  fc.record({ kind: fc.constantFrom("heartbeat" as const, "broke" as const, "left" as const), id: ids }),
  fc.record({ kind: fc.constant("probed" as const), answered: fc.boolean() }),
  fc.record({
    kind: fc.constant("wait" as const),
    ms: fc.constantFrom(1, 250, 500, 999, 1_000, 1_500, 3_000),
  }),
  fc.record({ kind: fc.constant("late" as const), ms: fc.constantFrom(1, 700, 5_000) }),
  fc.record({ kind: fc.constantFrom("take" as const, "reconnect" as const), service: watched }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** An instance, told in the plainest way. */
interface Known {
  epoch: number;
  version: number;
  services: readonly string[];
  holder: object | undefined;
  heardAt: number;
  answeredAt: number;
  diedAt: number | undefined;
}

/** What a registry is to know. */
class Model {
  readonly known = new Map<string, Known>();
  now = 0;

  state({ heardAt, answeredAt, holder, diedAt }: Known): InstanceState {
    const silent = this.now - Math.max(heardAt, answeredAt);
    if (diedAt !== undefined || silent >= 3 * INTERVAL) return "dead";
    if (holder === undefined || silent >= 2 * INTERVAL) return "suspect";
    return answeredAt > heardAt && this.now - heardAt >= 1.5 * INTERVAL ? "stalled" : "alive";
  }

  looked(): void {
    for (const [id, each] of this.known) {
      if (this.state(each) === "dead") each.diedAt ??= this.now;
      if (each.diedAt !== undefined && this.now >= each.diedAt + limits.deadMs) this.known.delete(id);
    }
  }

  serving(service: string): Record<string, string> {
    const found = [...this.known].filter(([, { services }]) => service === "" || services.includes(service));
    return Object.fromEntries(
      found.map(([id, each]) => [id, `${this.state(each)} ${each.epoch}.${each.version}`]),
    );
  }
}

/** One who watches a service and follows the specification. */
class View {
  readonly service: string;
  readonly seen = new Map<string, string>();
  private unconfirmed = new Set<string>();
  private revision = 0;
  private watcher: RegistryWatcher;
  private readonly registry: Registry;

  constructor(registry: Registry, service: string) {
    this.registry = registry;
    this.service = service;
    this.watcher = registry.watch(service, { epoch: 0, revision: 0 }, () => {});
  }

  reconnect(): void {
    this.registry.unwatch(this.watcher);
    const until = { epoch: this.registry.epoch, revision: this.revision };
    this.watcher = this.registry.watch(this.service, until, () => {});
  }

  /** Takes one response. False when there is none. */
  take(): boolean {
    if (!this.watcher.ready) return false;
    const { snapshot, changed, removed, revision, complete } = this.watcher.take();
    expect(changed.length + removed.length).toBeLessThanOrEqual(limits.responseInstances);
    expect(revision).toBeGreaterThanOrEqual(this.revision);
    this.revision = revision;
    if (snapshot) this.unconfirmed = new Set(this.seen.keys());
    for (const { id, state, announcement } of changed) {
      this.seen.set(id, `${state} ${announcement.epoch}.${announcement.version}`);
      this.unconfirmed.delete(id);
    }
    for (const id of removed) {
      this.seen.delete(id);
      this.unconfirmed.delete(id);
    }
    if (complete) {
      for (const id of this.unconfirmed) this.seen.delete(id);
      this.unconfirmed.clear();
    }
    return true;
  }
}

function run(grown: boolean, steps: readonly Step[]): void {
  const registry = new Registry(9, INTERVAL, 0, limits);
  const model = new Model();
  const views = ["", "A", "B"].map((service) => new View(registry, service));
  const probes: { id: string; known: Known | undefined; end(answered: boolean): void }[] = [];
  const look = () => {
    for (const { registered } of registry.tick(model.now)) {
      const known = model.known.get(registered.id);
      const end = (answered: boolean) => registry.probed(registered, answered, model.now);
      probes.push({ id: registered.id, known, end });
    }
    model.looked();
  };
  if (grown) model.now += 3 * INTERVAL;
  look();
  for (const each of steps) {
    const { now } = model;
    switch (each.kind) {
      case "announce":
        announce(registry, model, each);
        break;
      case "heartbeat":
      case "broke":
      case "left":
        tell(registry, model, each);
        break;
      case "probed": {
        const probe = probes.shift();
        if (probe === undefined) break;
        probe.end(each.answered);
        const { known } = probe;
        if (each.answered && known !== undefined && model.state(known) !== "dead") known.answeredAt = now;
        break;
      }
      case "wait":
        model.now += each.ms;
        break;
      case "late":
        model.now += each.ms;
        registry.excuse(each.ms, model.now);
        for (const known of model.known.values()) {
          known.heardAt += each.ms;
          known.answeredAt += each.ms;
        }
        break;
      case "take":
        views.find(({ service }) => service === each.service)?.take();
        break;
      case "reconnect":
        views.find(({ service }) => service === each.service)?.reconnect();
        break;
    }
    look();
    for (const service of ["", "A", "B"]) {
      const members = [...registry.members(service)].map(
        ({ id, state, announcement: { epoch, version } }) => [id, `${state} ${epoch}.${version}`] as const,
      );
      expect(Object.fromEntries(members)).toEqual(model.serving(service));
    }
    expect(registry.nextLookAt).toBeGreaterThan(model.now);
  }
  // Only then has to be gone what another response has told of before.
  for (; !registry.complete; look()) model.now += INTERVAL;
  for (const view of views) {
    while (view.take());
    expect(Object.fromEntries(view.seen)).toEqual(model.serving(view.service));
  }
}

function announce(registry: Registry, model: Model, each: Step & { kind: "announce" }): void {
  const { id, epoch, version, services } = each;
  const known = model.known.get(id);
  const holder = {};
  const older =
    known !== undefined && (epoch < known.epoch || (epoch === known.epoch && version < known.version));
  const announcement = announced(id, { epoch, version, ...serving(...services) });
  if (older && known.holder !== undefined && model.state(known) !== "dead") {
    expect(() => registry.announce(announcement, holder, model.now)).toThrow(/newer/);
    return;
  }
  registry.announce(announcement, holder, model.now);
  const same = known !== undefined && epoch === known.epoch && version === known.version;
  const said = same ? known.services : services;
  const next = { epoch, version, services: said, holder, heardAt: model.now, answeredAt: model.now };
  if (known === undefined) model.known.set(id, { ...next, diedAt: undefined });
  else Object.assign(known, next, { diedAt: undefined });
}

function tell(registry: Registry, model: Model, { kind, id }: { kind: string; id: string }): void {
  const known = model.known.get(id);
  const registered = registry.get(id);
  if (known?.holder === undefined || registered === undefined) return;
  if (kind === "heartbeat") {
    registry.heartbeat(registered, known.holder, busy, model.now);
    Object.assign(known, { heardAt: model.now, answeredAt: model.now, diedAt: undefined });
  } else if (kind === "broke") {
    registry.broke(registered, known.holder, model.now);
    known.holder = undefined;
  } else {
    registry.left(registered, known.holder);
    model.known.delete(id);
  }
}

test("a registry knows what its model knows, and so does who watches it, however slow and however often cut off", () => {
  fc.assert(fc.property(fc.boolean(), fc.array(step, { maxLength: 60 }), run), { numRuns: 500 });
});
