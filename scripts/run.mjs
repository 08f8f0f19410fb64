import { spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** The top folder of the repository. */
export const root = fileURLToPath(new URL("../", import.meta.url));

/** A program that ended with another status than 0, and all that it printed. */
export class CommandError extends Error {
  /**
   * @param {string} message
   * @param {string} output
   */
  constructor(message, output) {
    super(message);
    this.name = "CommandError";
    this.output = output;
  }
}

/**
 * Runs a program, in the top folder unless told otherwise, without standard input. Gives what it printed.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ live?: boolean, env?: NodeJS.ProcessEnv, cwd?: string }} [options] `live` shows the output instead of keeping it
 * @returns {Promise<string>}
 */
export function run(program, args, { live = false, env = process.env, cwd = root } = {}) {
  // Windows starts no scripts without a shell, and these are scripts there.
  const shell = process.platform === "win32" && (program === "npm" || program === "buf");
  const out = live ? "inherit" : "pipe";
  const child = spawn(program, args, { cwd, env, shell, stdio: ["ignore", out, out] });
  /** @type {Buffer[]} */
  const printed = [];
  child.stdout?.on("data", (chunk) => printed.push(chunk));
  child.stderr?.on("data", (chunk) => printed.push(chunk));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      const output = Buffer.concat(printed).toString("utf8");
      if (code === 0) resolve(output);
      else reject(new CommandError(`${[program, ...args].join(" ")}: ended with ${signal ?? code}`, output));
    });
  });
}

/**
 * Runs npm: the one that runs this script, when there is one.
 *
 * @param {readonly string[]} args
 * @param {{ live?: boolean }} [options]
 */
export function npm(args, options) {
  const { npm_execpath: script } = process.env;
  return script?.endsWith(".js")
    ? run(process.execPath, [script, ...args], options)
    : run("npm", args, options);
}

/**
 * A script of package.json.
 *
 * @param {string} name
 */
export function script(name) {
  return () => npm(["run", "--silent", name]);
}
