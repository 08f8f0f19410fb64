import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RobotService } from "../../../examples/gen/example/v1/robot_heliograph.js";
import type { Node } from "../../../src/index.js";
import { CallService } from "../../gen/heliograph/test/v1/call_heliograph.js";
import { helio } from "../../unit/cli/fake-terminal.js";
import { known, services } from "../../unit/cli/instances.js";
import { knownService, reflectingNode } from "./reflecting-node.js";
import { endpointOf, knownNode, standInRegistry } from "./stand-in.js";

let nodes: Node[];
let at: string[];

beforeAll(async () => {
  const robot = await reflectingNode("robot", RobotService, {});
  const caller = await reflectingNode("caller", CallService, {});
  const registry = await standInRegistry([
    knownService(robot, RobotService),
    knownService(caller, CallService),
  ]);
  nodes = [robot, caller, registry];
  at = ["--registry", endpointOf(registry)];
});

afterAll(() => Promise.all(nodes.map((node) => node.close())));

async function rows(...args: readonly string[]): Promise<string[][]> {
  const { code, out, err } = await helio("ls", ...args, ...at);
  expect({ code, err }).toEqual({ code: 0, err: [] });
  return out.map((line) => line.split(/ {2,}/));
}

describe("helio ls", () => {
  test("shows topics with their keys and types", async () => {
    expect(await rows("topics")).toEqual([
      ["MEMBER", "READY", "KEY", "TYPES"],
      ["example.v1.RobotService/Temperature", "0/0", "{room}", "example.v1.Reading"],
    ]);
  });

  test("shows pipelines and actions with what they promise", async () => {
    expect((await rows("pipelines"))[1]).toEqual([
      "example.v1.RobotService/Resize",
      "1/1",
      "acknowledged",
      "example.v1.ResizeJob",
    ]);
    expect((await rows("actions"))[1]).toEqual([
      "example.v1.RobotService/Navigate",
      "1/1",
      "preempt",
      "example.v1.NavigateRequest → example.v1.NavigateResponse",
    ]);
  });

  test("shows methods, with streams as such", async () => {
    const methods = await rows("methods", "--service", "CallService");
    expect(methods.length).toBe(1 + Object.keys(CallService).filter((key) => !key.startsWith("$")).length);
    expect(methods.map((cells) => cells.at(-1))).toContain(
      `${CallService.count.input.$type} → stream ${CallService.count.output.$type}`,
    );
  });

  test("gives a program JSON", async () => {
    const { out } = await helio("ls", "actions", "--json", ...at);
    expect(JSON.parse(out[0] ?? "").actions).toEqual([
      {
        service: "example.v1.RobotService",
        name: "Navigate",
        kind: "action",
        policy: { kind: "preempt" },
        retentionMs: 900_000,
        request: "example.v1.NavigateRequest",
        response: "example.v1.NavigateResponse",
        ready: 1,
        instances: 1,
      },
    ]);
  });

  test("goes on with the others where a schema can't be read, and ends with 1", async () => {
    const $schema = Buffer.from("no schema").toString("base64");
    const broken = await reflectingNode("broken", { ...CallService, $service: "x.v1.Broken", $schema }, {});
    const robot = nodes.find(({ name }) => name === "robot") as Node;
    const registry = await standInRegistry([
      knownService(robot, RobotService),
      knownNode(broken, { services: services("x.v1.Broken") }),
    ]);
    nodes.push(broken, registry);
    const { code, out, err } = await helio("ls", "topics", "--registry", endpointOf(registry));
    expect({ code, rows: out.length }).toEqual({ code: 1, rows: 2 });
    expect(err).toEqual([expect.stringMatching(/^warning: x\.v1\.Broken: .* can't be read: /)]);
  });

  test("says which services nobody describes, and ends with 1", async () => {
    const gone = known("gone", {
      endpoints: ["ipc:///nowhere/gone"],
      services: services("x.v1.GoneService"),
    });
    const registry = await standInRegistry([gone]);
    nodes.push(registry);
    expect(await helio("ls", "topics", "--registry", endpointOf(registry))).toEqual({
      code: 1,
      out: [],
      err: [
        "warning: x.v1.GoneService: gone (gone-000): nobody listens there",
        `no topics at ${endpointOf(registry)}`,
      ],
    });
  });
});
