import type { Command } from "commander";
import { parseAllDocuments } from "yaml";
import { program } from "../../src/cli/program.js";
import { fakeTerminal } from "../unit/cli/fake-terminal.js";
import type { Block } from "./markdown.js";

/** Blocks that no test can run, since they are for other machines: they are read, at least. */
export function isUnrun({ language }: Block): boolean {
  return language in readers;
}

/** What is wrong with such a block. */
export function faultsOf({ language, text }: Block): readonly string[] {
  return readers[language]?.(text) ?? [];
}

const readers: Readonly<Record<string, (text: string) => string[]>> = {
  sh: (text) => text.split("\n").flatMap((line) => helioFaults(line.replace(/ #.*/, "").split(/\s+/))),
  yaml: (text) =>
    parseAllDocuments(text).flatMap((document) => [
      ...[...document.errors, ...document.warnings].map(({ message }) => message),
      ...listsIn(document.toJS()).flatMap(helioFaults),
    ]),
  ini: (text) => text.split("\n").filter((line) => !/^(\[[A-Z]\w+\]|[A-Z]\w+=\S.*|#.*|)$/.test(line)),
};

/** What `helio` does not know of a command line that calls it. */
function helioFaults(words: readonly unknown[]): string[] {
  const at = words.findIndex((word) => typeof word === "string" && /(^|\/)helio$/.test(word));
  if (at === -1) return [];
  let command: Command = program(fakeTerminal());
  let rest = words.slice(at + 1).map(String);
  for (;;) {
    const next = command.commands.find((each) => each.name() === rest[0]);
    if (next === undefined) break;
    command = next;
    rest = rest.slice(1);
  }
  if (command.parent === null) return [`there is no helio ${rest[0]}`];
  return command.parseOptions(rest).unknown.map((word) => `helio ${command.name()} has no ${word}`);
}

function listsIn(value: unknown): unknown[][] {
  if (Array.isArray(value)) return [value, ...value.flatMap(listsIn)];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(listsIn) : [];
}
