import { expect, test } from "vitest";
import { createClient, listInstances } from "../../../src/index.js";
import { EchoService } from "../../gen/heliograph/test/v1/echo_heliograph.js";
import { freePort } from "../../support/free-port.js";
import { until } from "../../support/within.js";
import { Scene } from "./scene.js";
import { failuresOf, SteadyCalls } from "./steady-calls.js";
import { steadyMs } from "./steady-time.js";
import { WatchedBalancer } from "./watched-balancer.js";

const PROCESSES = 4;
/** In each process; those of one have the names of those of all others. */
const NODES = 25;
const KNOWN_BAR_MS = 5_000;

test("a hundred nodes that start in the same moment with nobody there all find each other, though four have each name", async () => {
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
  console.info(
    `${PROCESSES * NODES} nodes in ${PROCESSES} processes: all ready after ${ready.toFixed()} ms, listed after ` +
      `${listed.toFixed()} ms, called after ${(steadyMs() - began).toFixed()} ms`,
  );
  expect(new Set(known.map(({ instance }) => instance)).size).toBe(PROCESSES * NODES);
  expect(new Set(known.map(({ node }) => node)).size).toBe(NODES);
  expect(new Set(known.map(({ state }) => state))).toEqual(new Set(["alive"]));
  expect(failuresOf(tally)).toEqual({});
  expect(listed).toBeLessThan(KNOWN_BAR_MS);
}, 60_000);
