import { expect, test } from "vitest";
import { createClient, listInstances } from "../../../src/index.js";
import { EchoService } from "../../gen/heliograph/test/v1/echo_heliograph.js";
import { freePort } from "../../support/free-port.js";
import { until, within } from "../../support/within.js";
import { Scene } from "./scene.js";
import { failuresOf, SteadyCalls } from "./steady-calls.js";
import { steadyMs } from "./steady-time.js";
import { WatchedBalancer } from "./watched-balancer.js";

const PROCESSES = 4;
/** In each process; those of one have the names of those of all others. */
const NODES = 25;
const KNOWN_BAR_MS = 5_000;
const END_BAR_MS = 5_000;

test("a hundred nodes that start in the same moment with nobody there all find each other, though four have each name, and all end when they are told to", async () => {
  await using scene = new Scene();
  const registries = [`local:${await freePort()}`];
  const processes = await Promise.all(Array.from({ length: PROCESSES }, () => scene.process()));
  const began = steadyMs();
  await Promise.all(processes.map(({ tell }) => tell.serve({ name: "crowd", count: NODES, registries })));
  const ready = steadyMs() - began;
  const balancer = new WatchedBalancer();
  const caller = scene.node("caller", registries, { balancer });
  const known = await listInstances(caller, EchoService);
  const listed = steadyMs() - began;
  const client = createClient(caller, EchoService);
  const load = new SteadyCalls(1_000, async () => (await client.echo({}, { timeoutMs: 30_000 })).text);
  await until(20_000, "all to be called", () => balancer.chosen.size === PROCESSES * NODES);
  const tally = await load.stop();
  const called = steadyMs() - began;
  const told = steadyMs();
  await Promise.all(processes.map((each) => each.signal("SIGTERM")));
  const codes = await within(20_000, "all to end", Promise.all(processes.map(({ ended }) => ended)));
  const over = steadyMs() - told;
  while ((await listInstances(caller, EchoService)).length > 0)
    expect(steadyMs() - told, "some are still listed").toBeLessThan(20_000);
  console.info(
    `${PROCESSES * NODES} nodes in ${PROCESSES} processes: all ready after ${ready.toFixed()} ms, listed after ` +
      `${listed.toFixed()} ms, called after ${called.toFixed()} ms; all ended ${over.toFixed()} ms after SIGTERM`,
  );
  expect(new Set(known.map(({ instance }) => instance)).size).toBe(PROCESSES * NODES);
  expect(new Set(known.map(({ node }) => node)).size).toBe(NODES);
  expect(new Set(known.map(({ state }) => state))).toEqual(new Set(["alive"]));
  expect(failuresOf(tally)).toEqual({});
  expect(codes).toEqual(Array.from(processes, () => 0));
  expect(listed).toBeLessThan(KNOWN_BAR_MS);
  expect(over).toBeLessThan(END_BAR_MS);
});
