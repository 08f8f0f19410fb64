import { afterEach, expect, test, vi } from "vitest";
import { RegistryService } from "../../../src/gen/heliograph/discovery/v1/registry_heliograph.js";
import {
  Code,
  connectTo,
  createClient,
  createNode,
  insecure,
  listInstances,
  serve,
} from "../../../src/index.js";
import { EchoResponse } from "../../gen/heliograph/test/v1/echo.js";
import { EchoService } from "../../gen/heliograph/test/v1/echo_heliograph.js";
import { Registrant } from "../../support/registry-peers.js";
import { until } from "../../support/within.js";
import { InstanceLog } from "./instance-log.js";
import { pass } from "./pass.js";
import { Scene } from "./scene.js";
import { failuresOf, SteadyCalls } from "./steady-calls.js";

const INTERVAL_MS = 200;
const MIB = 1024 * 1024;
const ECHO = [{ name: EchoService.$service, schemaHash: "" }];

afterEach(() => {
  vi.unstubAllEnvs();
});

/** A registry, one server known to it, and a peer of the registry that says what a test wants it to. */
async function start(scene: Scene) {
  const { endpoint } = await scene.registry(INTERVAL_MS);
  const honest = scene.node("honest", [endpoint]);
  await serve(honest, EchoService, { echo: () => EchoResponse.create({ text: "honest" }) });
  const caller = scene.node("caller", [endpoint]);
  const peer = () => {
    const connection = scene.own(connectTo([endpoint], { security: insecure() }));
    return createClient(connection, RegistryService);
  };
  return { honest, caller, peer };
}

test("announcements of a megabyte are refused, one after the other, and harm nobody", async () => {
  await using scene = new Scene();
  const { caller, peer } = await start(scene);
  const log = new InstanceLog(caller);
  const client = createClient(caller, EchoService);
  const load = new SteadyCalls(200, async () => (await client.echo({})).text);
  const before = process.memoryUsage.rss();
  const large = { services: ECHO, labels: { text: "x".repeat(MIB) } };
  const registry = peer();
  const liars = Array.from({ length: 100 }, (_, n) => {
    const liar = new Registrant(registry);
    liar.announce(`large-${n}`, large);
    return liar;
  });
  await until(20_000, "all to be refused", () => liars.every(({ end }) => end !== undefined));
  for (const { end } of liars) expect(end).toMatchObject({ reason: "REGISTRATION_REFUSED" });
  // As many as there may be, of the largest that is taken.
  const heavy = Array.from({ length: 500 }, (_, n) => ["l".repeat(200) + n, "x".repeat(250)]).slice(0, 64);
  const crowd = Array.from({ length: 600 }, (_, n) => {
    const each = new Registrant(registry);
    each.announce(`heavy-${n}`, { labels: Object.fromEntries(heavy), services: services(480) });
    return each;
  });
  await until(20_000, "the registry to be full", () => crowd.some(({ end }) => end !== undefined));
  for (const { end } of crowd)
    if (end !== undefined) expect(end).toMatchObject({ reason: "REGISTRATION_REFUSED" });
  const grown = process.memoryUsage.rss() - before;
  const tally = await load.stop();
  console.info(`100 announcements of 1 MiB and 600 of the largest kind: +${Math.round(grown / MIB)} MiB`);
  expect(failuresOf(tally)).toEqual({});
  expect(log.events.map(({ kind, node }) => `${node} ${kind}`)).toEqual(["honest up"]);
  expect(grown).toBeLessThan(512 * MIB);
});

/** So many, with the longest names. */
function services(count: number) {
  return Array.from({ length: count }, (_, n) => ({
    name: `test.${"s".repeat(120)}${String(n).padStart(4, "0")}`,
    schemaHash: "0123456789abcdef",
  }));
}

test.each([
  ["calls go on", 0],
  ["as a later life of it: calls fail for the time", 1],
])(
  "who claims to be another takes no calls from it, and gives its place back when it goes; %s",
  async (_, later) => {
    await using scene = new Scene();
    const { honest, caller, peer } = await start(scene);
    const client = createClient(caller, EchoService);
    const load = new SteadyCalls(200, async () => (await client.echo({})).text);
    await until(20_000, "the server to be called", () => load.answeredBy("honest") > 10);
    const impostor = scene.node("impostor", []);
    const { endpoints } = await serve(impostor, EchoService, {
      echo: () => EchoResponse.create({ text: "impostor" }),
    });
    const { instance, host } = honest;
    const claim = new Registrant(peer());
    const life = { node: "honest", host, epoch: honest.epoch + later, version: 10 };
    claim.announce(instance, { ...life, endpoints, services: ECHO });
    const knows = async () => (await listInstances(caller, EchoService)).flatMap((info) => info.endpoints);
    while (`${await knows()}` !== `${endpoints}`) await pass(10);
    await pass(3 * INTERVAL_MS);
    claim.cancel();
    while (`${await knows()}` !== `${honest.endpoints}`) await pass(10);
    const before = load.answeredBy("honest");
    await until(20_000, "the server to be called", () => load.answeredBy("honest") > before + 10);
    const { by, failed } = await load.stop();
    expect(Object.keys(by)).toEqual(["honest"]);
    if (later === 0) expect(failuresOf({ failed })).toEqual({});
    for (const { error } of failed)
      expect(error).toMatchObject({ code: Code.Unavailable, notProcessed: true });
    const known = await listInstances(caller, EchoService);
    expect(known).toMatchObject([{ instance, node: "honest", state: "alive", endpoints: honest.endpoints }]);
  },
);

test.each([
  "7700",
  "tcp://127.0.0.1",
  "local:0",
  "local:99999",
  "http://127.0.0.1:7700",
  "tcp://127.0.0.1:*",
  "off,local",
])("HELIOGRAPH_REGISTRY=%s is refused before anything is started, by its name", (value) => {
  vi.stubEnv("HELIOGRAPH_REGISTRY", value);
  expect(() => createNode({ name: "a", security: insecure() })).toThrow(
    /^INVALID_ARGUMENT: HELIOGRAPH_REGISTRY: /,
  );
});
