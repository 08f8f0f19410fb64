import process from "node:process";
import { Command, CommanderError } from "commander";
import { checkCommand } from "./check.js";
import { Failure, UsageError } from "./failure.js";
import { generateCommand } from "./generate.js";
import { initCommand } from "./init.js";
import { kitVersion } from "./kit.js";

const examples = `
Examples:
  helio init my-service           make a new project that runs
  helio generate                  make code of the .proto files
  helio check --against main      show what would break peers of branch main`;

/** Runs one command line. Gives the exit code: 0 done, 1 failed, 2 wrong usage. */
export async function run(args: readonly string[]): Promise<number> {
  try {
    await program().parseAsync(args, { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    explain(error, args.includes("--verbose"));
    return error instanceof UsageError ? 2 : 1;
  }
}

function program(): Command {
  const helio = new Command("helio")
    .description("Services that talk to each other directly: the command of Heliograph.")
    .version(kitVersion(), "--version", "print the version")
    .helpOption("--help", "print help")
    .helpCommand(false)
    .addHelpText("after", examples)
    .showHelpAfterError("(helio --help shows what there is)");
  for (const command of [initCommand(), generateCommand(), checkCommand()]) {
    helio.addCommand(command.helpOption("--help", "print help").allowExcessArguments(false));
    command.showHelpAfterError(`(helio ${command.name()} --help shows how it is used)`);
  }
  for (const command of [helio, ...helio.commands]) command.exitOverride();
  return helio;
}

function explain(error: unknown, verbose: boolean): void {
  if (!(error instanceof Failure)) {
    const known = error instanceof Error;
    process.stderr.write(
      `helio: ${known && !verbose ? error.message : known ? error.stack : String(error)}\n`,
    );
    return;
  }
  for (const line of error.lines) process.stderr.write(`${line}\n`);
  if (verbose && error.details !== undefined) process.stderr.write(`${error.details.trimEnd()}\n`);
}
