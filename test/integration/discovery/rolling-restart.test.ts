import { expect, test } from "vitest";
import { createClient, type Node } from "../../../src/index.js";
import { CallService } from "../../gen/heliograph/test/v1/call_heliograph.js";
import { EchoService } from "../../gen/heliograph/test/v1/echo_heliograph.js";
import { freePort } from "../../support/free-port.js";
import { scaled, soaking } from "../../support/soak.js";
import { until, within } from "../../support/within.js";
import { Scene, type ServerProcess } from "./scene.js";
import { failuresOf, SteadyCalls } from "./steady-calls.js";
import { steadyMs } from "./steady-time.js";

const PER_SECOND = 5_000;
/** Streams that are begun in a second, and their messages, one every 5 ms. */
const STREAMS_PER_SECOND = 20;
const MESSAGES = 60;
const ROUNDS = scaled(1, 10);
const NAMES = ["a", "b", "c"];

/** Calls and streams, all the time, from one node. */
function callOn(caller: Node) {
  const echo = createClient(caller, EchoService);
  const streams = createClient(caller, CallService);
  return {
    calls: new SteadyCalls(PER_SECOND, async () => (await echo.echo({}, { timeoutMs: 30_000 })).text),
    streams: new SteadyCalls(STREAMS_PER_SECOND, async () => {
      let received = 0n;
      for await (const { number } of streams.count({ number: BigInt(MESSAGES) }, { timeoutMs: 30_000 })) {
        received++;
        if (number !== received) throw new Error(`${number} came in the place of ${received}`);
      }
      return `${received} messages`;
    }),
  };
}

/** Ends each server by SIGTERM, one after the other, and starts another in its place. */
async function restartAll(
  scene: Scene,
  servers: readonly ServerProcess[],
  registries: readonly string[],
  calls: SteadyCalls,
  round: number,
): Promise<ServerProcess[]> {
  const restarted: ServerProcess[] = [];
  // Else much of the time would be that of compiling programs.
  const spares = await Promise.all(servers.map(() => scene.process()));
  for (const [index, { server }] of servers.entries()) {
    const spare = spares[index];
    if (spare === undefined) throw new Error("no process");
    await server.signal("SIGTERM");
    expect(await within(20_000, "a server to end", server.ended)).toBe(0);
    const name = `${NAMES[index]}${round}`;
    const served = await spare.tell.serve({ name, registries });
    restarted.push({ server: spare, ...served });
    await until(20_000, `${name} to be called`, () => calls.answeredBy(name) > 100);
  }
  return restarted;
}

async function rolling(
  scene: Scene,
  registries: readonly string[],
): Promise<{ readonly lost: readonly string[] }> {
  const servers: ServerProcess[] = [];
  // One after the other: where they share a registry of the machine, the first one serves it.
  for (const name of NAMES) servers.push(await scene.server(name, registries));
  const caller = scene.node("caller", registries);
  const lost: string[] = [];
  void (async () => {
    for await (const status of caller.status())
      if (status.kind === "registry-lost") lost.push(status.error.message);
  })();
  const { calls, streams } = callOn(caller);
  await until(20_000, "all to be called", () => NAMES.every((name) => calls.answeredBy(name) > 100));
  const began = steadyMs();
  let current: readonly ServerProcess[] = servers;
  for (let round = 1; round <= ROUNDS; round++)
    current = await restartAll(scene, current, registries, calls, round);
  const seconds = (steadyMs() - began) / 1_000;
  const [tally, streamed] = await Promise.all([calls.stop(), streams.stop()]);
  console.info(
    `restarted ${ROUNDS * NAMES.length} times in ${seconds.toFixed(1)} s: ${tally.answered} calls (${tally.perSecond}/s, slowest ` +
      `${tally.slowestMs} ms), ${tally.failed.length} failed; ${streamed.answered} streams, ${streamed.failed.length} failed`,
  );
  expect(failuresOf(tally)).toEqual({});
  expect(failuresOf(streamed)).toEqual({});
  expect(Object.keys(streamed.by)).toEqual([`${MESSAGES} messages`]);
  return { lost };
}

/** The registry of the machine is the harder one: it goes with each server that serves it. */
const registries: readonly (readonly [string, (scene: Scene) => Promise<string>])[] = [
  ["the servers serve the registry of the machine in turns", async () => `local:${await freePort()}`],
  ["there is a registry of its own", async (scene) => (await scene.registry()).endpoint],
];

test.each(soaking ? registries : registries.slice(0, 1))(
  "three instances are restarted one by one, and no call and no stream fails: %s",
  async (_, registry) => {
    await using scene = new Scene();
    const { lost } = await rolling(scene, [await registry(scene)]);
    expect(lost).toEqual([]);
  },
  scaled(60_000, 600_000),
);
