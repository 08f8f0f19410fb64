import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
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
  return pathsBelow(folder)
    .filter((path) => endings.some((ending) => path.endsWith(ending)))
    .sort()
    .map((path) => ({ path, text: readFileSync(join(repository, path), "utf8") }));
}

const LEFT_OUT = /^node_modules$|^(test|examples|bench)\/(gen|build)$|\/node_modules$/;

function pathsBelow(folder: string): string[] {
  if (LEFT_OUT.test(folder) || !existsSync(join(repository, folder))) return [];
  return readdirSync(join(repository, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    return entry.isDirectory() ? pathsBelow(path) : [path];
  });
}
