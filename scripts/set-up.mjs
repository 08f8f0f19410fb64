import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { npm, root, script } from "./run.mjs";
import { step } from "./step.mjs";

/** Installs what package-lock.json says, when that is not what is there. */
export function install() {
  requireNode();
  return step("packages", async () => {
    if (!installed()) await npm(["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
  });
}

/** Makes the code that git doesn't hold: the stubs of examples and tests. */
export function generate() {
  return step("generate", script("generate:test"));
}

/** Compiles `src` to `dist`. */
export function build() {
  return step("build", script("build"));
}

function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > 20 || (major === 20 && minor >= 11)) return;
  process.stdout.write(`Node 20.11 or newer is needed; this is ${process.versions.node}\n`);
  process.exit(1);
}

/** npm keeps a list of what it installed; what belongs to other platforms only is not in it. */
function installed() {
  const list = join(root, "node_modules", ".package-lock.json");
  if (!existsSync(list)) return false;
  const there = packagesIn(list);
  const wanted = Object.entries(packagesIn(join(root, "package-lock.json")));
  return wanted.every(([path, { version, optional }]) => {
    if (path === "") return true;
    const found = there[path];
    return found === undefined ? optional === true : found.version === version;
  });
}

/**
 * @param {string} lock
 * @returns {Record<string, { version?: string, optional?: boolean }>}
 */
function packagesIn(lock) {
  return JSON.parse(readFileSync(lock, "utf8")).packages;
}
