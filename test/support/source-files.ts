import { readdirSync, readFileSync } from "node:fs";
import { join, posix, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** The top folder of the repository. */
export const repository = fileURLToPath(new URL("../../", import.meta.url));

/** A file of the repository; its path is from the top folder, with slashes. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** The files below a folder that have one of these endings, without what is installed or generated. */
export function sourceFiles(folder: string, endings: readonly string[] = [".ts", ".mjs"]): SourceFile[] {
  return readdirSync(join(repository, folder), { recursive: true, encoding: "utf8" })
    .map((path) => posix.join(folder, path.split(sep).join("/")))
    .filter((path) => endings.some((ending) => path.endsWith(ending)) && !LEFT_OUT.test(path))
    .sort()
    .map((path) => ({ path, text: readFileSync(join(repository, path), "utf8") }));
}

const LEFT_OUT = /(^|\/)(node_modules|dist|build)\/|^(test|examples|bench)\/gen\//;
