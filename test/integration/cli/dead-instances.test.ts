import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Node } from "../../../src/index.js";
import { helio } from "../../unit/cli/fake-terminal.js";
import { known } from "../../unit/cli/instances.js";
import { echoNode, endpointOf, knownNode, standInRegistry } from "./stand-in.js";

let echo: Node;
let registry: Node;
let at: string[];

beforeAll(async () => {
  echo = await echoNode("echo", { control: true });
  const gone = { state: "dead" as const, endpoints: ["ipc:///nowhere/gone"] };
  registry = await standInRegistry([
    knownNode(echo),
    { ...knownNode(echo), ...gone, instance: "dead-echo-1" },
    known("gone", gone),
  ]);
  at = ["--registry", endpointOf(registry)];
});

afterAll(() => Promise.all([echo.close(), registry.close()]));

const quick = ["--count", "1", "--interval-ms", "1"];

describe("an instance that is dead", () => {
  test.each([
    ["health", []],
    ["ping", quick],
    ["stats", []],
  ])("is left out by %s, which says so and ends as the living are", async (verb, more) => {
    const { code, out, err } = await helio(verb, ...more, ...at);
    expect({ code, err }).toEqual({ code: 0, err: ["2 dead instances left out; --all asks them, too"] });
    expect(out.join("\n")).toContain(echo.instance.slice(0, 8));
    const named = await helio(verb, "echo", ...more, ...at);
    expect({ code: named.code, err: named.err }).toEqual({
      code: 0,
      err: ["1 dead instance left out; --all asks them, too"],
    });
  });

  test.each([
    ["health", []],
    ["ping", quick],
    ["stats", []],
  ])("is asked by %s with --all, or by its name", async (verb, more) => {
    for (const args of [["--all"], ["dead-echo"], ["gone"]]) {
      const { code, out, err } = await helio(verb, ...args, ...more, ...at);
      expect(code).toBe(1);
      expect([...out, ...err].join("\n")).toMatch(/nobody listens there/);
      expect([...out, ...err].join("\n")).not.toContain("left out");
    }
  });

  test("is not in the way of an order to the one that lives", async () => {
    expect(await helio("node", "pause", "echo", ...at)).toEqual({
      code: 0,
      out: [`echo (${echo.instance.slice(0, 8)}) is paused`],
      err: ["1 dead instance left out; name one by the beginning of its instance to ask it nevertheless"],
    });
    expect((await helio("node", "resume", "echo", "--all", ...at)).code).toBe(0);
    expect((await helio("node", "resume", "dead-echo", ...at)).code).toBe(1);
  });

  test("is not asked for members and descriptions", async () => {
    const methods = await helio("ls", "methods", ...at);
    expect({ code: methods.code, err: methods.err }).toEqual({
      code: 0,
      err: ["2 dead instances left out; helio ls shows them"],
    });
    expect((await helio("describe", ...at)).err).toEqual(["2 dead instances left out; helio ls shows them"]);
    const described = await helio("describe", "echo", ...at);
    expect(described.err).toEqual([
      "1 dead instance left out; name one by the beginning of its instance to ask it nevertheless",
    ]);
    expect((await helio("describe", "gone", ...at)).out[0]).toMatch(/^node +gone$/);
  });

  test("is named as dead where a call finds nobody else", async () => {
    const service = { name: "x.v1.GoneService", schemaHash: "" };
    await using only = await standInRegistry([
      known("gone", { state: "dead", endpoints: ["ipc:///nowhere/gone"], services: [service] }),
      knownNode(echo),
    ]);
    expect(await helio("call", "Gone/Go", "--registry", endpointOf(only))).toEqual({
      code: 1,
      out: [],
      err: ["gone (gone-000) is dead: nobody listens there"],
    });
  });
});
