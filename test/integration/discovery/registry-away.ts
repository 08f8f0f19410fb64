import { expect } from "vitest";
import { createClient, listInstances, type Node, type NodeStatus } from "../../../src/index.js";
import { EchoService } from "../../gen/heliograph/test/v1/echo_heliograph.js";
import { Lateness } from "../../support/lateness.js";
import { scaled } from "../../support/soak.js";
import { until } from "../../support/within.js";
import { InstanceLog } from "./instance-log.js";
import { pass } from "./pass.js";
import { Scene } from "./scene.js";
import { failuresOf, SteadyCalls } from "./steady-calls.js";
import { steadyMs } from "./steady-time.js";

const INTERVAL_MS = 500;
const SLACK_MS = 500;
const PER_SECOND = scaled(1_000, 2_000);
const STOPPED_MS = scaled(2_500, 20_000);
const AWAY_MS = scaled(5_000, 60_000);

/** What a node says of its registries, from now on. */
function registryNews(node: Node): NodeStatus["kind"][] {
  const news: NodeStatus["kind"][] = [];
  void (async () => {
    for await (const { kind } of node.status()) if (kind.startsWith("registry-")) news.push(kind);
  })();
  return news;
}

/** A registry is stopped, goes on, is killed, stays away and comes back, while a node calls on. */
export async function registryAway(): Promise<void> {
  await using scene = new Scene();
  const [first, servers, others] = await Promise.all([scene.process(), scene.process(), scene.process()]);
  const { endpoint } = await first.tell.registry({ heartbeatMs: INTERVAL_MS });
  const registries = [endpoint];
  const a = await servers.tell.serve({ name: "a", registries });
  const b = await servers.tell.serve({ name: "b", registries });
  const caller = scene.node("caller", registries);
  const client = createClient(caller, EchoService);
  const log = new InstanceLog(caller);
  const news = registryNews(caller);
  const load = new SteadyCalls(PER_SECOND, async () => (await client.echo({}, { timeoutMs: 30_000 })).text);
  await until(20_000, "both to be called", () => load.answeredBy("a") > 100 && load.answeredBy("b") > 100);

  // Its time stands still.
  await first.signal("SIGSTOP");
  await pass(STOPPED_MS);
  const continuedAt = steadyMs();
  await first.signal("SIGCONT");
  await pass(2 * INTERVAL_MS);
  const lives = await listInstances(caller, EchoService);
  expect(lives.map(({ node, state }) => `${node} ${state}`)).toEqual(["a alive", "b alive"]);
  for (const { instance } of [a, b]) expect(log.kinds(instance, continuedAt)).not.toContain("down");

  // It is gone.
  news.length = 0;
  await first.signal("SIGKILL");
  const goneAt = steadyMs();
  await until(20_000, "the node to say so", () => news.includes("registry-lost"));
  const { instance } = await others.tell.serve({ name: "c", registries });
  await pass(AWAY_MS - (steadyMs() - goneAt));
  expect(log.kinds(instance)).toEqual([]);
  await others.tell.registry({ endpoint, heartbeatMs: INTERVAL_MS });
  using late = new Lateness();
  const backAt = steadyMs();
  const found = (await log.when("up", instance, backAt)) - backAt;
  await until(20_000, "the new one to be called", () => load.answeredBy("c") > 0);
  const called = steadyMs() - backAt;
  await until(20_000, "the node to say so", () => news.length === 2);
  // Until the registry is complete: what it was not told is dropped then.
  await pass(3.5 * INTERVAL_MS);
  const tally = await load.stop();
  const known = await listInstances(caller, EchoService);
  console.info(
    `registry stopped for ${STOPPED_MS} ms, away for ${AWAY_MS} ms: ${tally.answered} calls (${tally.perSecond}/s), ` +
      `${tally.failed.length} failed; a new node found ${found.toFixed()} ms after its return, called after ${called.toFixed()} ms`,
  );
  expect(failuresOf(tally)).toEqual({});
  expect(news).toEqual(["registry-lost", "registry-back"]);
  expect(known.map(({ node, state }) => `${node} ${state}`)).toEqual(["a alive", "b alive", "c alive"]);
  expect(log.kinds(a.instance, goneAt)).toEqual([]);
  expect(log.kinds(b.instance, goneAt)).toEqual([]);
  expect(found).toBeLessThan(INTERVAL_MS + SLACK_MS + late.ms);
}
