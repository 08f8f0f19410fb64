import { type Dirent, readdirSync, statSync } from "node:fs";

/** Every file below a folder; none when there is no folder. */
function filesBelow(folder: string): string[] {
  let entries: Dirent[];
  try {
    entries = readdirSync(folder, { withFileTypes: true, recursive: true });
  } catch {
    return [];
  }
  return entries.filter((entry) => entry.isFile()).map((entry) => `${entry.parentPath}/${entry.name}`);
}

function writtenAt(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** When a file, or the last file below a folder, was written; 0 when there is none. */
export function newest(paths: readonly string[]): number {
  const times = paths.flatMap((path) => {
    const stat = statSync(path, { throwIfNoEntry: false });
    return stat?.isDirectory() ? filesBelow(path).map(writtenAt) : [stat?.mtimeMs ?? 0];
  });
  return Math.max(0, ...times);
}

/** Whether something has to be made again: it is not there, or older than one of its sources. */
export function stale(made: string, sources: readonly string[]): boolean {
  const at = writtenAt(made);
  return at === 0 || at < newest(sources);
}
