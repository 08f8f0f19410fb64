import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type CommandLine, type Outcome, runTool } from "../../src/cli/tools.js";
import { repository } from "./schemas.js";

/** What lets node run TypeScript, for `--import`. */
export const tsx: string = pathToFileURL(join(repository, "node_modules/tsx/dist/loader.mjs")).href;

const command = helioCommand();

/** Runs the command as its own process. */
export function helio(cwd: string, ...args: readonly string[]): Promise<Outcome> {
  return runTool([...command, ...args], cwd);
}

/** The built command when it is as new as its sources, else the sources, which start slower. */
function helioCommand(): CommandLine {
  const sources = ["src/cli", "src/codegen"].flatMap((folder) =>
    readdirSync(join(repository, folder), { recursive: true, encoding: "utf8" }).map((path) =>
      join(repository, folder, path),
    ),
  );
  const built = join(repository, "dist/cli/main.js");
  const builtAt = statSync(built, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (sources.every((path) => statSync(path).mtimeMs < builtAt)) return [process.execPath, built];
  return [process.execPath, "--import", tsx, join(repository, "src/cli/main.ts")];
}
