import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Code, connectTo, createClient, HeliographError, insecure, type Node } from "../../../src/index.js";
import { EchoResponse } from "../../gen/heliograph/test/v1/echo.js";
import { EchoService } from "../../gen/heliograph/test/v1/echo_heliograph.js";
import { helio } from "../../unit/cli/fake-terminal.js";
import { known } from "../../unit/cli/instances.js";
import { echoNode, endpointOf, knownNode, standInRegistry } from "./stand-in.js";

const METHOD = EchoService.echo.path;

let echo: Node;
let registry: Node;
let at: string[];

beforeAll(async () => {
  echo = await echoNode(
    "echo",
    {},
    {
      echo({ text }) {
        if (text === "") throw new HeliographError(Code.NotFound, "there is no text");
        return EchoResponse.create({ text });
      },
    },
  );
  const gone = known("gone", { endpoints: ["ipc:///nowhere/gone"] });
  registry = await standInRegistry([knownNode(echo), gone]);
  at = ["--registry", endpointOf(registry)];
  await using connection = connectTo([endpointOf(echo)], { security: insecure() });
  const client = createClient(connection, EchoService);
  for (const text of ["one", "two", "three", "", ""]) await client.echo({ text }).catch(() => undefined);
});

afterAll(() => Promise.all([echo.close(), registry.close()]));

describe("helio stats", () => {
  test("shows what was called, how it ended and how long it took", async () => {
    const { code, out, err } = await helio("stats", "echo", ...at);
    expect({ code, err }).toEqual({ code: 0, err: [] });
    expect(out[0]).toMatch(
      /^echo \([0-9a-f]{8}\) {2}counted for \ds, \d sessions?, lag .*, busy \d+ %, .* MB$/,
    );
    expect(out[1]?.split(/ {2,}/)).toEqual([
      "METHOD",
      "CALLS",
      "NOW",
      "MEAN",
      "P50",
      "P95",
      "P99",
      "MAX",
      "IN",
      "OUT",
      "ERRORS",
    ]);
    expect(out[2]).toMatch(
      new RegExp(`^${METHOD} +5 +0( +[\\d.]+ (µs|ms)){5} +\\d+ B +\\d+ B +2 NOT_FOUND$`),
    );
  });

  test("gives a program one JSON object", async () => {
    const { out } = await helio("stats", "EchoService", "--json", ...at);
    const { instances } = JSON.parse(out[0] ?? "");
    expect(instances).toEqual([
      {
        node: "echo",
        instance: echo.instance,
        since: expect.stringMatching(/^\d{4}-.*Z$/),
        sessions: expect.any(Number),
        load: expect.objectContaining({ callsInFlight: expect.any(Number) }),
        methods: [
          expect.objectContaining({ method: METHOD, calls: 5, inFlight: 0, errors: { NOT_FOUND: 2 } }),
        ],
        topics: [],
      },
    ]);
    const { latencyMs, histogram } = instances[0].methods[0];
    expect(latencyMs.max).toBeGreaterThan(0);
    expect(latencyMs.p50).toBeLessThanOrEqual(latencyMs.p99);
    expect(histogram.reduce((sum: number, { count }: { count: number }) => sum + count, 0)).toBe(5);
  });

  test("shows the methods that every node has with --kit", async () => {
    expect((await helio("stats", "echo", ...at)).out.join("\n")).not.toContain("NodeService");
    expect((await helio("stats", "echo", "--kit", ...at)).out.join("\n")).toContain("NodeService/Stats");
  });

  test("ends with 1 when one of them does not answer", async () => {
    const { code, out, err } = await helio("stats", ...at);
    expect({ code, err }).toEqual({ code: 1, err: ["gone (gone-000): nobody listens there"] });
    expect(out[0]).toMatch(/^echo /);
  });

  test("counts anew after --reset", async () => {
    expect((await helio("stats", endpointOf(echo), "--reset")).out.join("\n")).toContain(METHOD);
    const { out } = await helio("stats", endpointOf(echo));
    expect(out.filter((line) => line.startsWith(METHOD) && !/ +0 +0/.test(line))).toEqual([]);
  });
});
