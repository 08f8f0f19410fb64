import { expect, test } from "vitest";
import { createClient, listInstances, serve } from "../../../src/index.js";
import { EchoResponse } from "../../gen/heliograph/test/v1/echo.js";
import { EchoService } from "../../gen/heliograph/test/v1/echo_heliograph.js";
import { cuttableLink } from "../../support/cuttable-link.js";
import { until } from "../../support/within.js";
import { InstanceLog } from "./instance-log.js";
import { pass } from "./pass.js";
import { Scene } from "./scene.js";
import { failuresOf, SteadyCalls } from "./steady-calls.js";

const INTERVAL_MS = 200;

test("where registries disagree of the only instance, calls go on: while one hears it, when that is lost, and when all is well again", async () => {
  await using scene = new Scene();
  const [one, other] = [await scene.registry(INTERVAL_MS), await scene.registry(INTERVAL_MS)];
  const link = scene.own(await cuttableLink(other.endpoint));
  const server = scene.node("server", [one.endpoint, link.endpoint]);
  await serve(server, EchoService, { echo: () => EchoResponse.create({ text: "server" }) });
  const caller = scene.node("caller", [one.endpoint, other.endpoint]);
  // Sees what the other registry says alone.
  const doubting = new InstanceLog(scene.node("doubting", [other.endpoint]));
  const log = new InstanceLog(caller);
  const client = createClient(caller, EchoService);
  const load = new SteadyCalls(500, async () => (await client.echo({})).text);
  const { instance } = server;
  await until(
    5_000,
    "both to know it",
    () => doubting.kinds(instance).length + log.kinds(instance).length === 2,
  );

  link.part();
  await until(20_000, "the other to miss it", () => doubting.kinds(instance).at(-1) === "stalled");
  await pass(2 * INTERVAL_MS);
  expect(log.kinds(instance)).toEqual(["up"]);

  await one.node.close({ graceMs: 0 });
  await until(
    5_000,
    "the caller to be told what the other says",
    () => log.kinds(instance).at(-1) === "stalled",
  );
  await pass(3 * INTERVAL_MS);

  link.heal();
  await until(20_000, "the other to hear it", () => log.kinds(instance).at(-1) === "up");
  await scene.registry(INTERVAL_MS, one.endpoint);
  await pass(5 * INTERVAL_MS);
  expect(log.kinds(instance)).toEqual(["up", "stalled", "up"]);
  expect((await listInstances(caller, EchoService)).map(({ state }) => state)).toEqual(["alive"]);
  expect(failuresOf(await load.stop())).toEqual({});
});
