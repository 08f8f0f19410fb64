import process from "node:process";
import { describe, expect, test } from "vitest";
import { run } from "../../../src/cli/program.js";
import { createNode, insecure, listInstances } from "../../../src/index.js";
import { fakeTerminal, helio } from "../../unit/cli/fake-terminal.js";
import { echoNode } from "./stand-in.js";

/** A registry, on any free port, that runs until Ctrl+C. */
async function startRegistry(...args: readonly string[]) {
  const terminal = fakeTerminal();
  const ended = run(["registry", "--endpoint", "tcp://127.0.0.1:*", "--json", ...args], terminal);
  const { endpoint } = JSON.parse(await terminal.printed(/endpoint/));
  const stop = () => {
    terminal.interrupt();
    return ended;
  };
  return { endpoint, stop };
}

describe("helio registry", () => {
  test("lets nodes find each other until Ctrl+C, and ends with 0", async () => {
    const registry = await startRegistry("--heartbeat-ms", "200");
    await using node = createNode({ name: "a", security: insecure(), registries: [registry.endpoint] });
    expect(await listInstances(node)).toEqual([]);
    expect(await registry.stop()).toBe(0);
  });

  test("says where it listens, and how nodes find it", async () => {
    const terminal = fakeTerminal();
    const ended = run(["registry", "--endpoint", "ipc://@registry-of-a-test"], terminal);
    await terminal.printed(/HELIOGRAPH_REGISTRY/);
    terminal.interrupt();
    expect(await ended).toBe(0);
    expect(terminal.out).toEqual([
      "registry at ipc://@registry-of-a-test; Ctrl+C stops it",
      "nodes look for it there with HELIOGRAPH_REGISTRY=ipc://@registry-of-a-test",
    ]);
  });

  test("says that a registry runs there already", async () => {
    const { endpoint, stop } = await startRegistry();
    const { code, out, err } = await helio("registry", "--endpoint", endpoint);
    expect({ code, out }).toEqual({ code: 1, out: [] });
    expect(err).toEqual([
      expect.stringMatching(
        `^a registry runs at ${endpoint} already, served by registry \\([0-9a-f]{8}\\) in process ${process.pid}, and knows 0 instances$`,
      ),
      "nothing has to be started: nodes find each other by it; for a second registry, choose another with --endpoint",
    ]);
    const port = endpoint.slice(endpoint.lastIndexOf(":"));
    expect((await helio("registry", "--endpoint", `local${port}`)).err[1]).toContain(
      "when that process ends a node of this machine takes over",
    );
    await stop();
  });

  test("listens where HELIOGRAPH_REGISTRY says that the registry is", async () => {
    const terminal = fakeTerminal({ HELIOGRAPH_REGISTRY: "ipc://@registry-of-a-variable" });
    const ended = run(["registry"], terminal);
    expect(await terminal.printed(/^registry at/)).toContain("ipc://@registry-of-a-variable");
    terminal.interrupt();
    expect(await ended).toBe(0);
  });

  test("says that something else listens there", async () => {
    await using node = await echoNode("other");
    const { code, err } = await helio("registry", "--endpoint", node.endpoints[0] ?? "");
    expect({ code, err }).toEqual({
      code: 1,
      err: [`something else listens at ${node.endpoints[0]}; choose another with --endpoint`],
    });
  });

  test.each([
    [["--endpoint", "here"], /^--endpoint: "here" is not an endpoint/],
    [["--endpoint", "tcp://192.0.2.1:1"], /can be reached from other machines, .*add --remote/],
    [
      ["--endpoint", "ipc://@never", "--heartbeat-ms", "3"],
      /^--heartbeat-ms must be a whole number .* got 3$/,
    ],
    [["--heartbeat-ms", "x"], /argument 'x' is invalid\. It must be a whole number\./],
  ])("ends %j with code 2", async (args, told) => {
    const { code, err } = await helio("registry", ...args);
    expect(code).toBe(2);
    expect(err[0]).toMatch(told);
  });
});
