import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Outcome, runTool } from "../../src/cli/tools.js";
import { repository } from "./schemas.js";

const tsx = pathToFileURL(join(repository, "node_modules/tsx/dist/loader.mjs")).href;

/** Runs the command as its own process, from source. */
export function helio(cwd: string, ...args: readonly string[]): Promise<Outcome> {
  return runTool([process.execPath, "--import", tsx, join(repository, "src/cli/main.ts"), ...args], cwd);
}

/** Runs a TypeScript file of a project as its own process. */
export function tsxCommand(...args: readonly string[]): [string, ...string[]] {
  return [process.execPath, "--import", tsx, ...args];
}
