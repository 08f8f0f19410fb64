import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { unusedPort } from "../../examples/15-bakery/unused-port.js";
import { newProject } from "../../src/cli/new-project.js";
import { type CommandLine, runTool } from "../../src/cli/tools.js";

export const repository = fileURLToPath(new URL("../../", import.meta.url));

const DEPENDENCIES = ["@bufbuild", "@types", "ts-proto", "tsx", "typescript", "zeromq"];

/** A user's project in a folder of its own, with this package, as it was built last, in its node_modules. */
export interface Project extends AsyncDisposable {
  readonly folder: string;
  /** What HELIOGRAPH_REGISTRY is in it: pages that run side by side must not meet. */
  readonly registry: string;
  write(path: string, content: string): Promise<void>;
  /** Every address of a port becomes one of a file in this folder: ports of this machine may be taken. */
  local(text: string): string;
  /** The reverse. */
  shown(text: string): string;
  typecheck(): Promise<string>;
}

export async function makeProject(): Promise<Project> {
  if (!existsSync(join(repository, "dist/index.js"))) throw new Error("dist is missing; run npm run build");
  const folder = await mkdtemp(join(tmpdir(), "helio-"));
  await mkdir(join(folder, "node_modules"));
  await symlink(repository, join(folder, "node_modules/heliograph"));
  for (const name of DEPENDENCIES) {
    await symlink(join(repository, "node_modules", name), join(folder, "node_modules", name));
  }
  const local = (text: string) => text.replaceAll(/tcp:\/\/127\.0\.0\.1:(\d+)/g, `ipc://${folder}/$1.sock`);
  const write = async (path: string, content: string) => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), local(content));
  };
  for (const file of ["package.json", "tsconfig.json"]) {
    await write(file, newProject("pages", "*").get(file) ?? "");
  }
  const tsc: CommandLine = [process.execPath, join(repository, "node_modules/typescript/bin/tsc")];
  return {
    folder,
    registry: `local:${await unusedPort()}`,
    write,
    local,
    shown: (text) => text.replaceAll(new RegExp(`ipc://${folder}/(\\d+)\\.sock`, "g"), "tcp://127.0.0.1:$1"),
    typecheck: async () => (await runTool(tsc, folder)).stdout,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Gives a project the code of the examples' `.proto` files, and what its snippets name. */
export async function addExamples(project: Project): Promise<void> {
  await cp(join(repository, "examples/gen"), join(project.folder, "src/gen"), { recursive: true });
  const fixtures = await readFile(new URL("./fixtures.ts", import.meta.url), "utf8");
  await project.write("src/fixtures.ts", fixtures.replaceAll("../../examples/gen/", "./gen/"));
}
