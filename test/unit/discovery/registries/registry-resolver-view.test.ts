import fc from "fast-check";
import { expect, test } from "vitest";
import { instanceMessage } from "../../../../src/discovery/announcement-message.js";
import { RegistryView } from "../../../../src/discovery/registries/registry-resolver-view.js";
import { announcementOf } from "../../../support/resolver-host.js";

type Step =
  | { readonly kind: "join" | "leave"; readonly instance: string }
  /** The registry is killed, and another life of it begins. */
  | { readonly kind: "restart" }
  /** Every node that lives registers again, and after that the registry is complete. */
  | { readonly kind: "settle" }
  /** The watch breaks, and goes on. */
  | { readonly kind: "break" };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constantFrom("join" as const, "leave" as const),
    instance: fc.constantFrom("a", "b", "c"),
  }),
  fc.constantFrom<Step>({ kind: "restart" }, { kind: "settle" }, { kind: "break" }),
);

/** A registry as it is described in docs/spec/discovery.md, and one who watches it. */
class Model {
  readonly living = new Set<string>();
  readonly view = new RegistryView("example.v1.GreeterService");
  /** Those of which the watcher was told in their life. */
  readonly toldOf = new Set<string>();
  private registered = new Set<string>();
  private epoch = 1n;
  private revision = 1n;
  complete = true;
  private log: { readonly revision: bigint; readonly instance: string }[] = [];

  constructor() {
    this.resume();
  }

  step({ kind, ...rest }: Step): void {
    if (kind === "restart") this.restart();
    else if (kind === "settle") this.settle();
    else if (kind === "break") this.resume();
    else if ("instance" in rest) this[kind](String(rest.instance));
  }

  private join(instance: string): void {
    this.living.add(instance);
    this.registered.add(instance);
    this.change(instance);
  }

  private leave(instance: string): void {
    this.living.delete(instance);
    this.toldOf.delete(instance);
    if (this.registered.delete(instance)) this.change(instance);
  }

  private restart(): void {
    this.epoch++;
    this.revision = 1n;
    this.registered = new Set();
    this.log = [];
    this.complete = false;
    this.resume();
  }

  private settle(): void {
    for (const instance of this.living) if (!this.registered.has(instance)) this.join(instance);
    this.complete = true;
    this.tell(false, []);
  }

  private change(instance: string): void {
    this.revision++;
    this.log.push({ revision: this.revision, instance });
    this.tell(false, [instance]);
  }

  private resume(): void {
    const { epoch, revision } = this.view.request;
    if (epoch !== this.epoch) this.tell(true, [...this.registered]);
    else
      this.tell(
        false,
        this.log.filter((each) => each.revision > revision).map(({ instance }) => instance),
      );
  }

  private tell(snapshot: boolean, instances: readonly string[]): void {
    const changed = instances.filter((each) => this.registered.has(each));
    for (const each of changed) this.toldOf.add(each);
    const { epoch, revision, complete } = this;
    this.view.take(
      {
        registry: { instance: "registry", epoch, revision, complete },
        snapshot,
        changed: changed.map((each) =>
          instanceMessage({ ...announcementOf(each), state: "alive", load: undefined }, 0),
        ),
        removed: instances.filter((each) => !this.registered.has(each)),
      },
      (error) => {
        throw error;
      },
    );
  }
}

/** What a registry that "server" serves, or another, says: a snapshot of these, or changes. */
function told(
  view: RegistryView,
  server: string,
  snapshot: boolean,
  changed: readonly string[],
  complete = true,
) {
  const epoch = server === "server" ? 1n : 2n;
  view.take(
    {
      registry: { instance: server, epoch, revision: 5n, complete },
      snapshot,
      changed: changed.map((each) =>
        instanceMessage({ ...announcementOf(each), state: "alive", load: undefined }, 0),
      ),
      removed: [],
    },
    (error) => {
      throw error;
    },
  );
  return view;
}

const states = (view: RegistryView) =>
  Object.fromEntries(view.instances.map((each) => [each.instance, each.state]));

test("the instance that served a registry is suspect once the connection broke, and no other", () => {
  const view = told(new RegistryView(""), "server", true, ["server", "other"]);
  expect(view.broke()).toBe(true);
  expect(states(view)).toEqual({ server: "suspect", other: "alive" });
  expect(view.broke()).toBe(false);
});

test("it is well again when it answers, and when it says so elsewhere; else it goes with all that nobody confirms", () => {
  const view = told(new RegistryView(""), "server", true, ["server", "other"]);
  view.broke();
  told(view, "server", false, []);
  expect(states(view)).toEqual({ server: "alive", other: "alive" });
  view.broke();
  told(view, "other", true, ["other"], false);
  expect(states(view)).toEqual({ server: "suspect", other: "alive" });
  expect(view.broke()).toBe(true);
  expect(states(view)).toEqual({ server: "suspect", other: "suspect" });
  told(view, "other", false, ["server"], false);
  expect(states(view)).toEqual({ server: "alive", other: "alive" });
  told(view, "other", true, ["other"]);
  expect(states(view)).toEqual({ other: "alive" });
});

test("a registry whose server is no instance that is watched makes nobody suspect", () => {
  const view = told(new RegistryView(""), "server", true, ["other"]);
  expect(view.broke()).toBe(false);
  expect(states(view)).toEqual({ other: "alive" });
});

test("whatever becomes of a registry, a watcher loses no living instance, and keeps no ghost once it is complete", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const model = new Model();
      for (const each of steps) {
        model.step(each);
        const known = new Set(model.view.instances.map(({ instance }) => instance));
        for (const instance of model.toldOf) expect(known).toContain(instance);
        if (model.complete) expect(known).toEqual(model.living);
      }
    }),
  );
});
