import { existsSync } from "node:fs";
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { CommandError, root, run } from "./run.mjs";

const folder = join(root, ".cache", "etcd");
const unpacked = join(folder, "usr", "bin", "etcd");

/** There is no etcd here, and none can be had. */
export class NoEtcd extends Error {}

/** The etcd of the contract tests: the one that was unpacked here, else that of the system. */
export function etcdProgram() {
  return existsSync(unpacked) ? unpacked : "etcd";
}

/**
 * Sees to it that there is an etcd. Debian's package is unpacked, not installed: that would start one that nobody asked
 * for. @throws NoEtcd, with what to do about it
 */
export async function prepareEtcd() {
  if (await runs(etcdProgram())) return;
  try {
    await unpack();
  } catch (error) {
    const why = error instanceof CommandError ? error.output.trim() : String(error);
    throw new NoEtcd(
      `etcd 3.4 or newer is needed by test/contract (on Debian: apt-get install etcd-server)\n${why}`,
    );
  }
}

async function unpack() {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  try {
    await download();
  } catch (error) {
    // A fresh system has no list of packages yet, and only root may get it.
    if (process.getuid?.() !== 0) throw error;
    await run("apt-get", ["update", "-qq"]);
    await download();
  }
  const packages = (await readdir(folder)).filter((name) => name.endsWith(".deb"));
  for (const name of packages) await run("dpkg-deb", ["--extract", join(folder, name), folder]);
}

function download() {
  return run("apt-get", ["download", "-qq", "etcd-server"], { cwd: folder });
}

/** @param {string} program */
async function runs(program) {
  try {
    await run(program, ["--version"]);
    return true;
  } catch {
    return false;
  }
}
