import { readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { program, run } from "../../../src/cli/program.js";
import type { Node } from "../../../src/index.js";
import { temporaryFolder } from "../../codegen/schemas.js";
import { EchoResponse } from "../../gen/heliograph/test/v1/echo.js";
import { repository } from "../../support/source-files.js";
import { fakeTerminal } from "../../unit/cli/fake-terminal.js";
import { known, services } from "../../unit/cli/instances.js";
import { echoNode, endpointOf, knownNode, standInRegistry } from "./stand-in.js";

const page = readFileSync(join(repository, "docs/guide/command.md"), "utf8");

/** The rows of the page: of each command, what 0, 1 and 2 mean; `-` for one that it does not end with. */
const rows = [...page.matchAll(/^\| `(\w+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$/gm)].map(
  ([, command = "", ...codes]) => ({ command, codes: codes.map((text) => text.trim() !== "-") }),
);

let folder: string;
let project: string;
let echo: Node;
let registry: Node;

beforeAll(async () => {
  folder = await temporaryFolder();
  project = join(folder, "made");
  echo = await echoNode("echo", { control: true }, { echo: ({ text }) => EchoResponse.create({ text }) });
  const gone = known("gone", {
    endpoints: ["ipc:///nowhere/gone"],
    services: services("x.v1.GoneService"),
  });
  registry = await standInRegistry([knownNode(echo), gone]);
});

afterAll(async () => {
  await Promise.all([echo.close(), registry.close()]);
  await rm(folder, { recursive: true });
});

/** What starts tools, which takes its time, test/codegen/cli.test.ts holds; what needs publishers, topics.test.ts and logs.test.ts. */
const ELSEWHERE = ["-"];

/** Command lines by what they end with. REGISTRY, NODE, PROJECT stand for those of this test. */
const lines: Readonly<Record<string, readonly (readonly string[])[]>> = {
  init: [["PROJECT"], ["PROJECT"], ["a", "b"]],
  generate: [ELSEWHERE, ELSEWHERE, ["--lang", "cobol"]],
  check: [ELSEWHERE, ELSEWHERE, ["extra"]],
  ls: [
    ["--registry", "REGISTRY", "--service", "Nothing"],
    ["--registry", "ipc:///nowhere/r"],
    ["everything"],
  ],
  watch: [
    ["--registry", "REGISTRY"],
    ["--registry", "ipc:///nowhere/r"],
    ["--endpoint", "NODE"],
  ],
  describe: [
    ["Echo", "--registry", "REGISTRY"],
    ["Nothing", "--registry", "REGISTRY"],
    ["/x", "--registry", "REGISTRY"],
  ],
  call: [
    ["Echo/Echo", '{"text":"x"}', "--endpoint", "NODE"],
    ["Echo/Echo", "--timeout-ms", "1000", "--registry", "ipc:///nowhere/r"],
    ["Echo/Echo", "{", "--endpoint", "NODE"],
  ],
  ping: [
    ["NODE", "--count", "1"],
    ["gone", "--count", "1", "--registry", "REGISTRY"],
    ["--count", "x"],
  ],
  health: [["NODE"], ["--registry", "REGISTRY"], ["a", "b"]],
  stats: [["NODE"], ["--registry", "REGISTRY"], ["--nothing"]],
  doctor: [
    ["--endpoint", "NODE"],
    ["--registry", "REGISTRY"],
    ["--registry", "nowhere"],
  ],
  node: [
    ["resume", "NODE"],
    ["resume", "gone", "--registry", "REGISTRY"],
    ["pose", "NODE"],
  ],
  topics: [
    ["--seconds", "0.01", "--endpoint", "NODE"],
    ["--registry", "ipc:///nowhere/r"],
    ["--seconds", "x"],
  ],
  sub: [
    ["Events", "--rate", "--seconds", "0.01", "--endpoint", "NODE"],
    ["Nothing/There", "--endpoint", "NODE"],
    ["Events", "--key", "x", "--endpoint", "NODE"],
  ],
  pub: [
    ["Events", "--subscribers", "0", "--registry", "REGISTRY"],
    ["Events", "--wait-ms", "1", "--registry", "REGISTRY"],
    ["Events", "{", "--registry", "REGISTRY"],
  ],
  emit: [
    ["bell", "--subscribers", "0", "--registry", "REGISTRY"],
    ["bell", "--wait-ms", "1", "--registry", "REGISTRY"],
    ["a//b", "--registry", "REGISTRY"],
  ],
  logs: [ELSEWHERE, ["--endpoint", "NODE"], ["a", "b"]],
  on: [ELSEWHERE, ["bell", "--registry", "ipc:///nowhere/r"], ["a//b"]],
  registry: [
    ["--endpoint", "tcp://127.0.0.1:*"],
    ["--endpoint", "NODE"],
    ["--endpoint", "nowhere"],
  ],
  completion: [["bash"], [], ["cobol"]],
};

/** Commands that go on until Ctrl+C, which comes once they have printed something. */
const endless = new Set(["watch", "sub", "registry"]);

async function codeOf(command: string, args: readonly string[]): Promise<number> {
  const names = { REGISTRY: endpointOf(registry), NODE: endpointOf(echo), PROJECT: project };
  const real = args.map((arg) =>
    arg.replace(/REGISTRY|NODE|PROJECT/, (name) => names[name as keyof typeof names]),
  );
  const terminal = fakeTerminal();
  const ended = run([command, ...real], terminal);
  if (endless.has(command)) void terminal.printed(/./).then(() => terminal.interrupt());
  return ended;
}

test("the page tells the exit codes of every command", () => {
  const there = program(fakeTerminal()).commands.map((each) => each.name());
  expect(rows.map(({ command }) => command)).toEqual(there.filter((name) => name !== "complete"));
});

test.each(rows)("$command ends with the exit codes that the page tells", async ({ command, codes }) => {
  const silent = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  try {
    const seen: boolean[] = [];
    for (const [code, args] of (lines[command] ?? []).entries()) {
      seen.push(args.length > 0);
      if (args.length > 0 && args !== ELSEWHERE)
        expect({ args, code: await codeOf(command, args) }).toEqual({ args, code });
    }
    expect(codes).toEqual(seen);
  } finally {
    silent.mockRestore();
  }
});
