import { afterEach, expect, test } from "vitest";
import { instanceMessage } from "../../src/discovery/announcement-message.js";
import { Directory } from "../../src/discovery/directory/directory.js";
import { registryResolver } from "../../src/discovery/registries/registry-resolver.js";
import type { InstanceState } from "../../src/naming/instance.js";
import { fakeClock, memoryNetwork } from "../../src/testing/index.js";
import { announcementOf, recordingHost, watching } from "../support/resolver-host.js";
import { connectorOn, SmallRegistry } from "../support/small-registry.js";

const SERVICE = "example.v1.GreeterService";

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

/** Two registries, and a node that knows of both. */
async function setUp() {
  const network = memoryNetwork();
  const [one, two] = [
    await new SmallRegistry(network, clock, "memory://one").start(),
    await new SmallRegistry(network, clock, "memory://two").start(),
  ] as const;
  const host = recordingHost(clock);
  const connector = connectorOn(network, clock);
  const resolvers = ["memory://one", "memory://two"].map((endpoint) =>
    registryResolver({ endpoint, connector }),
  );
  const directory = new Directory(resolvers, host);
  owned.push(
    () => one.stop(),
    () => two.stop(),
    () => directory.close(),
  );
  const seen = watching(directory, SERVICE);
  return { one, two, host, directory, seen };
}

test("a node registers with all, and the loss of one changes nothing for those who watch", async () => {
  const { one, two, host, directory, seen } = await setUp();
  const announced = directory.announce(announcementOf("me"));
  await clock.advanceAsync(1_000);
  await announced;
  expect([one.instances, two.instances]).toEqual([["me"], ["me"]]);
  await one.stop();
  await clock.advanceAsync(60_000);
  expect(host.told).toEqual(["lost"]);
  expect(seen.failures).toEqual([]);
  expect(seen.lists.at(-1)).toEqual(["me"]);
  // What comes meanwhile is known, and what goes is gone.
  two.set(of("new"));
  await clock.advanceAsync(0);
  expect(seen.lists.at(-1)).toEqual(["me", "new"]);
  one.begin();
  await one.start();
  await clock.advanceAsync(1_000);
  expect(host.told).toEqual(["lost", "back"]);
  expect(one.instances).toEqual(["me"]);
  expect(seen.lists.at(-1)).toEqual(["me", "new"]);
});

test("where registries disagree, the newest life counts, and the best state of it", async () => {
  const { one, two, seen } = await setUp();
  one.set(of("a", { epoch: 1 }, "alive"), of("b", {}, "suspect"), of("only-one"));
  two.set(of("a", { epoch: 2 }, "stalled"), of("b", {}, "alive"));
  await clock.advanceAsync(1_000);
  expect(seen.lists.at(-1)).toEqual(["a", "b", "only-one"]);
  expect(seen.last().map(({ instance, epoch, state }) => [instance, epoch > 1 ? 2 : 1, state])).toEqual([
    ["a", 2, "stalled"],
    ["b", 2, "alive"],
    ["only-one", 2, "alive"],
  ]);
});

test("both may be lost, and begin with nothing: no living instance is missed in between, and no ghost stays", async () => {
  const { one, two, host, seen } = await setUp();
  for (const registry of [one, two]) registry.set(of("a"), of("b"), of("ghost"));
  await clock.advanceAsync(1_000);
  await Promise.all([one.stop(), two.stop()]);
  await clock.advanceAsync(60_000);
  expect(seen.failures).toMatchObject([{ reason: "DISCOVERY_LOST" }]);
  expect(host.told).toEqual(["lost", "lost"]);
  for (const registry of [one, two]) {
    registry.begin();
    await registry.start();
  }
  await clock.advanceAsync(1_000);
  one.set(of("a"));
  two.set(of("b"));
  await clock.advanceAsync(1_000);
  for (const list of seen.lists) expect(list).toEqual(["a", "b", "ghost"]);
  one.set(of("b"));
  two.set(of("a"));
  for (const registry of [one, two]) {
    registry.complete = true;
    registry.changed();
  }
  await clock.advanceAsync(0);
  expect(seen.lists.at(-1)).toEqual(["a", "b"]);
  expect(host.told).toEqual(["lost", "lost", "back", "back"]);
});

test("an instance that left while one registry was away does not come back with what that one said", async () => {
  const { one, two, seen } = await setUp();
  for (const registry of [one, two]) registry.set(of("a"), of("b"));
  await clock.advanceAsync(1_000);
  await one.stop();
  await clock.advanceAsync(5_000);
  two.forget("a");
  await clock.advanceAsync(0);
  expect(seen.lists.at(-1)).toEqual(["b"]);
  one.begin();
  await one.start();
  await clock.advanceAsync(1_000);
  one.set(of("b"));
  one.complete = true;
  one.changed();
  await clock.advanceAsync(0);
  expect(seen.lists.at(-1)).toEqual(["b"]);
});

function of(
  instance: string,
  rest: Parameters<typeof announcementOf>[1] = {},
  state: InstanceState = "alive",
) {
  const endpoints = [`tcp://192.0.2.1:${5_000 + (instance.codePointAt(0) ?? 0)}`];
  return instanceMessage({ ...announcementOf(instance, { endpoints, ...rest }), state, load: undefined }, 0);
}
