import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, expect, test } from "vitest";
import { createClient, createNode, insecure, type Node, serve, watchInstances } from "../../../src/index.js";
import { repository } from "../../docs/project.js";
import { EchoResponse } from "../../gen/heliograph/test/v1/echo.js";
import { EchoService } from "../../gen/heliograph/test/v1/echo_heliograph.js";
import { Lateness } from "../../support/lateness.js";
import { within } from "../../support/within.js";

const MAIN = join(repository, "services/registry/main.ts");

const programs: ChildProcess[] = [];
const nodes: Node[] = [];

afterEach(async () => {
  await Promise.all(nodes.splice(0).map((node) => node.close({ graceMs: 0 })));
  await Promise.all(
    programs.splice(0).map(async (program) => {
      if (program.exitCode !== null || program.signalCode !== null) return;
      program.kill("SIGKILL");
      await once(program, "exit");
    }),
  );
});

async function startRegistry(endpoint = "tcp://127.0.0.1:*") {
  const args = ["--import", "tsx", MAIN, "--endpoint", endpoint, "--heartbeat-ms", "100"];
  const program = spawn(process.execPath, args, { cwd: repository, stdio: ["ignore", "pipe", "inherit"] });
  programs.push(program);
  const lines = createInterface({ input: program.stdout });
  const [line] = await within(20_000, "the registry to listen", once(lines, "line") as Promise<[string]>);
  return { program, endpoint: (JSON.parse(line) as { readonly endpoint: string }).endpoint };
}

function start(name: string, registry: string): Node {
  const logger = { debug() {}, info() {}, warn() {}, error() {} };
  const node = createNode({ name, security: insecure(), registries: [registry], logger });
  nodes.push(node);
  return node;
}

/** Resolves when an instance of this name is there. */
async function comes(name: string, seenBy: Node): Promise<void> {
  for await (const { kind, instance } of watchInstances(seenBy, EchoService))
    if (kind === "up" && instance.node === name) return;
}

test("nodes find each other through a registry of its own process, also when that was killed and is back", async () => {
  const { program, endpoint } = await startRegistry();
  const server = start("echo", endpoint);
  await serve(server, EchoService, { echo: ({ text }) => EchoResponse.create({ text }) });
  await server.announced();
  const caller = start("caller", endpoint);
  const echo = createClient(caller, EchoService);
  expect(await echo.echo({ text: "found" })).toMatchObject({ text: "found" });

  program.kill("SIGKILL");
  await once(program, "exit");
  expect(await echo.echo({ text: "still there" })).toMatchObject({ text: "still there" });

  await startRegistry(endpoint);
  const late = start("late", endpoint);
  await within(20_000, "the server to have registered again", comes("echo", late));
  expect(await createClient(late, EchoService).echo({ text: "again" })).toMatchObject({ text: "again" });
});

test("a registry ends at once when it is told to, whoever is registered", async () => {
  const { program, endpoint } = await startRegistry();
  const server = start("echo", endpoint);
  await serve(server, EchoService, {});
  await server.announced();
  using late = new Lateness();
  const began = performance.now();
  program.kill("SIGTERM");
  const [code] = await within(20_000, "the registry to end", once(program, "exit"));
  expect(code).toBe(0);
  expect(performance.now() - began).toBeLessThan(2_000 + late.ms);
});
