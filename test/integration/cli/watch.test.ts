import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { run } from "../../../src/cli/program.js";
import { createNode, insecure, type Node, serveRegistry } from "../../../src/index.js";
import { fakeTerminal, helio } from "../../unit/cli/fake-terminal.js";
import { echoNode, endpointOf } from "./stand-in.js";

let registry: Node;
let registries: string[];

beforeEach(async () => {
  registry = createNode({ name: "registry", security: insecure(), registries: [] });
  await serveRegistry(registry, { endpoint: "tcp://127.0.0.1:*", heartbeatMs: 100 });
  registries = [endpointOf(registry)];
});

afterEach(() => registry.close());

function echo(name: string, labels = {}): Promise<Node> {
  return echoNode(name, { registries, labels });
}

function watch(...args: readonly string[]) {
  const terminal = fakeTerminal();
  const ended = run(["watch", ...args, "--registry", registries[0] ?? ""], terminal);
  return { terminal, ended };
}

describe("helio watch", () => {
  test("shows who is there, who comes and who goes, until Ctrl+C", async () => {
    await using first = await echo("first");
    const { terminal, ended } = watch();
    const up = await terminal.printed(/up +first/);
    expect(up).toMatch(
      /^[\d:.]{12} {2}up {7}first \([0-9a-f]{8}\) {2}tcp:\/\/\S+ {2}heliograph\.test\.v1\.EchoService$/,
    );
    const second = await echo("second", { zone: "eu-1" });
    await terminal.printed(/up +second .* zone=eu-1$/);
    await second.close();
    await terminal.printed(/changed +second \([0-9a-f]{8}\) {2}draining/);
    await terminal.printed(/down +second \([0-9a-f]{8}\)$/);
    expect(first.state).toBe("running");
    terminal.interrupt();
    expect(await ended).toBe(0);
  });

  test("shows only what it is asked for, also what is not there yet", async () => {
    await using _other = await echo("other");
    const { terminal, ended } = watch("second");
    await using _second = await echo("second");
    await terminal.printed(/up +second/);
    terminal.interrupt();
    await ended;
    expect(terminal.err).toEqual(['nothing called "second" is there yet; this waits for it, until Ctrl+C']);
    expect(terminal.out.filter((line) => line.includes("other"))).toEqual([]);
  });

  test("refuses a name that may be several things, and takes a short one", async () => {
    await using _one = await echo("a.oven");
    await using _two = await echo("b.oven");
    expect(await helio("watch", "oven", "--registry", registries[0] ?? "")).toEqual({
      code: 1,
      out: [],
      err: ['"oven" may be any of a.oven, b.oven; write it in full'],
    });
    const { terminal, ended } = watch("Echo");
    await terminal.printed(/up +b\.oven/);
    terminal.interrupt();
    expect(await ended).toBe(0);
    expect(terminal.err).toEqual([]);
  });

  test("goes on when the registry is lost, and says so", async () => {
    await using _echo = await echo("echo");
    const { terminal, ended } = watch("EchoService", "--json");
    const { instance } = JSON.parse(await terminal.printed(/"event":"up"/));
    expect(instance).toMatchObject({ node: "echo", state: "alive", condition: "serving" });
    await registry.close();
    const lost = JSON.parse(await terminal.printed(/registry-lost/));
    expect(lost).toEqual({
      time: expect.any(String),
      event: "registry-lost",
      registry: registries[0],
      error: expect.any(String),
    });
    await using back = createNode({ name: "registry", security: insecure(), registries: [] });
    await serveRegistry(back, { endpoint: registries[0], heartbeatMs: 100 });
    await terminal.printed(/registry-back/);
    terminal.interrupt();
    expect(await ended).toBe(0);
  });

  test("ends at once when there is no registry", async () => {
    const { code, err } = await helio("watch", "--registry", "ipc:///nowhere/registry");
    expect({ code, first: err[0] }).toEqual({
      code: 1,
      first: "no registry answers at ipc:///nowhere/registry: nobody listens there",
    });
  });
});
