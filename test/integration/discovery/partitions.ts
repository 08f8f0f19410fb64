import { expect } from "vitest";
import { createClient, listInstances } from "../../../src/index.js";
import { EchoService } from "../../gen/heliograph/test/v1/echo_heliograph.js";
import { type CuttableLink, cuttableLink, type LinkDirection } from "../../support/cuttable-link.js";
import { Lateness } from "../../support/lateness.js";
import { Random } from "../../support/random.js";
import { scaled, soaking } from "../../support/soak.js";
import { until } from "../../support/within.js";
import type { NodeProcess } from "./node-process.js";
import { pass } from "./pass.js";
import { Scene } from "./scene.js";
import { failuresOf, SteadyCalls } from "./steady-calls.js";
import { steadyMs } from "./steady-time.js";
import { WatchedBalancer } from "./watched-balancer.js";

const INTERVAL_MS = 400;
/** After which an instance that owes an answer is called no more, if there are others. */
const QUIET_MS = 1_250;
/** What a machine that is busy may add to a time that the kit keeps. */
const SLACK_MS = 600;
const SEED = 11;
const ROUNDS = scaled(1, 8);

const places = ["registry", "caller", "everybody"] as const;
const directions: readonly (readonly LinkDirection[])[] = [["up", "down"], ["up"], ["down"]];

/** A node that others reach only over links that can be parted. */
interface Island {
  readonly name: string;
  readonly instance: string;
  /** From whom it is parted. */
  readonly place: (typeof places)[number];
  readonly held: readonly LinkDirection[];
  readonly toRegistry: CuttableLink;
  readonly toNode: CuttableLink;
}

async function island(
  scene: Scene,
  { tell }: NodeProcess,
  registry: string,
  place: Island["place"],
  held: Island["held"],
): Promise<Island> {
  const toNode = scene.own(await cuttableLink());
  const toRegistry = scene.own(await cuttableLink(registry));
  const name = `${place}-${held.join("-")}`;
  const registries = [toRegistry.endpoint];
  const { instance, endpoint } = await tell.serve({ name, registries, advertise: [toNode.endpoint] });
  toNode.leadTo(endpoint);
  return { name, instance, place, held, toRegistry, toNode };
}

function linksOf({ place, toRegistry, toNode }: Island): CuttableLink[] {
  if (place === "registry") return [toRegistry];
  return place === "caller" ? [toNode] : [toRegistry, toNode];
}

/** Nodes are parted from the registry, from who calls them, and from both. */
export async function partitions(): Promise<void> {
  await using scene = new Scene();
  const random = new Random(SEED);
  const { endpoint } = await scene.registry(INTERVAL_MS);
  const [lasting, mortal] = await Promise.all([scene.process(), scene.process()]);
  const islands: Island[] = [];
  for (const place of places)
    for (const held of directions) islands.push(await island(scene, lasting, endpoint, place, held));
  const doomed = await island(scene, mortal, endpoint, "everybody", []);
  const balancer = new WatchedBalancer();
  const caller = scene.node("caller", [endpoint], { balancer });
  const client = createClient(caller, EchoService);
  const names = islands.map(({ name }) => name).sort();
  const living = names.map((name) => `${name} alive`);
  const known = async () => {
    const instances = await listInstances(caller, EchoService);
    return instances.filter(({ state }) => state !== "dead").map(({ node, state }) => `${node} ${state}`);
  };
  const load = new SteadyCalls(500, async () => (await client.echo({}, { timeoutMs: 120_000 })).text);
  await until(20_000, "all to be called", () =>
    [...names, doomed.name].every((name) => load.answeredBy(name) > 10),
  );
  // Those that are parted from the registry alone are asked all the time.
  const reachable = islands
    .filter(({ place }) => place === "registry")
    .map(({ instance }) => new SteadyCalls(20, async () => (await client.echo({}, { instance })).text));

  for (let round = 0; round < ROUNDS; round++) {
    const lengthMs = soaking ? 1_000 + random.below(59_000) : 3_600;
    using late = new Lateness();
    const partedAt = steadyMs();
    for (const each of [...islands, doomed]) for (const link of linksOf(each)) link.part(...each.held);
    await pass(lengthMs / 2);
    await mortal.signal("SIGKILL");
    await pass(lengthMs / 2);
    const unreachable = islands.filter(({ place }) => place !== "registry");
    const chosen =
      Math.max(...unreachable.map(({ instance }) => balancer.chosenAt.get(instance) ?? 0)) - partedAt;
    const healedAt = steadyMs();
    for (const each of [...islands, doomed]) for (const link of linksOf(each)) link.heal(random.chance(0.5));
    while (`${await known()}` !== `${living}`) {
      expect(steadyMs() - healedAt, `${await known()}`).toBeLessThan(10 * INTERVAL_MS);
      await pass(10);
    }
    const whole = steadyMs() - healedAt;
    const before = names.map((name) => load.answeredBy(name));
    await until(20_000, "all to be called", () =>
      names.every((name, n) => load.answeredBy(name) > (before[n] ?? 0) + 10),
    );
    console.info(
      `parted for ${lengthMs} ms (seed ${SEED}, round ${round}): chosen last after ${chosen.toFixed()} ms; ` +
        `all known again ${whole.toFixed()} ms after it healed, all called after ${(steadyMs() - healedAt).toFixed()} ms`,
    );
    expect(chosen).toBeLessThan(QUIET_MS + SLACK_MS + late.ms);
    expect(whole).toBeLessThan(3 * INTERVAL_MS + SLACK_MS + late.ms);
  }
  const tally = await load.stop();
  for (const calls of reachable) expect(failuresOf(await calls.stop())).toEqual({});
  // What was under way to nodes that were cut off and taken for dead: nobody can know what became of it.
  for (const { error } of tally.failed) expect(error).toMatchObject({ notProcessed: false });
  expect(new Set(tally.failed.map(({ error }) => error.reason))).toEqual(new Set(["CONNECTION_LOST"]));
}
