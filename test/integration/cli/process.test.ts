import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { tsx } from "../../codegen/helio.js";
import { repository } from "../../codegen/schemas.js";
import { known } from "../../unit/cli/instances.js";
import { echoNode, endpointOf, standInRegistry } from "./stand-in.js";

/** The command as a process of its own. */
function helio(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): ChildProcessWithoutNullStreams {
  const main = join(repository, "src/cli/main.ts");
  return spawn(process.execPath, ["--import", tsx, main, ...args], { env: { ...process.env, ...env } });
}

async function firstLine({ stdout }: ChildProcessWithoutNullStreams): Promise<string> {
  for await (const line of createInterface(stdout)) return line;
  return "";
}

test("a registry is watched by another process; Ctrl+C ends both with 0, and so does a reader that has gone", async () => {
  const registry = helio(["registry", "--endpoint", "tcp://127.0.0.1:*", "--json"]);
  const { endpoint } = JSON.parse(await firstLine(registry));
  const watch = ["watch", "--json", "--registry", endpoint];
  const interrupted = helio(watch);
  const unread = helio(watch);
  const ended = [interrupted, unread].map((child) => once(child, "close"));
  const first = await echoNode("first", { registries: [endpoint] });
  expect(await firstLine(interrupted)).toContain('"node":"first"');
  interrupted.kill("SIGINT");
  await firstLine(unread);
  unread.stdout.destroy();
  // Whatever it writes now, nobody reads.
  await first.close();
  expect(await Promise.all(ended)).toEqual([
    [0, null],
    [0, null],
  ]);
  registry.kill("SIGTERM");
  expect(await once(registry, "close")).toEqual([0, null]);
});

test("only a terminal gets colours, unless they are asked for", async () => {
  await using registry = await standInRegistry([known("greeter")]);
  const ls = ["ls", "--registry", endpointOf(registry)];
  const [plain, coloured] = await Promise.all([
    text(helio(ls).stdout),
    text(helio(ls, { FORCE_COLOR: "1" }).stdout),
  ]);
  expect(plain).not.toContain("\u001b");
  expect(coloured).toContain("\u001b[32malive\u001b[39m");
});
