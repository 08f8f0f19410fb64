import process from "node:process";
import { fileURLToPath } from "node:url";
import type { CommandLine } from "../program.js";

/** A program of this folder. */
export function program(name: string, ...args: string[]): CommandLine {
  return [
    process.execPath,
    "--import",
    "tsx",
    fileURLToPath(new URL(`./${name}.ts`, import.meta.url)),
    ...args,
  ];
}

export const typescriptClient = program("client");
export const typescriptServer = program("server");
