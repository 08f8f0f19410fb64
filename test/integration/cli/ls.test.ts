import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Node } from "../../../src/index.js";
import { helio } from "../../unit/cli/fake-terminal.js";
import { known, services } from "../../unit/cli/instances.js";
import { echoNode, endpointOf, standInRegistry } from "./stand-in.js";

const load = { loopLagMs: 1.24, loopUtilization: 0.034, callsInFlight: 3, memoryBytes: 62_100_000 };
const greeter = known("greeter", {
  instance: "3f2a9c1b-77",
  services: services("example.v1.GreeterService"),
  labels: { zone: "eu-1" },
  load,
});
const paused = known("greeter", {
  instance: "9d01aa00-12",
  services: services("example.v1.GreeterService", "example.v1.ClockService"),
  condition: "paused",
});
const dead = known("camera", {
  instance: "00000000-01",
  services: services("example.v1.CameraService"),
  state: "dead",
});
const client = known("client", { endpoints: [], state: "stalled" });

let registry: Node;
let at: string[];

beforeAll(async () => {
  registry = await standInRegistry([greeter, paused, dead, client]);
  at = ["--registry", endpointOf(registry)];
});

afterAll(() => registry.close());

/** Rows without what depends on when the test runs. */
function rows(out: readonly string[]): string[][] {
  return out.map((line) => line.split(/ {2,}/).filter((cell) => !/^\d+d\d+h$|^AGE$/.test(cell)));
}

