/** `npm run demo`: sets up what a fresh clone lacks, then runs examples/demo, whose status it ends with. */
import process from "node:process";
import { CommandError, run } from "./run.mjs";
import { build, generate, install } from "./set-up.mjs";

async function main() {
  if (!(await install()) || !(await generate()) || !(await build())) return 1;
  const args = ["--import", "tsx", "examples/demo/main.ts", ...process.argv.slice(2)];
  try {
    await run(process.execPath, args, { live: true });
    return 0;
  } catch (error) {
    if (error instanceof CommandError) return 1;
    throw error;
  }
}

process.exitCode = await main();
