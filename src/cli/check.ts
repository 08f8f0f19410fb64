import { readFile } from "node:fs/promises";
import process from "node:process";
import { Command } from "commander";
import { type BreakingChange, compareLocks, formatBreakingChange } from "../codegen/lock-compare.js";
import { parseLock } from "../codegen/lock-parse.js";
import { Failure } from "./failure.js";
import { generateCode } from "./generate-code.js";
import { findProject, type Project, type ProjectOptions, shown } from "./project.js";
import { readLock } from "./read-lock.js";

interface CheckOptions extends ProjectOptions {
  readonly against?: string;
  readonly json?: boolean;
}

const examples = `
Examples:
  helio check                                  is heliograph.lock.json what the .proto files say?
  helio check --against main                   and would peers built from branch main still be served?
  helio check --against ../released --json     the same, against a folder, for a script

buf breaking compares the messages; this compares what it passes: names of services and members, kinds, keys,
policies, types, streaming, idempotency and resumption.`;

/** `helio check`: whether the lock manifest is current, and what changed that breaks peers. */
export function checkCommand(): Command {
  return new Command("check")
    .summary("show what would break peers")
    .description("Check that heliograph.lock.json is current, and report breaking changes.")
    .option("--against <where>", "a lock manifest to compare with: a file, a folder or a git ref")
    .option("--json", "print the report as JSON")
    .option("--proto <dir>", "folder of the .proto files (default: the modules of buf.yaml, or proto)")
    .option("--lock <file>", "the lock manifest (default: heliograph.lock.json)")
    .option("--verbose", "show what the tools said")
    .addHelpText("after", examples)
    .action(check);
}

async function check(options: CheckOptions): Promise<void> {
  const project = findProject(options);
  const { lock } = await generateCode(project, { lockOnly: true });
  const stale = await staleness(project, lock);
  const breaking =
    options.against === undefined
      ? []
      : compareLocks(await readLock(options.against, project), parseLock(lock));
  if (options.json) print(stale, breaking);
  const lines = [...(stale === undefined ? [] : [stale]), ...breaking.map(formatBreakingChange)];
  if (lines.length > 0) throw new Failure(options.json ? [] : lines);
  if (!options.json) {
    const compared = options.against === undefined ? "" : `; nothing breaks peers of ${options.against}`;
    process.stdout.write(`${shown(project.lock)} is current${compared}\n`);
  }
}

async function staleness(project: Project, wanted: string): Promise<string | undefined> {
  const written = await readFile(project.lock, "utf8").catch(() => undefined);
  if (written === wanted) return undefined;
  const what = written === undefined ? "does not exist" : "is not what the .proto files say";
  return `${shown(project.lock)} ${what}; run helio generate`;
}

function print(stale: string | undefined, breaking: readonly BreakingChange[]): void {
  const report = {
    current: stale === undefined,
    breaking: breaking.map((change) => ({ ...change, message: formatBreakingChange(change) })),
  };
  process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
}
