import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { run } from "../../../src/cli/program.js";
import { createNode, insecure, type Node, serve, setHealth } from "../../../src/index.js";
import { EchoService } from "../../gen/heliograph/test/v1/echo_heliograph.js";
import { fakeTerminal, helio } from "../../unit/cli/fake-terminal.js";
import { known } from "../../unit/cli/instances.js";
import { echoNode, endpointOf, knownNode, standInRegistry } from "./stand-in.js";

const SERVICE = EchoService.$service;
let echo: Node;
let registry: Node;
let at: string[];

beforeAll(async () => {
  echo = await echoNode("echo");
  const gone = known("gone", { endpoints: ["ipc:///nowhere/gone"] });
  registry = await standInRegistry([knownNode(echo), gone]);
  at = ["--registry", endpointOf(registry)];
});

afterEach(() => {
  setHealth(echo, EchoService, "serving");
  setHealth(echo, "", "serving");
});

afterAll(() => Promise.all([echo.close(), registry.close()]));

describe("helio health", () => {
  test("shows a node and its services, and ends with 0 when all serve", async () => {
    const id = echo.instance.slice(0, 8);
    expect(await helio("health", "echo", ...at)).toEqual({
      code: 0,
      err: [],
      out: [
        "NODE  INSTANCE  SERVICE                         STATUS",
        `echo  ${id}  (the node)                      serving`,
        `echo  ${id}  heliograph.test.v1.EchoService  serving`,
      ],
    });
  });

  test("ends with 1 when something does not serve, and says why", async () => {
    setHealth(echo, EchoService, "not-serving", "no database");
    const { code, out } = await helio("health", "echo", ...at);
    expect(code).toBe(1);
    expect(out.at(-1)).toMatch(/EchoService +not serving +no database$/);
    const service = await helio("health", "EchoService", "--json", ...at);
    expect(service.code).toBe(1);
    expect(JSON.parse(service.out[0] ?? "")).toEqual({
      healthy: false,
      health: [
        {
          node: "echo",
          instance: echo.instance,
          service: SERVICE,
          status: "not-serving",
          reason: "no database",
        },
      ],
    });
  });

  test("ends with 1 when something does not answer", async () => {
    const { code, out } = await helio("health", ...at);
    expect(code).toBe(1);
    expect(out.at(-1)).toMatch(/^gone +gone-000 +\(the node\) +unreachable +nobody listens there$/);
  });

  test("is the probe of a container, without a registry", async () => {
    const endpoint = endpointOf(echo);
    expect((await helio("health", "--endpoint", endpoint)).code).toBe(0);
    expect((await helio("health", endpoint, "--json")).code).toBe(0);
    setHealth(echo, "", "not-serving");
    expect((await helio("health", "--endpoint", endpoint)).code).toBe(1);
    expect(await helio("health", "--endpoint", "ipc:///nowhere/echo")).toEqual({
      code: 1,
      out: [],
      err: ["no node answers at ipc:///nowhere/echo: nobody listens there"],
    });
  });

  test("says of what was announced and is not served any more that it is not", async () => {
    const services = [{ name: "x.v1.RetiredService", schemaHash: "" }];
    await using old = await standInRegistry([knownNode(echo, { services })]);
    const { code, out } = await helio("health", "RetiredService", "--registry", endpointOf(old));
    expect(code).toBe(1);
    expect(out.at(-1)).toMatch(/x\.v1\.RetiredService +not served$/);
  });

  test("shows each change with --watch, until Ctrl+C", async () => {
    const terminal = fakeTerminal();
    const ended = run(["health", "EchoService", "--watch", ...at], terminal);
    await terminal.printed(/EchoService {2}serving$/);
    setHealth(echo, EchoService, "not-serving", "no database");
    await terminal.printed(
      /^[\d:.]{12} {2}echo \([0-9a-f]{8}\) {2}heliograph\.test\.v1\.EchoService {2}not serving: no database$/,
    );
    terminal.interrupt();
    expect(await ended).toBe(0);
    expect(terminal.out).toHaveLength(2);
  });

  test("follows an endpoint from one life of its node to the next", async () => {
    const first = await echoNode("echo");
    const endpoint = endpointOf(first);
    const terminal = fakeTerminal();
    const ended = run(["health", endpoint, "--watch", "--json"], terminal);
    await terminal.printed(/EchoService","status":"serving"/);
    await first.close();
    await terminal.printed(/EchoService","status":"unreachable"/);
    terminal.out.length = 0;
    const second = createNode({ name: "echo", security: insecure(), registries: [] });
    await serve(second, EchoService, {}, { endpoint });
    await terminal.printed(/EchoService","status":"serving"/);
    terminal.interrupt();
    expect(await ended).toBe(0);
    await second.close();
  });

  test("gives a program a line of JSON for each change", async () => {
    const terminal = fakeTerminal();
    const ended = run(["health", "gone", "--watch", "--json", ...at], terminal);
    const line = JSON.parse(await terminal.printed(/unreachable/));
    expect(line).toEqual({
      time: expect.stringMatching(/^\d{4}-.*Z$/),
      node: "gone",
      instance: "gone-0000",
      service: "",
      status: "unreachable",
      reason: "nobody listens there",
    });
    terminal.interrupt();
    expect(await ended).toBe(0);
  });
});
