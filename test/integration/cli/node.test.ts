import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { connectTo, createClient, insecure, type Node } from "../../../src/index.js";
import { EchoResponse } from "../../gen/heliograph/test/v1/echo.js";
import { EchoService } from "../../gen/heliograph/test/v1/echo_heliograph.js";
import { helio } from "../../unit/cli/fake-terminal.js";
import { echoNode, endpointOf, knownNode, standInRegistry } from "./stand-in.js";

let one: Node;
let two: Node;
let closed: Node;
let registry: Node;
let at: string[];

beforeEach(async () => {
  [one, two] = await Promise.all([
    echoNode("echo", { control: true }, { echo: ({ text }) => EchoResponse.create({ text }) }),
    echoNode("echo", { control: true }),
  ]);
  closed = await echoNode("closed");
  registry = await standInRegistry([knownNode(one), knownNode(two), knownNode(closed)]);
  at = ["--registry", endpointOf(registry)];
});

afterEach(() => Promise.all([one, two, closed, registry].map((node) => node.close())));

const short = ({ instance }: Node) => instance.slice(0, 8);

describe("helio node", () => {
  test("pauses and resumes one instance", async () => {
    await using connection = connectTo([endpointOf(one)], { security: insecure() });
    const client = createClient(connection, EchoService);
    expect(await helio("node", "pause", short(one), ...at)).toEqual({
      code: 0,
      out: [`echo (${short(one)}) is paused`],
      err: [],
    });
    expect(one.state).toBe("paused");
    await expect(client.echo({ text: "x" })).rejects.toThrow(/UNAVAILABLE/);
    expect((await helio("health", short(one), ...at)).out.at(-1)).toMatch(/not serving +paused$/);
    expect((await helio("node", "resume", endpointOf(one))).out).toEqual([`echo (${short(one)}) is resumed`]);
    expect(await client.echo({ text: "x" })).toMatchObject({ text: "x" });
  });

  test("asks for one instance, or for --all, where a name is that of several", async () => {
    const { code, err } = await helio("node", "pause", "echo", ...at);
    expect(code).toBe(1);
    expect(err[0]).toMatch(/^"echo" is 2 instances: \S+, \S+$/);
    expect(err[1]).toBe("name one of them by the beginning of its name, or add --all");
    expect([one.state, two.state]).toEqual(["running", "running"]);
    const all = await helio("node", "pause", "echo", "--all", ...at);
    expect({ code: all.code, lines: all.out.length }).toEqual({ code: 0, lines: 2 });
    expect([one.state, two.state]).toEqual(["paused", "paused"]);
  });

  test("says what to do where a node does not allow it", async () => {
    expect(await helio("node", "stop", "closed", ...at)).toEqual({
      code: 1,
      out: [],
      err: [
        `closed (${short(closed)}) does not allow control; its program has to make it with createNode({ control: true })`,
      ],
    });
    expect(closed.state).toBe("running");
  });

  test("gives no order to a node that has taken the endpoint of the one that is meant", async () => {
    await using other = await standInRegistry([knownNode(one, { instance: "gone-before-1", epoch: 1 })]);
    expect(await helio("node", "stop", "gone-before", "--registry", endpointOf(other))).toEqual({
      code: 1,
      out: [],
      err: ["echo (gone-bef) has not answered as it should: another node listens there now"],
    });
    expect(one.state).toBe("running");
  });

  test("drains and stops", async () => {
    expect((await helio("node", "drain", short(one), "--grace-ms", "100", ...at)).out).toEqual([
      `echo (${short(one)}) is drained`,
    ]);
    const stopped = await helio("node", "stop", short(two), "--json", ...at);
    expect(JSON.parse(stopped.out[0] ?? "")).toEqual({
      instances: [{ node: "echo", instance: two.instance, ok: true, told: "is stopping" }],
    });
    await two.closed;
    expect(two.state).toBe("closed");
  });

  test("shows and changes what a node logs", async () => {
    const name = `echo (${short(one)})`;
    expect((await helio("node", "log-level", short(one), ...at)).out).toEqual([`${name} logs debug`]);
    expect((await helio("node", "log-level", short(one), "silent", ...at)).out).toEqual([
      `${name} logs silent now, and debug before`,
    ]);
  });

  test.each([
    [["pause"], "error: missing required argument 'name'"],
    [["log-level", "echo", "loud"], /Allowed choices are debug, info, warn, error, silent\.$/],
    [["drain", "echo", "--grace-ms", "-1"], /argument '-1' is invalid\. It must be a whole number\.$/],
  ])("ends %j with code 2", async (args, told) => {
    const { code, err } = await helio("node", ...args);
    expect(code).toBe(2);
    expect(err[0]).toMatch(told);
  });
});
