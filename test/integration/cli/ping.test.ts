import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { run } from "../../../src/cli/program.js";
import type { Node } from "../../../src/index.js";
import { fakeTerminal, helio } from "../../unit/cli/fake-terminal.js";
import { known, services } from "../../unit/cli/instances.js";
import { clockAhead, echoNode, endpointOf, knownNode, standInRegistry } from "./stand-in.js";

const AHEAD_MS = 60_000;
const quick = ["--interval-ms", "1"];

let ahead: Node;
let right: Node;
let registry: Node;
let at: string[];

beforeAll(async () => {
  [ahead, right] = await Promise.all([
    echoNode("greeter", { clock: clockAhead(AHEAD_MS) }),
    echoNode("greeter"),
  ]);
  const gone = known("gone", {
    endpoints: ["ipc:///nowhere/gone"],
    services: services("example.v1.GoneService"),
  });
  const far = known("far", { endpoints: ["tcp://192.0.2.1:1"] });
  const client = known("client", { endpoints: [] });
  registry = await standInRegistry([knownNode(ahead), knownNode(right), gone, far, client]);
  at = ["--registry", endpointOf(registry)];
});

afterAll(() => Promise.all([ahead.close(), right.close(), registry.close()]));

describe("helio ping", () => {
  test("measures every instance of a name", async () => {
    const { code, out, err } = await helio("ping", "greeter", "--count", "3", ...quick, ...at);
    expect({ code, err }).toEqual({ code: 0, err: [] });
    const pings = out.filter((line) => /^greeter \([0-9a-f]{8}\) {2}[\d.]+ (µs|ms) {2}clock [+-]/.test(line));
    expect(pings).toHaveLength(6);
    expect(out.filter((line) => line.includes("connected to tcp://127.0.0.1:"))).toHaveLength(2);
    const [titles, ...rows] = out.slice(out.indexOf("") + 1);
    expect(titles).toMatch(/^NODE +INSTANCE +SENT +LOST +MIN +P50 +P99 +MAX +CLOCK$/);
    expect(rows.map((row) => row.split(/ +/).slice(0, 4))).toEqual(
      [right, ahead].map(({ instance }) => ["greeter", instance.slice(0, 8), "3", "0"]),
    );
  });

  test("gives a program one JSON object, with the offsets of clocks", async () => {
    const { code, out } = await helio("ping", ahead.instance, "--count", "2", "--json", ...quick, ...at);
    expect({ code, lines: out.length }).toEqual({ code: 0, lines: 1 });
    const { instances } = JSON.parse(out[0] ?? "");
    expect(instances).toEqual([
      {
        node: "greeter",
        instance: ahead.instance,
        endpoints: [...ahead.endpoints],
        sent: 2,
        lost: 0,
        connectMs: expect.any(Number),
        roundTripMs: {
          min: expect.any(Number),
          p50: expect.any(Number),
          p99: expect.any(Number),
          max: expect.any(Number),
        },
        clockOffset: { ms: expect.any(Number), errorMs: expect.any(Number) },
      },
    ]);
    const { ms, errorMs } = instances[0].clockOffset;
    expect(Math.abs(ms - AHEAD_MS)).toBeLessThanOrEqual(errorMs);
  });

  test("needs no registry for an endpoint that is told, and goes on until Ctrl+C", async () => {
    const terminal = fakeTerminal();
    const ended = run(["ping", endpointOf(right), "--count", "0", ...quick], terminal);
    await terminal.printed(/clock/);
    terminal.interrupt();
    expect(await ended).toBe(0);
    expect(terminal.out.at(-1)).toMatch(/^greeter +[0-9a-f]{8} +\d+ +0 /);
  });

  test("fails when one of them answers nothing", async () => {
    const { code, out, err } = await helio("ping", "GoneService", "--count", "2", ...quick, ...at);
    expect({ code, err }).toEqual({ code: 1, err: [] });
    expect(out.slice(0, 2)).toEqual(Array(2).fill("gone (gone-000)  nobody listens there"));
    expect(out.at(-1)).toMatch(/^gone +gone-000 +2 +2$/);
  });

  test("says why an instance can't be called at all", async () => {
    expect(await helio("ping", "client", ...at)).toEqual({
      code: 1,
      out: [],
      err: ["client (client-0) listens nowhere"],
    });
    expect(await helio("ping", "far", ...at)).toEqual({
      code: 1,
      out: [],
      err: [
        "far (far-0000) listens on tcp://192.0.2.1:1, on another machine, and what is sent there is not encrypted; add --remote to connect nevertheless",
      ],
    });
  });

  test("says where it looked for a name, and what it may mean", async () => {
    const { code, out, err } = await helio("ping", "greter", ...at);
    expect({ code, out }).toEqual({ code: 1, out: [] });
    expect(err).toEqual([
      `no node, instance or service "greter" among the 5 instances that ${at[1]} knows`,
      "did you mean greeter? helio ls shows what there is",
    ]);
  });

  test("refuses to ask another machine without being told to", async () => {
    const { code, err } = await helio("ping", "tcp://192.0.2.1:1");
    expect({ code, err }).toEqual({
      code: 2,
      err: [
        "--endpoint tcp://192.0.2.1:1 is another machine, and what is sent there is not encrypted; add --remote to connect nevertheless",
      ],
    });
  });
});
