import type { BufWorkspace } from "./buf-workspace.js";
import { shown } from "./project.js";

/** What buf and its plugins said, one readable line per problem, with the project's own paths. */
export function readBufErrors(stderr: string, workspace: BufWorkspace): string[] {
  const lines = stderr.split("\n").map((line) => line.trim());
  const told = lines
    .map((line) => line.replace(/^Failure: /, ""))
    .map((line) => line.replace(/^plugin .*?(?:protoc-gen-ts_proto|codegen[\\/]main\.[jt]s): /, ""))
    // A plugin that is stopped because another has failed.
    .filter((line) => line !== "" && !/^signal: killed$|context canceled$/.test(line))
    .map((line) => readable(line, workspace));
  return [...new Set(told)];
}

function readable(line: string, workspace: BufWorkspace): string {
  const [, empty] = /^Module "path: "(\w+)"" had no \.proto files/.exec(line) ?? [];
  if (empty !== undefined) {
    return `there are no .proto files in ${shown(workspace.original(`${workspace.input}/${empty}/`))}`;
  }
  const [, path, place, message] = /^(.*?\.proto)(:\d+:\d+:)\s*(.*)$/.exec(line) ?? [];
  if (path === undefined) return line;
  return `${shown(workspace.original(path))}${place} ${message}`;
}
