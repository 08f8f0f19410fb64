import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { CallService } from "../../gen/heliograph/test/v1/call_heliograph.js";
import { helio } from "../../unit/cli/fake-terminal.js";
import { known, services } from "../../unit/cli/instances.js";
import { reflectingNode } from "./reflecting-node.js";
import { endpointOf, standInRegistry } from "./stand-in.js";

describe("helio complete", () => {
  test("offers the names that a registry knows", async () => {
    const registry = await standInRegistry([
      known("greeter", { services: services("example.v1.GreeterService") }),
      known("greeter", { instance: "2" }),
      known("clock"),
    ]);
    try {
      const at = `--registry=${endpointOf(registry)}`;
      const { out } = await helio("complete", "--", "ping", at, "");
      expect(out).toEqual(["clock\tnode", "greeter\tnode", "example.v1.GreeterService\tservice"]);
      expect((await helio("complete", "--", "ls", at, "--service", "exa")).out).toEqual([
        "example.v1.GreeterService\tservice",
      ]);
    } finally {
      await registry.close();
    }
  });

  test("offers the methods that nodes tell", async () => {
    await using notes = await reflectingNode("notes", CallService, {});
    const at = `--endpoint=${endpointOf(notes)}`;
    const { out } = await helio("complete", "--", "call", at, "heliograph.test.v1.CallService/C");
    expect(out).toEqual([
      "heliograph.test.v1.CallService/Call\tunary",
      "heliograph.test.v1.CallService/Count\tserver-stream",
      "heliograph.test.v1.CallService/Chat\tbidi-stream",
    ]);
  });

  test("says nothing where no registry answers, and what commands are for", async () => {
    expect(await helio("complete", "--", "ping", "--registry", "ipc:///nowhere", "")).toEqual({
      code: 0,
      out: [],
      err: [],
    });
    expect((await helio("complete", "--", "pin")).out).toEqual([
      "ping\tmeasure how long nodes take to answer",
    ]);
  });
});

describe("helio completion", () => {
  test.each(["bash", "zsh", "fish"])("prints a script for %s", async (shell) => {
    const { code, out } = await helio("completion", shell);
    expect(code).toBe(0);
    expect(out.join("\n")).toContain("complete --");
  });

  test("lets bash complete a line", async () => {
    const script = (await helio("completion", "bash")).out.join("\n");
    // What stands in for the command says what it was asked.
    const commands = `
      helio() { printf '<%s>\\n' "$@"; }
      ${script}
      complete -p helio
      COMP_LINE='helio ping tcp://a:1 --re rest' COMP_POINT=25
      _helio && printf '%s\\n' "\${COMPREPLY[@]}"
      COMP_LINE='helio ping ' COMP_POINT=11
      _helio && printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout } = await promisify(execFile)("bash", ["--noprofile", "--norc", "-c", commands]);
    expect(stdout.split("\n")).toEqual([
      "complete -o default -F _helio helio",
      ...["<complete>", "<-->", "<ping>", "<tcp://a:1>", "<--re>"],
      ...["<complete>", "<-->", "<ping>", "<>"],
      "",
    ]);
  });
});
