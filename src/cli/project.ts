import { existsSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import process from "node:process";

/** Where a verb works: every path is absolute. */
export interface Project {
  readonly root: string;
  /** The folder of the `.proto` files when it is told; else buf.yaml says, or it is `proto`. */
  readonly proto: string | undefined;
  readonly out: string;
  readonly lock: string;
}

export interface ProjectOptions {
  readonly proto?: string;
  readonly out?: string;
  readonly lock?: string;
}

const marks = ["buf.yaml", "heliograph.lock.json", "package.json", "proto"];

/** The project around the working directory, or around the folder of the `.proto` files. */
export function findProject(options: ProjectOptions, cwd = process.cwd()): Project {
  const proto = options.proto === undefined ? undefined : resolve(cwd, options.proto);
  const root = findRoot(proto === undefined ? cwd : dirname(proto));
  return {
    root,
    proto,
    out: options.out === undefined ? join(root, "src", "gen") : resolve(cwd, options.out),
    lock: options.lock === undefined ? join(root, "heliograph.lock.json") : resolve(cwd, options.lock),
  };
}

/** A path as the user would type it here. */
export function shown(path: string): string {
  return relative(process.cwd(), path) || ".";
}

/** The nearest folder upwards that looks like a project; the folder itself when none does. */
function findRoot(from: string): string {
  for (let folder = from; ; folder = dirname(folder)) {
    if (marks.some((mark) => existsSync(join(folder, mark)))) return folder;
    if (dirname(folder) === folder) return from;
  }
}
