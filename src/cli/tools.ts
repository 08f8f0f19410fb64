import { spawn } from "node:child_process";
import { closeSync, openSync, readSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import process from "node:process";
import { text } from "node:stream/consumers";
import { Failure } from "./failure.js";
import { testedVersion } from "./kit.js";

/** A program and its first arguments. */
export type CommandLine = readonly [program: string, ...args: string[]];

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What `helio generate` runs, as found in the project or beside this package. */
export interface Tools {
  readonly buf: CommandLine;
  readonly tsProto: CommandLine;
}

/** Finds the tools in the project or beside this package; fails with the command that installs what is missing. */
export function findTools(project: string, beside: string = import.meta.url): Tools {
  const places = [join(project, "package.json"), beside];
  const buf = findPackage("@bufbuild/buf", places);
  const tsProto = findPackage("ts-proto", places);
  if (buf === undefined || tsProto === undefined) {
    const missing = [
      buf === undefined ? ["@bufbuild/buf"] : [],
      tsProto === undefined ? ["ts-proto"] : [],
    ].flat();
    const wanted = missing.map((name) => `${name}@${testedVersion(name)}`).join(" ");
    throw new Failure(`${missing.join(" and ")} not installed; run npm install --save-dev ${wanted}`);
  }
  return {
    buf: executable(join(buf, "bin", "buf")),
    tsProto: executable(join(tsProto, "protoc-gen-ts_proto")),
  };
}

/** Runs a program to its end. Only its not starting is an error. */
export async function runTool([program, ...args]: CommandLine, cwd: string): Promise<Outcome> {
  const child = spawn(program, args, { cwd, stdio: ["ignore", "pipe", "pipe"] });
  const closed = new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve(code ?? 1));
  });
  const [code, stdout, stderr] = await Promise.all([closed, text(child.stdout), text(child.stderr)]);
  return { code, stdout, stderr };
}

function findPackage(name: string, places: readonly string[]): string | undefined {
  for (const from of places) {
    try {
      return dirname(createRequire(from).resolve(`${name}/package.json`));
    } catch {
      // Not there: the next place.
    }
  }
  return undefined;
}

/** npm may have put the real binary in place of a script, and Windows starts no scripts. */
function executable(path: string): CommandLine {
  return isScript(path) ? [process.execPath, path] : [path];
}

function isScript(path: string): boolean {
  const start = Buffer.alloc(2);
  const file = openSync(path, "r");
  try {
    readSync(file, start);
  } finally {
    closeSync(file);
  }
  return start.toString("latin1") === "#!";
}
