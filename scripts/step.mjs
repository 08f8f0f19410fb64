import { performance } from "node:perf_hooks";
import process from "node:process";
import { CommandError } from "./run.mjs";

/**
 * Does one thing and says so in one line: what, how it ended, how long it took. When it failed, what it printed follows.
 *
 * @param {string} name
 * @param {() => Promise<unknown>} work
 * @returns {Promise<boolean>} whether it went well
 */
export async function step(name, work) {
  const start = performance.now();
  try {
    await work();
    say(name, "ok", start);
    return true;
  } catch (error) {
    say(name, "FAILED", start);
    process.stdout.write(`${explain(error).trimEnd()}\n\n`);
    return false;
  }
}

/**
 * @param {string} name
 * @param {string} end
 * @param {number} start
 */
function say(name, end, start) {
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  process.stdout.write(`${name.padEnd(24)} ${end.padEnd(7)} ${seconds.padStart(6)} s\n`);
}

/** @param {unknown} error */
function explain(error) {
  if (error instanceof CommandError) return `${error.output}\n${error.message}`;
  if (error instanceof Error) return error.message;
  return String(error);
}
