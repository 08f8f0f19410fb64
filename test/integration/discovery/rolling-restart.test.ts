import { Buffer } from "node:buffer";
import { expect, test } from "vitest";
import { createClient, fixed, type Node } from "../../../src/index.js";
import type { Note } from "../../gen/heliograph/test/v1/call.js";
import { CallService } from "../../gen/heliograph/test/v1/call_heliograph.js";
import { EchoService } from "../../gen/heliograph/test/v1/echo_heliograph.js";
import { freePort } from "../../support/free-port.js";
import { scaled, soaking } from "../../support/soak.js";
import { until, within } from "../../support/within.js";
import { Scene, type ServerProcess } from "./scene.js";
import { type CallTally, failuresOf, SteadyCalls } from "./steady-calls.js";
import { steadyMs } from "./steady-time.js";

const PER_SECOND = 5_000;
/** Streams that are begun in a second, and their messages, one every 5 ms. */
const STREAMS_PER_SECOND = 20;
const MESSAGES = 60;
/** Streams of requests of each kind, and their requests. */
const REQUEST_STREAMS_PER_SECOND = 250;
const REQUESTS = 12;
const SUM = (BigInt(REQUESTS) * BigInt(REQUESTS + 1)) / 2n;
/** Too large for the packet that the other requests travel in. */
const LARGE = Buffer.alloc(20_000);
const ROUNDS = scaled(1, 10);
const NAMES = ["a", "b", "c"];

/** What is made all the time from one node; the first is answered with the name of the server. */
type Loads = Readonly<Record<string, SteadyCalls>>;

/** Calls and streams of answers. */
function callOn(caller: Node): Loads {
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

/** Streams of requests, all the time, of which many cross the word of a server that it drains. */
function streamOn(caller: Node): Loads {
  const client = createClient(caller, CallService);
  const timeoutMs = 30_000;
  let begun = 0;
  return {
    sums: new SteadyCalls(REQUEST_STREAMS_PER_SECOND, async () => {
      const { number, text } = await client.sum(requests(++begun % 3), { timeoutMs });
      if (number !== SUM) throw new Error(`${number} is not the sum of all requests`);
      return text;
    }),
    chats: new SteadyCalls(REQUEST_STREAMS_PER_SECOND, async () => {
      let received = 0n;
      let server = "";
      for await (const { number, text } of client.chat(requests(++begun % 3), { timeoutMs })) {
        received++;
        server ||= text;
        if (number !== received || text !== server)
          throw new Error(`${number} of ${text} came in place of ${received}`);
      }
      if (received !== BigInt(REQUESTS)) throw new Error(`${received} answers`);
      return server;
    }),
  };
}

/** At once, over as many turns of the event loop, or over twice as many, and so with their end before or after the word. */
async function* requests(way: number): AsyncGenerator<Partial<Note>> {
  for (let number = 1n; number <= REQUESTS; number++) {
    for (let turns = way; turns > 0; turns--) await new Promise(setImmediate);
    yield number === 3n ? { number, data: LARGE } : { number };
  }
}

/** Ends each server by SIGTERM, one after the other, and starts another in its place. */
async function restartAll(
  scene: Scene,
  servers: readonly ServerProcess[],
  registries: readonly string[],
  calls: SteadyCalls,
  round: number,
): Promise<readonly ServerProcess[]> {
  const restarted: ServerProcess[] = [];
  // Else much of the time would be that of compiling programs.
  const spares = await Promise.all(servers.map(() => scene.process()));
  for (const [index, { server, endpoint }] of servers.entries()) {
    const spare = spares[index];
    if (spare === undefined) throw new Error("no process");
    await server.signal("SIGTERM");
    expect(await within(20_000, "a server to end", server.ended)).toBe(0);
    const name = `${NAMES[index]}${round}`;
    const served = await spare.tell.serve({ name, registries, endpoint });
    restarted.push({ server: spare, ...served });
    await until(10_000, `${name} to be called`, () => calls.answeredBy(name) > 100);
  }
  return restarted;
}

/** With no registries the caller is told the addresses, and by nobody that one of them drains. */
async function rolling(
  scene: Scene,
  registries: readonly string[],
  load: (caller: Node) => Loads,
): Promise<{ readonly lost: readonly string[]; readonly tallies: Readonly<Record<string, CallTally>> }> {
  const servers: ServerProcess[] = [];
  // One after the other: where they share a registry of the machine, the first one serves it.
  for (const name of NAMES) servers.push(await scene.server(name, registries));
  const endpoints = servers.map(({ endpoint }) => endpoint);
  const known = fixed([{ services: [EchoService, CallService], endpoints }]);
  const caller = scene.node("caller", registries, { resolvers: registries.length > 0 ? [] : [known] });
  const lost: string[] = [];
  void (async () => {
    for await (const status of caller.status())
      if (status.kind === "registry-lost") lost.push(status.error.message);
  })();
  const loads = load(caller);
  const [calls] = Object.values(loads);
  if (calls === undefined) throw new Error("no load");
  await until(10_000, "all to be called", () => {
    for (const each of Object.values(loads)) expect(failuresOf(each)).toEqual({});
    return NAMES.every((name) => calls.answeredBy(name) > 100);
  });
  const began = steadyMs();
  let current: readonly ServerProcess[] = servers;
  for (let round = 1; round <= ROUNDS; round++)
    current = await restartAll(scene, current, registries, calls, round);
  const seconds = (steadyMs() - began) / 1_000;
  const tallies: Record<string, CallTally> = {};
  await Promise.all(
    Object.entries(loads).map(async ([name, each]) => {
      tallies[name] = await each.stop();
    }),
  );
  const texts = Object.entries(tallies).map(
    ([name, { answered, perSecond, slowestMs, failed }]) =>
      `${answered} ${name} (${perSecond}/s, slowest ${slowestMs} ms), ${failed.length} failed`,
  );
  console.info(`restarted ${ROUNDS * NAMES.length} times in ${seconds.toFixed(1)} s: ${texts.join("; ")}`);
  for (const tally of Object.values(tallies)) expect(failuresOf(tally)).toEqual({});
  return { lost, tallies };
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
    const { lost, tallies } = await rolling(scene, [await registry(scene)], callOn);
    expect(Object.keys(tallies["streams"]?.by ?? {})).toEqual([`${MESSAGES} messages`]);
    expect(lost).toEqual([]);
  },
  scaled(60_000, 600_000),
);

/** Where nobody announces it, streams meet each drain. */
const known: readonly (readonly [string, (scene: Scene) => Promise<readonly string[]>])[] = [
  ["whose addresses are known", async () => []],
  ["that a registry tells of", async (scene) => [(await scene.registry()).endpoint]],
];

test.each(soaking ? known : known.slice(0, 1))(
  "three instances %s are restarted one by one, and no stream of requests fails",
  async (_, registries) => {
    await using scene = new Scene();
    await rolling(scene, await registries(scene), streamOn);
  },
  scaled(60_000, 600_000),
);
