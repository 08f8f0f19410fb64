import { execFile } from "node:child_process";
import { copyFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    /** The path of node-program, compiled. */
    nodeProgram: string;
    /** The folder of the programs of `startChild`, compiled; undefined for tests that run together. */
    childPrograms: string | undefined;
  }
}

const here = fileURLToPath(new URL(".", import.meta.url));
const root = fileURLToPath(new URL("../../../", import.meta.url));

/**
 * Compiles once for all tests of a run the programs that they start: some start a dozen processes, which would each take
 * a second of a core to compile their sources for themselves.
 *
 * @returns removes it
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  // In the repository, so that packages are found; of its own, since there may be two runs.
  const out = join(root, ".cache", `discovery-${process.pid}`);
  const compiler = join(
    dirname(createRequire(import.meta.url).resolve("typescript/package.json")),
    "bin/tsc",
  );
  await promisify(execFile)(process.execPath, [compiler, "-p", join(here, "tsconfig.json"), "--outDir", out]);
  // Programs tell by it which version they are.
  await copyFile(join(root, "package.json"), join(out, "package.json"));
  project.provide("nodeProgram", join(out, "test/integration/discovery/node-program.js"));
  project.provide("childPrograms", join(out, "test/support"));
  return () => rm(out, { recursive: true, force: true });
}
