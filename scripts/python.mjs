import { existsSync, readFileSync } from "node:fs";
import { copyFile, rm } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { CommandError, root, run } from "./run.mjs";

const windows = process.platform === "win32";
const folder = join(root, ".cache", "python");
const requirements = join(root, "test", "contract", "requirements.txt");
/** What is installed, so that it is done once. */
const stamp = join(folder, "requirements.txt");

/** The Python interpreter of the contract tests, with its packages. */
export const interpreter = join(folder, windows ? "Scripts/python.exe" : "bin/python");

/** There is no Python here that can make an environment, and none may be installed. */
export class NoPython extends Error {}

/** Makes the Python environment of the contract tests. @throws NoPython, with what to do about it */
export async function preparePython() {
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === readFileSync(requirements, "utf8")) return;
  await rm(folder, { recursive: true, force: true });
  try {
    await makeEnvironment();
  } catch (error) {
    await installPython(error);
    await makeEnvironment();
  }
  await run(interpreter, ["-m", "pip", "install", "--quiet", "--requirement", requirements]);
  await copyFile(requirements, stamp);
}

function makeEnvironment() {
  return run(windows ? "python" : "python3", ["-m", "venv", "--clear", folder]);
}

/** Debian keeps the part of Python that makes environments in a package of its own. @param {unknown} cause */
async function installPython(cause) {
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) {
    const why = cause instanceof CommandError ? cause.output.trim() : String(cause);
    throw new NoPython(
      `Python 3 with its venv module is needed by test/contract (on Debian: apt-get install python3-venv)\n${why}`,
    );
  }
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  await run("apt-get", ["update", "-qq"], { env });
  await run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", "python3", "python3-venv"], {
    env,
  });
}
