import { connect } from "node:net";
import { expect, test } from "vitest";
import { createClient, type HeliographError, listInstances } from "../../../src/index.js";
import { EchoService } from "../../gen/heliograph/test/v1/echo_heliograph.js";
import { Lateness } from "../../support/lateness.js";
import { until, within } from "../../support/within.js";
import { Scene } from "./scene.js";
import { failuresOf, SteadyCalls } from "./steady-calls.js";
import { steadyMs } from "./steady-time.js";
import { WatchedBalancer } from "./watched-balancer.js";

/** Within which a broken connection has to show, in what is called and what is told. */
const BAR_MS = 50;
const READY_BAR_MS = 100;
const HANGING = 20;

/** When the system breaks the connections to an endpoint, as seen by one that has nothing to do with the kit. */
function brokenConnection(endpoint: string): Promise<number> {
  const { hostname, port } = new URL(endpoint.replace("tcp:", "http:"));
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    socket.on("error", () => {});
    socket.on("close", () => resolve(steadyMs()));
    socket.resume();
  });
}

test("a killed instance is chosen no more, what it was asked ends at once, and a new one is called as soon as it is ready", async () => {
  await using scene = new Scene();
  const { endpoint } = await scene.registry();
  const registries = [endpoint];
  const [a, b, spare] = await Promise.all([
    scene.server("a", registries),
    scene.server("b", registries),
    scene.process(),
  ]);
  const balancer = new WatchedBalancer();
  const caller = scene.node("caller", registries, { balancer });
  const client = createClient(caller, EchoService);
  using late = new Lateness();
  const load = new SteadyCalls(1_000, async () => (await client.echo({}, { timeoutMs: 30_000 })).text);
  await until(20_000, "both to be called", () => load.answeredBy("a") > 100 && load.answeredBy("b") > 100);

  // Killed, with calls that hang there.
  const hanging = Array.from({ length: HANGING }, () =>
    client.echo({ text: "never" }, { instance: b.instance }).then(
      () => expect.unreachable("it was answered"),
      (error: HeliographError) => ({ error, at: steadyMs() }),
    ),
  );
  const broken = brokenConnection(b.endpoint);
  const before = load.answeredBy("b");
  await until(20_000, "b to be called on", () => load.answeredBy("b") > before + 50);
  await b.server.signal("SIGKILL");
  const brokenAt = await broken;
  const ends = await within(20_000, "what hangs to end", Promise.all(hanging));
  for (const { error } of ends)
    expect(error).toMatchObject({ reason: "CONNECTION_LOST", notProcessed: false });
  const told = load.answeredBy("a");
  await until(20_000, "a to be called alone", () => load.answeredBy("a") > told + 300);
  const lastChoice = (balancer.chosenAt.get(b.instance) ?? 0) - brokenAt;
  const lastEnd =
    Math.max(...[...ends.map(({ at }) => at), ...load.failed.map(({ endedAt }) => endedAt)]) - brokenAt;
  for (const { error } of load.failed) expect(error).toMatchObject({ reason: "CONNECTION_LOST" });
  const lost = load.failed.length;

  // New ones.
  const waits: number[] = [];
  for (let number = 0; number < 5; number++) {
    const name = `new-${number}`;
    const { readyAt } = await spare.tell.serve({ name, registries });
    await until(20_000, `${name} to be called`, () => load.answeredBy(name) > 0);
    const { firstAt } = await spare.tell.stats();
    waits.push((firstAt[name] ?? Number.POSITIVE_INFINITY) - readyAt);
  }
  const tally = await load.stop();
  waits.sort((x, y) => x - y);
  console.info(
    `killed: chosen last after ${lastChoice.toFixed(1)} ms, ${HANGING + lost} calls told after ${lastEnd.toFixed(1)} ms; ` +
      `new: called after ${waits.map((ms) => ms.toFixed(1)).join(", ")} ms; ${tally.perSecond} calls/s, machine late by ${late.ms.toFixed(1)} ms`,
  );
  expect(lastChoice).toBeLessThan(BAR_MS + late.ms);
  expect(lastEnd).toBeLessThan(BAR_MS + late.ms);
  expect(waits[2]).toBeLessThan(READY_BAR_MS + late.ms);
  expect(tally.failed.length, JSON.stringify(failuresOf(tally))).toBe(lost);
  expect(a.server.process.exitCode).toBe(null);
});

test("who takes the place of a killed instance is called there soon, though its clock was set back an hour", async () => {
  await using scene = new Scene();
  const { endpoint: registry } = await scene.registry();
  const registries = [registry];
  const [first, second] = await Promise.all([scene.process(), scene.process()]);
  const { endpoint } = await first.tell.serve({ name: "first", registries, aheadMs: 3_600_000 });
  const caller = scene.node("caller", registries);
  const client = createClient(caller, EchoService);
  using late = new Lateness();
  const load = new SteadyCalls(200, async () => {
    const { text } = await client.echo({}, { waitForReady: true, timeoutMs: 30_000 });
    return text;
  });
  await until(20_000, "the first to be called", () => load.answeredBy("first") > 20);
  await first.signal("SIGKILL");
  await first.ended;
  const { instance, readyAt } = await second.tell.serve({ name: "second", registries, endpoint });
  await until(20_000, "the second to be called", () => load.answeredBy("second") > 0);
  const after = steadyMs() - readyAt;
  const known = await listInstances(caller, EchoService);
  const tally = await load.stop();
  console.info(`in the place of another: called ${after.toFixed()} ms after it was ready`);
  for (const { error } of tally.failed) expect(error).toMatchObject({ reason: "CONNECTION_LOST" });
  expect(known.map((info) => [info.instance, info.state])).toEqual([[instance, "alive"]]);
  expect(after).toBeLessThan(2_000 + late.ms);
});
