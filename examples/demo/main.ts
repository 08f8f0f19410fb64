import { cpus } from "node:os";
import { describe, hasPyzmq, type Server, start, startServer } from "./program.js";
import { scenes as all, type Scene, type SceneClient } from "./scenes.js";

const LIMIT_MS = 150_000;
const INTERRUPTED = 130;
const PYTHONS = [".cache/python/bin/python", "python3"];

/** Every line that is indented was printed by another process. */
async function demo(scenes: readonly Scene[]): Promise<void> {
  const begun = performance.now();
  console.log(`\nHeliograph: Node ${process.versions.node}, ${process.platform}, ${cpus().length} cores`);
  const python = await findPython();
  const servers = await Promise.all(scenes.map(serversOf));
  console.log(`${servers.flat().length} servers, each in its own process; no broker between them`);
  for (const [index, scene] of scenes.entries()) await play(index, scene, servers[index] ?? [], python);
  const seconds = ((performance.now() - begun) / 1_000).toFixed(1);
  console.log(
    `\nDone: ${scenes.length} ${scenes.length === 1 ? "scene" : "scenes"} in ${seconds} s. The code is in examples/.\n`,
  );
}

/** Those that clients call first. */
async function serversOf({ folder, servers, behind }: Scene): Promise<readonly Server[]> {
  const called = behind === undefined ? [] : [await startServer(`${folder}/${behind}`)];
  const args = called.map(({ endpoint }) => endpoint);
  const count = { length: servers };
  const own = await Promise.all(Array.from(count, () => startServer(`${folder}/server.ts`, args)));
  return [...own, ...called];
}

async function play(index: number, scene: Scene, servers: readonly Server[], python: string | undefined) {
  console.log(`\n${index + 1}  ${scene.title}`);
  for (const { name, pid, endpoint } of servers) {
    console.log(`   examples/${name}  pid ${pid}  ${endpoint}`);
  }
  for (const client of scene.clients) {
    console.log(client.says === undefined ? "" : `\n   ${client.says}`);
    if (client.file.endsWith(".py") && python === undefined) {
      console.log("     left out: it needs python3 with pyzmq");
      continue;
    }
    const endpoints = servers.slice(0, scene.servers).map(({ endpoint }) => endpoint);
    const copies = Array.from({ length: client.copies ?? 1 }, () => run(scene, client, endpoints, python));
    await Promise.all(copies);
  }
  await stop(scene, servers);
}

async function run(
  { folder }: Scene,
  { file, args = [] }: SceneClient,
  endpoints: readonly string[],
  python: string | undefined,
): Promise<void> {
  const program = start(`${folder}/${file}`, [...endpoints, ...args], python);
  for await (const line of program.lines) console.log(line === "" ? "" : `     ${line}`);
  const ended = await program.ended;
  if (ended.code !== 0) throw new Error(`examples/${program.name} failed: ${describe(ended)}`);
}

/** Servers drain at SIGTERM and end with status 0; all but those that a client has killed. */
async function stop({ folder, killed }: Scene, servers: readonly Server[]): Promise<void> {
  for (const server of servers) server.terminate();
  const ends = await Promise.all(servers.map(({ ended }) => ended));
  const clean = ends.filter(({ code, signal }) => code === 0 || (isWindows && signal === "SIGTERM"));
  if (clean.length !== servers.length - killed) {
    throw new Error(
      `servers of examples/${folder} did not end as they should: ${ends.map(describe).join("; ")}`,
    );
  }
}

const isWindows = process.platform === "win32";

/** The scenes that the command line names, such as `01 06`; without any, all. */
function chosen(names: readonly string[]): readonly Scene[] {
  const unknown = names.find((name) => !all.some(({ folder }) => folder.startsWith(name)));
  if (unknown !== undefined) {
    end(2, `there is no scene "${unknown}"; there is ${all.map(({ folder }) => folder).join(", ")}`);
  }
  return all.filter(({ folder }) => names.length === 0 || names.some((name) => folder.startsWith(name)));
}

async function findPython(): Promise<string | undefined> {
  const found = await Promise.all(PYTHONS.map(hasPyzmq));
  return PYTHONS[found.indexOf(true)];
}

function end(status: number, message: string): never {
  console.error(`\ndemo: ${message}`);
  process.exit(status);
}

setTimeout(() => end(1, `not done within ${LIMIT_MS / 1_000} s`), LIMIT_MS).unref();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => end(INTERRUPTED, `ended by ${signal}`));
}

try {
  await demo(chosen(process.argv.slice(2)));
} catch (error) {
  end(1, error instanceof Error ? error.message : String(error));
}
