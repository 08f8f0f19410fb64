import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { Command, Option } from "commander";
import { Failure, UsageError } from "./failure.js";
import { applyChanges, compareTree } from "./file-tree.js";
import { generateCode } from "./generate-code.js";
import { findProject, type ProjectOptions, shown } from "./project.js";

interface GenerateOptions extends ProjectOptions {
  readonly lang: string;
  readonly check?: boolean;
}

const examples = `
Examples:
  helio generate                                  proto/ or the modules of buf.yaml, into src/gen/
  helio generate --proto api --out src/api        other folders
  helio generate --check                          fail when the generated code is not current`;

/** `helio generate`: messages by ts-proto, services by the kit's plugin, and the lock manifest. */
export function generateCommand(): Command {
  return new Command("generate")
    .summary("make code of .proto files")
    .description("Make TypeScript of the .proto files: messages, services and heliograph.lock.json.")
    .option("--proto <dir>", "folder of the .proto files (default: the modules of buf.yaml, or proto)")
    .option("--out <dir>", "folder for the code (default: src/gen)")
    .option("--lock <file>", "the lock manifest (default: heliograph.lock.json)")
    .addOption(new Option("--lang <languages>", "languages to generate").default("ts"))
    .option("--check", "write nothing; fail when something would be written")
    .option("--verbose", "show what the tools said")
    .addHelpText("after", examples)
    .action(generate);
}

async function generate(options: GenerateOptions): Promise<void> {
  for (const language of options.lang.split(",")) {
    if (language !== "ts")
      throw new UsageError(`--lang ${language}: there is no such language yet; there is ts`);
  }
  const project = findProject(options);
  const { code, lock } = await generateCode(project);
  const changes = await compareTree(project.out, code);
  const lockChanged = (await readFile(project.lock, "utf8").catch(() => undefined)) !== lock;
  if (options.check) {
    const stale = [
      ...changes.written.map((path) => `${shown(join(project.out, path))} is not current`),
      ...changes.removed.map((path) => `${shown(join(project.out, path))} is of a .proto file that is gone`),
      ...(lockChanged ? [`${shown(project.lock)} is not current`] : []),
    ];
    if (stale.length > 0) throw new Failure(stale.map((line) => `${line}; run helio generate`));
  } else {
    await applyChanges(project.out, code, changes);
    if (lockChanged) await writeFile(project.lock, lock);
  }
  const counts = [
    `${code.size} files`,
    `${changes.written.length} written`,
    `${changes.removed.length} removed`,
  ];
  process.stdout.write(
    `${shown(project.out)}: ${counts.join(", ")}; ${shown(project.lock)} ${lockChanged ? "written" : "unchanged"}\n`,
  );
}