describe("helio ls", () => {
  test("shows the nodes that are there", async () => {
    const { code, out, err } = await helio("ls", ...at);
    expect({ code, err }).toEqual({ code: 0, err: [] });
    expect(rows(out)).toEqual([
      [
        "NODE",
        "INSTANCE",
        "STATE",
        "CONDITION",
        "CALLS",
        "LAG",
        "BUSY",
        "MEMORY",
        "LABELS",
        "ENDPOINTS",
        "SERVICES",
      ],
      ["camera", "00000000", "dead", "serving", "ipc:///run/camera", "example.v1.CameraService"],
      ["client", "client-0", "stalled", "serving", "none", "none"],
      [
        "greeter",
        "3f2a9c1b",
        "alive",
        "serving",
        "3",
        "1.24 ms",
        "3 %",
        "62.1 MB",
        "zone=eu-1",
        "ipc:///run/greeter",
        "example.v1.GreeterService",
      ],
      [
        "greeter",
        "9d01aa00",
        "alive",
        "paused",
        "ipc:///run/greeter",
        "example.v1.GreeterService, example.v1.ClockService",
      ],
    ]);
  });

  test("shows services, and how many of their instances can be called", async () => {
    const { out } = await helio("ls", "services", ...at);
    expect(rows(out)).toEqual([
      ["SERVICE", "READY", "SCHEMA", "NODES", "NOT READY"],
      ["example.v1.CameraService", "0/1", "0011223344556677", "camera", "1 dead"],
      ["example.v1.ClockService", "0/1", "0011223344556677", "greeter", "1 paused"],
      ["example.v1.GreeterService", "1/2", "0011223344556677", "greeter ×2", "1 paused"],
    ]);
  });

  test("shows what has a label, or serves something", async () => {
    expect((await helio("ls", "--label", "zone=eu-1", ...at)).out).toHaveLength(2);
    expect((await helio("ls", "--label", "zone=eu-2", ...at)).out).toEqual([]);
    for (const name of ["example.v1.ClockService", "ClockService", "Clock", "clock"]) {
      expect((await helio("ls", "--service", name, ...at)).out[1]).toMatch(/^greeter +9d01aa00/);
    }
    expect(await helio("ls", "--service", "Nothing", ...at)).toEqual({
      code: 0,
      out: [],
      err: ['nobody serves "Nothing"'],
    });
    expect((await helio("ls", "services", "--service", "Clok", ...at)).err).toEqual([
      'nobody serves "Clok"; did you mean example.v1.ClockService?',
    ]);
    expect((await helio("ls", "--label", "zone=eu-2", ...at)).err).toEqual([
      `no nodes of that kind at ${at[1]}`,
    ]);
  });

  test("says where instances of a service announce schemas that differ", async () => {
    const at = (instance: string, schemaHash: string, more = {}) =>
      known("greeter", { instance, services: [{ name: "x.v1.GreeterService", schemaHash }], ...more });
    const other = known("clock", { services: services("x.v1.ClockService") });
    await using mixed = await standInRegistry([
      at("one-1", "aaaa"),
      at("two-2", "bbbb"),
      at("dead-3", "cccc", { state: "dead" }),
      at("silent-4", ""),
      other,
    ]);
    const from = ["--registry", endpointOf(mixed)];
    const told =
      "warning: x.v1.GreeterService has 2 schemas, aaaa (greeter (one-1)) and bbbb (greeter (two-2)); helio doctor says whether they go together";
    for (const args of [[], ["services"], ["--service", "Greeter", "--json"]]) {
      const { code, err } = await helio("ls", ...args, ...from);
      expect({ code, err }).toEqual({ code: 0, err: [told] });
    }
    expect((await helio("ls", "--service", "Clock", ...from)).err).toEqual([]);
    expect((await helio("describe", "--timeout-ms", "100", ...from)).err).toContain(told.slice(9));
  });

  test("gives a program one JSON object", async () => {
    const { out } = await helio("ls", "--json", ...at);
    expect(out).toHaveLength(1);
    const { registries, nodes } = JSON.parse(out[0] ?? "");
    expect(registries).toEqual([
      {
        endpoint: at[1],
        registry: { instance: "registry-0000", epoch: 1, revision: 1, complete: true },
        instances: 4,
      },
    ]);
    expect(nodes).toHaveLength(4);
    expect(nodes[2]).toMatchObject({
      node: "greeter",
      instance: "3f2a9c1b-77",
      state: "alive",
      startedAt: "2023-11-14T22:13:20.000Z",
      load,
      registries: [at[1]],
    });
    const listed = JSON.parse((await helio("ls", "services", "--json", ...at)).out[0] ?? "");
    expect(listed.services[2]).toMatchObject({
      service: "example.v1.GreeterService",
      ready: 1,
      schemas: { "0011223344556677": 2 },
    });
  });

  test("goes on without a registry that does not answer, and says so", async () => {
    const { code, out, err } = await helio("ls", "--registry", "ipc:///nowhere/registry", ...at);
    expect({ code, lines: out.length, err }).toEqual({
      code: 0,
      lines: 5,
      err: [
        "warning: no registry answers at ipc:///nowhere/registry: nobody listens there; this is what the others know",
      ],
    });
  });

  test("says what to do when there is no registry", async () => {
    const { code, out, err } = await helio("ls", "--registry", "ipc:///nowhere/registry");
    expect({ code, out }).toEqual({ code: 1, out: [] });
    expect(err).toEqual([
      "no registry answers at ipc:///nowhere/registry: nobody listens there",
      "start a node on this machine, which serves a registry there if nobody does, or run helio registry;",
      "or name another registry with --registry, or a node itself with --endpoint",
    ]);
  });

  test("says of a node that serves no registry that it does not", async () => {
    await using other = await echoNode("other");
    const { code, err } = await helio("ls", "--registry", endpointOf(other));
    expect({ code, first: err[0] }).toEqual({
      code: 1,
      first: `no registry answers at ${endpointOf(other)}: a node listens at ${endpointOf(other)}, but it serves no registry`,
    });
  });

  test("passes over an instance that can't be read", async () => {
    const unreadable = { ...greeter, instance: "unreadable", epoch: 2 ** 60 };
    await using odd = await standInRegistry([unreadable, paused]);
    const { code, out } = await helio("ls", "--registry", endpointOf(odd));
    expect({ code, rows: out.length }).toEqual({ code: 0, rows: 2 });
  });

  test("hands nothing to the terminal that others have made up for it", async () => {
    const clear = "\u001b[2J\u009b2J\n";
    const made = known(`made${clear}up`, {
      instance: `0000${clear}`,
      endpoints: [`ipc:///nowhere/${clear}`, "nobody://knows", "tcp://127.0.0.1:0"],
      services: services(`example.v1.${clear}`),
      labels: { [clear]: clear },
      host: clear,
      kit: clear,
    });
    await using liar = await standInRegistry([made, { ...made, instance: `1111${clear}`, host: "" }]);
    const lines: string[] = [];
    for (const verb of [
      ["ls"],
      ["ls", "services"],
      ["ls", "methods"],
      ["describe"],
      ["describe", "0000"],
      ["describe", "1111"],
    ])
      for (const json of [[], ["--json"]]) {
        const { out, err } = await helio(...verb, ...json, "--registry", endpointOf(liar));
        lines.push(...out, ...err);
      }
    for (const verb of ["ping", "health", "stats", "doctor"]) {
      const { out, err } = await helio(verb, "--timeout-ms", "500", "--registry", endpointOf(liar));
      lines.push(...out, ...err);
    }
    const { out, err } = await helio("call", "Nothing/Nothing", "--registry", endpointOf(liar));
    lines.push(...out, ...err);
    expect(lines.length).toBeGreaterThan(20);
    expect(lines.filter((line) => /\p{Cc}/u.test(line))).toEqual([]);
  });

  test("shows what a node says of itself, without a registry", async () => {
    await using other = await echoNode("other", { labels: { zone: "eu-1" } });
    const { code, out } = await helio("ls", "--endpoint", endpointOf(other), "--json");
    expect(code).toBe(0);
    expect(JSON.parse(out[0] ?? "")).toEqual({
      registries: [],
      nodes: [
        expect.objectContaining({
          node: "other",
          instance: other.instance,
          state: "alive",
          condition: "serving",
          endpoints: [endpointOf(other)],
          services: [
            { name: "heliograph.test.v1.EchoService", schemaHash: expect.stringMatching(/^[0-9a-f]{16}$/) },
          ],
          labels: { zone: "eu-1" },
          processId: process.pid,
          load: expect.objectContaining({ memoryBytes: expect.any(Number) }),
        }),
      ],
    });
  });

  test.each([
    [
      ["--registry", "nowhere"],
      '--registry: "nowhere" is not an endpoint: write tcp://host:port, ipc:///path or inproc://name; or local for the registry of this machine',
    ],
    [
      ["--registry", "tcp://192.0.2.1:1"],
      "--registry tcp://192.0.2.1:1 is another machine, and what is sent there is not encrypted; add --remote to connect nevertheless",
    ],
    [
      ["--registry", "ipc://a", "--endpoint", "ipc://b"],
      "--endpoint asks a node without a registry; leave out --registry or --endpoint",
    ],
    [["--timeout-ms", "0"], "error: option '--timeout-ms <n>' argument '0' is invalid. It must be above 0."],
    [
      ["--label", "zone"],
      "error: option '--label <name=value>' argument 'zone' is invalid. Write it as name=value.",
    ],
    [
      ["everything"],
      "error: command-argument value 'everything' is invalid for argument 'what'. Allowed choices are nodes, services, methods, topics, pipelines, actions.",
    ],
  ])("ends %j with code 2", async (args, told) => {
    const { code, out, err } = await helio("ls", ...args);
    expect({ code, out, first: err[0] }).toEqual({ code: 2, out: [], first: told });
  });
});
