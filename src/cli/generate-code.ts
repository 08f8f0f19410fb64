import process from "node:process";
import { readBufErrors } from "./buf-errors.js";
import { findModules } from "./buf-modules.js";
import { makeWorkspace } from "./buf-workspace.js";
import { Failure } from "./failure.js";
import { type FileTree, readTree } from "./file-tree.js";
import { kitPlugin } from "./kit.js";
import type { Project } from "./project.js";
import { type CommandLine, findTools, runTool, type Tools } from "./tools.js";

/** The module that stands in for the kit's options, so that nobody's output has them. */
const optionsModule = "Mheliograph/options/v1/options.proto=heliograph/options";

/** ts-proto's options: the plugin's code and the runtime rely on them. */
export const tsProtoOptions = [
  "annotateFilesWithVersion=false",
  "enumsAsLiterals=true",
  "env=both",
  "esModuleInterop=true",
  "forceLong=bigint",
  "importSuffix=.js",
  "oneof=unions-value",
  "outputServices=none",
  "outputTypeAnnotations=static-only",
  "useDate=timestamp",
  "useExactTypes=false",
  "useMapType=true",
  "useOptionals=messages",
  optionsModule,
] as const;

export interface Generated {
  /** The code, by path below the output folder. Empty when only the manifest was asked for. */
  readonly code: FileTree;
  /** The text of the lock manifest. */
  readonly lock: string;
}

/** Among the generated files until it is taken out of them. */
const lockFile = "heliograph.lock.json";

/** Runs buf with ts-proto and the kit's plugin, into memory. Fails with every problem of the schema. */
export async function generateCode(project: Project, { lockOnly = false } = {}): Promise<Generated> {
  const tools = findTools(project.root);
  const modules = await findModules(project, tools);
  await using workspace = await makeWorkspace(project.root, modules);
  const plugins = lockOnly ? [lockPlugin()] : codePlugins(tools);
  // In one call for all folders: shared files and the manifest are written once.
  const template = {
    version: "v2",
    plugins: plugins.map((plugin) => ({ ...plugin, out: workspace.scratch, strategy: "all" })),
  };
  const { code: exit, stderr } = await runTool(
    [...tools.buf, "generate", workspace.input, "--template", JSON.stringify(template)],
    project.root,
  );
  if (exit !== 0) {
    const lines = readBufErrors(stderr, workspace);
    throw new Failure(lines.length > 0 ? lines : [`buf ended with code ${exit}`], stderr);
  }
  const code = new Map(await readTree(workspace.scratch));
  const lock = code.get(lockFile) ?? "";
  code.delete(lockFile);
  return { code, lock };
}

interface Plugin {
  readonly local: CommandLine;
  readonly opt: readonly string[];
}

function codePlugins(tools: Tools): Plugin[] {
  return [
    { local: tools.tsProto, opt: tsProtoOptions },
    { local: heliograph(), opt: ["target=ts", `lock=${lockFile}`, optionsModule] },
  ];
}

function lockPlugin(): Plugin {
  return { local: heliograph(), opt: ["target=lock"] };
}

function heliograph(): CommandLine {
  return [process.execPath, ...process.execArgv, kitPlugin];
}
