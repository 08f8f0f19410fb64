/** `npm run build`: compiles src to dist, and removes from dist what has no source any more. */
import { existsSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { CommandError, root, run } from "./run.mjs";

const dist = join(root, "dist");
const source = join(root, "src");

async function compile() {
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  await run(process.execPath, [tsc, "-p", "tsconfig.build.json"]);
}

/** Not before the compiler: programs that run from dist would miss their files for a while. */
async function prune() {
  for (const path of await readdir(dist, { recursive: true })) {
    const origin = /^(.+?)(\.d\.ts|\.js|\.js\.map)$/.exec(path)?.[1];
    if (origin !== undefined && !existsSync(join(source, `${origin}.ts`))) await rm(join(dist, path));
  }
}

try {
  await compile();
  await prune();
} catch (error) {
  if (!(error instanceof CommandError)) throw error;
  process.stdout.write(error.output);
  process.exitCode = 1;
}
