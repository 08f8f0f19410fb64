import { readFile, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import process from "node:process";
import type { LockManifest } from "../codegen/lock-manifest.js";
import { parseLock } from "../codegen/lock-parse.js";
import { messageOf } from "../core/error.js";
import { Failure } from "./failure.js";
import { type Project, shown } from "./project.js";
import { runTool } from "./tools.js";

/** Reads the manifest to compare with: of a file, of a folder, or as a git ref (`ref` or `ref:path`) has it. */
export async function readLock(against: string, project: Project): Promise<LockManifest> {
  const path = resolve(process.cwd(), against);
  const found = await stat(path).catch(() => undefined);
  if (found === undefined)
    return parse(`${against}:${basename(project.lock)}`, await showFromGit(against, project));
  const file = found.isDirectory() ? join(path, basename(project.lock)) : path;
  const text = await readFile(file, "utf8").catch(() => {
    throw new Failure(
      `${shown(file)} can't be read; --against takes a lock manifest, its folder or a git ref`,
    );
  });
  return parse(shown(file), text);
}

async function showFromGit(ref: string, project: Project): Promise<string> {
  const object = ref.includes(":") ? ref : `${ref}:./${basename(project.lock)}`;
  const command = ["git", "show", "--end-of-options", object] as const;
  const { code, stdout, stderr } = await runTool([...command], dirname(project.lock)).catch(() => {
    throw new Failure(`${ref} is no file or folder, and git, which might know it, is not installed`);
  });
  if (code === 0) return stdout;
  const reason =
    stderr
      .trim()
      .split("\n")[0]
      ?.replace(/^fatal: /, "") ?? "";
  throw new Failure(`${ref} is no file or folder, and git can't show ${object}: ${reason}`, stderr);
}

function parse(name: string, text: string): LockManifest {
  try {
    return parseLock(text);
  } catch (error) {
    throw new Failure(`${name} ${messageOf(error)}`);
  }
}
