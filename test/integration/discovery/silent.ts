import { expect } from "vitest";
import { type Client, createClient, listInstances, type Node, serve } from "../../../src/index.js";
import { failure } from "../../contract/rpc-harness.js";
import { EchoResponse } from "../../gen/heliograph/test/v1/echo.js";
import { EchoService } from "../../gen/heliograph/test/v1/echo_heliograph.js";
import { Lateness } from "../../support/lateness.js";
import { scaled } from "../../support/soak.js";
import { until } from "../../support/within.js";
import { InstanceLog } from "./instance-log.js";
import type { NodeProcess } from "./node-process.js";
import { pass } from "./pass.js";
import type { Scene, ServerProcess } from "./scene.js";
import { SteadyCalls } from "./steady-calls.js";
import { steadyMs } from "./steady-time.js";
import { WatchedBalancer } from "./watched-balancer.js";

const INTERVAL_MS = 1_000;
/** What a machine that is busy may add to a time that the kit keeps. */
const SLACK_MS = 600;
/** After which an instance that owes an answer is called no more, if there are others. */
const QUIET_MS = 1_250;
const BLOCKED_MS = 5_000;
const STOPPED_MS = scaled(3_500, 15_000);

/** Three servers, and calls to all of them from here and from another process. */
export interface SilentCast {
  readonly stopped: ServerProcess;
  readonly blocked: ServerProcess;
  readonly callers: NodeProcess;
  readonly caller: Node;
  readonly client: Client<EchoService>;
  readonly balancer: WatchedBalancer;
  readonly log: InstanceLog;
  readonly load: SteadyCalls;
}

export async function silentCast(scene: Scene): Promise<SilentCast> {
  const { endpoint } = await scene.registry(INTERVAL_MS);
  const registries = [endpoint];
  const well = scene.node("well", registries);
  await serve(well, EchoService, { echo: () => EchoResponse.create({ text: "well" }) });
  const [stopped, blocked, callers] = await Promise.all([
    scene.server("stopped", registries),
    scene.server("blocked", registries),
    scene.process(),
  ]);
  const balancer = new WatchedBalancer();
  const caller = scene.node("caller", registries, { balancer });
  const client = createClient(caller, EchoService);
  const log = new InstanceLog(caller);
  const load = new SteadyCalls(500, async () => (await client.echo({}, { timeoutMs: 60_000 })).text);
  await callers.tell.call({ registries, perSecond: 200 });
  const all = ["well", "stopped", "blocked"];
  await until(20_000, "all to be called", () => all.every((name) => load.answeredBy(name) > 50));
  return { stopped, blocked, callers, caller, client, balancer, log, load };
}

/** Stops a process, and lets it go on. */
export async function stopsAndGoesOn(cast: SilentCast): Promise<void> {
  using late = new Lateness();
  const { stopped, balancer, log, load } = cast;
  const { instance, server } = stopped;
  const stoppedAt = steadyMs();
  await server.signal("SIGSTOP");
  const suspect = (await log.when("suspect", instance, stoppedAt)) - stoppedAt;
  const dead = (await log.when("down", instance, stoppedAt)) - stoppedAt;
  const chosen = (balancer.chosenAt.get(instance) ?? 0) - stoppedAt;
  const before = load.answeredBy("stopped");
  const continuedAt = steadyMs();
  await server.signal("SIGCONT");
  const up = (await log.when("up", instance, continuedAt)) - continuedAt;
  await until(20_000, "it to be called again", () => load.answeredBy("stopped") > before + 50);
  console.info(
    `stopped: suspect after ${suspect.toFixed()} ms, dead after ${dead.toFixed()} ms, chosen last after ${chosen.toFixed()} ms; ` +
      `going on: alive after ${up.toFixed()} ms`,
  );
  expect(log.kinds(instance, stoppedAt)).toEqual(["suspect", "down", "up"]);
  expect(suspect).toBeLessThan(2 * INTERVAL_MS + SLACK_MS + late.ms);
  expect(dead).toBeLessThan(3 * INTERVAL_MS + SLACK_MS + late.ms);
  expect(chosen).toBeLessThan(QUIET_MS + SLACK_MS + late.ms);
  expect(up).toBeLessThan(INTERVAL_MS + SLACK_MS + late.ms);
}

/** Blocks the event loop of a process for a while. */
export async function isBlocked(cast: SilentCast): Promise<void> {
  const { blocked, balancer, caller, client, log } = cast;
  const { instance, endpoint } = blocked;
  const lost: string[] = [];
  void (async () => {
    for await (const status of caller.status())
      if (status.kind === "disconnected" && status.endpoint === endpoint) lost.push(status.error.message);
  })();
  using late = new Lateness();
  const blockedAt = steadyMs();
  const blocking = client.echo({ text: "block", delayMs: BLOCKED_MS }, { instance });
  const asked = failure(client.echo({}, { instance, timeoutMs: 3_000 }));
  const stalled = (await log.when("stalled", instance, blockedAt)) - blockedAt;
  const known = await listInstances(caller, EchoService);
  const { message } = await failure(client.echo({}, { instance, timeoutMs: 500 }));
  const chosen = (balancer.chosenAt.get(instance) ?? 0) - blockedAt;
  await blocking;
  const backAt = steadyMs();
  await log.when("up", instance, blockedAt);
  await until(20_000, "it to be called again", () => (balancer.chosenAt.get(instance) ?? 0) > backAt);
  console.info(
    `blocked: stalled after ${stalled.toFixed()} ms, chosen last after ${chosen.toFixed()} ms; told: ${message}`,
  );
  expect(known.find((each) => each.instance === instance)).toMatchObject({
    state: "stalled",
    endpoints: [endpoint],
  });
  expect(message).toMatch(/is stalled|is said to be stalled/);
  expect(await asked).toMatchObject({
    reason: "PEER_STALLED",
    message: expect.stringContaining("is stalled"),
  });
  expect(log.kinds(instance, blockedAt)).toEqual(["stalled", "up"]);
  expect(lost).toEqual([]);
  expect(stalled).toBeLessThan(2 * INTERVAL_MS + SLACK_MS + late.ms);
  expect(chosen).toBeLessThan(QUIET_MS + SLACK_MS + late.ms);
}

/** Stops the process that calls, and lets it go on. */
export async function callerStops(cast: SilentCast): Promise<void> {
  const { callers } = cast;
  const before = await callers.tell.tally();
  await callers.signal("SIGSTOP");
  await pass(STOPPED_MS);
  await callers.signal("SIGCONT");
  let tally = await callers.tell.tally();
  while (tally.answered < before.answered + 200) tally = await callers.tell.tally();
  expect(tally.failed).toEqual([]);
}
