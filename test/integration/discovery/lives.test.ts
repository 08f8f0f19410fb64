import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, inject, test } from "vitest";
import { createClient, createNode, insecure, listInstances, serve } from "../../../src/index.js";
import { Note } from "../../gen/heliograph/test/v1/call.js";
import { CallService } from "../../gen/heliograph/test/v1/call_heliograph.js";
import { EchoResponse } from "../../gen/heliograph/test/v1/echo.js";
import { EchoService } from "../../gen/heliograph/test/v1/echo_heliograph.js";
import { freePort } from "../../support/free-port.js";
import { Lateness } from "../../support/lateness.js";
import { plateau } from "../../support/plateau.js";
import { Random } from "../../support/random.js";
import { scaled } from "../../support/soak.js";
import { until, within } from "../../support/within.js";
import { pass } from "./pass.js";
import { Scene, silent } from "./scene.js";
import { failuresOf, SteadyCalls } from "./steady-calls.js";

const LIVES = scaled(60, 5_000);
const BYTES_PER_LIFE = scaled(80_000, 4_000);
const CHANGES = 1_000;
const STARTS = scaled(40, 1_000);
const SEED = 7;
/** A node that waits for nobody closes at once, but for what the machine is busy with. */
const CLOSE_MS = 2_000;

const handlers = { echo: () => EchoResponse.create({ text: "echo" }) };

test(`${LIVES} nodes that find each other, call and close leave nothing behind`, async () => {
  const make = (name: string, registries: readonly string[]) =>
    createNode({ name, registries, security: insecure(), logger: silent });
  await plateau(LIVES, BYTES_PER_LIFE, async () => {
    const registries = [`local:${await freePort()}`];
    const [one, other] = [make("one", registries), make("other", registries)];
    await serve(one, EchoService, handlers);
    expect(await createClient(other, EchoService).echo({})).toMatchObject({ text: "echo" });
    await Promise.all([one.close(), other.close()]);
  });
});

test("a node that is closed while it starts ends soon, whenever that is, and no registry remembers it", async () => {
  await using scene = new Scene();
  const { endpoint } = await scene.registry(200);
  const random = new Random(SEED);
  const caller = scene.node("caller", [endpoint]);
  for (let n = 0; n < STARTS; n++) {
    const node = scene.node(
      `brief-${n}`,
      random.chance(0.5) ? [endpoint] : [endpoint, `local:${await freePort()}`],
    );
    const served = serve(node, EchoService, handlers).then(
      () => "served",
      (error: unknown) => String(error),
    );
    const called = createClient(node, CallService)
      .call({})
      .then(
        () => "answered",
        (error: unknown) => String(error),
      );
    const turns = random.below(4);
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
    if (random.chance(0.7)) await pass(random.below(12));
    using late = new Lateness();
    const began = performance.now();
    await within(20_000, "a node to close", node.close());
    expect(performance.now() - began).toBeLessThan(CLOSE_MS + late.ms);
    const [end, outcome] = await within(20_000, "what it began to end", Promise.all([served, called]));
    expect(end).toMatch(/^served$|was closed|is closing/);
    expect(outcome).toMatch(/CANCELLED|UNAVAILABLE/);
  }
  expect((await listInstances(caller)).map(({ node }) => node)).toEqual([]);
});

test(`a service that is served and stopped ${CHANGES} times is where it was last, and the one beside it is called all the time`, async () => {
  await using scene = new Scene();
  const { endpoint } = await scene.registry();
  const server = scene.node("server", [endpoint]);
  await serve(server, EchoService, handlers);
  const caller = scene.node("caller", [endpoint]);
  const client = createClient(caller, EchoService);
  const load = new SteadyCalls(500, async () => (await client.echo({})).text);
  await until(20_000, "the server to be called", () => load.answeredBy("echo") > 10);
  const calls = createClient(caller, CallService);
  for (let n = 0; n < CHANGES; n++) {
    const served = await serve(server, CallService, {
      call: () => Note.create({ text: String(n) }),
    });
    if (n % 20 === 0) expect(await calls.call({}, { waitForReady: true })).toMatchObject({ text: String(n) });
    await served.stop();
  }
  const known = await listInstances(caller);
  expect(known.map(({ node, state, services }) => [node, state, services.map(({ name }) => name)])).toEqual([
    ["server", "alive", [EchoService.$service]],
  ]);
  expect(failuresOf(await load.stop())).toEqual({});
});

describe("the registry of the machine", () => {
  test("goes from node to node, though who would take over is closed at that moment", async () => {
    await using scene = new Scene();
    const random = new Random(SEED);
    const registries = [`local:${await freePort()}`];
    let serving = scene.node("first", registries);
    await serve(serving, EchoService, handlers);
    const caller = scene.node("caller", registries);
    const client = createClient(caller, EchoService);
    for (let n = 0; n < scaled(15, 300); n++) {
      const [next, other] = [scene.node(`next-${n}`, registries), scene.node(`other-${n}`, registries)];
      await Promise.all([serve(next, EchoService, handlers), serve(other, EchoService, handlers)]);
      const first = serving.close();
      await pass(random.below(30));
      using late = new Lateness();
      const began = performance.now();
      await within(20_000, "the nodes to close", Promise.all([first, other.close()]));
      expect(performance.now() - began).toBeLessThan(CLOSE_MS + late.ms);
      serving = next;
      expect(await client.echo({}, { waitForReady: true })).toMatchObject({ text: "echo" });
    }
    const late = scene.node("late", registries);
    const known = await listInstances(late, EchoService);
    expect(known.map(({ node }) => node)).toEqual([serving.name]);
  });
});

test("a program whose node is closed, and that has nothing else to do, ends by itself", async () => {
  const program = join(inject("nodeProgram"), "../short-life.js");
  const began = performance.now();
  const { stdout } = await promisify(execFile)(process.execPath, [program, `local:${await freePort()}`], {
    timeout: 30_000,
  });
  console.info(
    `a program that served, called and closed ended after ${Math.round(performance.now() - began)} ms`,
  );
  expect(stdout).toBe("short\n");
});
