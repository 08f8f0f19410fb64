import { existsSync } from "node:fs";
import { readFile, realpath, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import { Failure } from "./failure.js";
import { kitProto } from "./kit.js";
import { type Project, shown } from "./project.js";
import { runTool, type Tools } from "./tools.js";

/** One folder of `.proto` files. Paths inside are relative to the folder. */
export interface BufModule {
  readonly path: string;
  readonly includes: readonly string[];
  readonly excludes: readonly string[];
}

export interface BufModules {
  readonly modules: readonly BufModule[];
  /** Modules of a registry that the project's buf.yaml names. */
  readonly deps: readonly string[];
  /** Whether one of the modules has the kit's options, so that they must not be added. */
  readonly haveOptions: boolean;
}

const optionsFile = join("heliograph", "options", "v1", "options.proto");

/** The project's modules: one folder that was told, or what buf.yaml lists, or `proto`. */
export async function findModules(project: Project, tools: Tools): Promise<BufModules> {
  const config = join(project.root, "buf.yaml");
  const configured = project.proto === undefined && existsSync(config);
  const listed = configured ? await listModules(project.root, tools) : [plainModule(project)];
  const modules: BufModule[] = [];
  for (const module of listed) {
    if (await isKit(module.path)) continue;
    await requireFolder(module.path);
    modules.push(module);
  }
  return {
    modules,
    deps: configured ? dependencies(await readFile(config, "utf8")) : [],
    haveOptions: modules.some(({ path }) => existsSync(join(path, optionsFile))),
  };
}

function plainModule(project: Project): BufModule {
  return { path: project.proto ?? join(project.root, "proto"), includes: [], excludes: [] };
}

async function listModules(root: string, tools: Tools): Promise<BufModule[]> {
  const { code, stdout, stderr } = await runTool(
    [...tools.buf, "config", "ls-modules", "--format", "json"],
    root,
  );
  if (code !== 0) throw new Failure(`${shown(join(root, "buf.yaml"))}: ${oneLine(stderr)}`);
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as { path: string; includes?: string[]; excludes?: string[] })
    .map(({ path, includes = [], excludes = [] }) => {
      const inside = (list: string[]) => list.map((entry) => relative(path, entry));
      return { path: join(root, path), includes: inside(includes), excludes: inside(excludes) };
    });
}

function oneLine(stderr: string): string {
  return stderr
    .trim()
    .replace(/^Failure: /, "")
    .replace(/\s+/g, " ");
}

/** The kit's own folder: this package's, or that of a project's node_modules, where it need not be installed yet. */
async function isKit(path: string): Promise<boolean> {
  if (/[\\/]node_modules[\\/]heliograph[\\/]proto$/.test(path)) return true;
  return existsSync(join(path, optionsFile)) && (await realpath(path)) === (await realpath(kitProto));
}

/** The `deps` of a buf.yaml, which buf has no command to list without asking the registry. */
function dependencies(yaml: string): string[] {
  const block = /^deps:[^\n]*\n((?:[ \t]*(?:-[^\n]*|#[^\n]*)?(?:\n|$))*)/m.exec(yaml)?.[1] ?? "";
  return [...block.matchAll(/^[ \t]*-[ \t]*["']?([^\s"'#]+)/gm)].map((match) => match[1] ?? "");
}

async function requireFolder(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isDirectory()) {
    throw new Failure(
      `there is no folder ${shown(path)} with .proto files; make it, or name another with --proto`,
    );
  }
}
