import { Command, CommanderError } from "commander";
import { callCommand } from "./call.js";
import { checkCommand } from "./check.js";
import { completeCommand, completionCommand } from "./completion.js";
import { describeCommand } from "./describe.js";
import { doctorCommand } from "./doctor.js";
import { emitCommand } from "./emit.js";
import { Failure, UsageError } from "./failure.js";
import { generateCommand } from "./generate.js";
import { healthCommand } from "./health.js";
import { initCommand } from "./init.js";
import { kitVersion } from "./kit.js";
import { logsCommand } from "./logs.js";
import { lsCommand } from "./ls.js";
import { nodeCommand } from "./node.js";
import { onCommand } from "./on.js";
import { printable } from "./output/printable.js";
import { processTerminal, type Terminal } from "./output/terminal.js";
import { pingCommand } from "./ping.js";
import { pubCommand } from "./pub.js";
import { registryCommand } from "./registry.js";
import { statsCommand } from "./stats.js";
import { subCommand } from "./sub.js";
import { topicsCommand } from "./topics.js";
import { watchCommand } from "./watch.js";

/** The verbs, as `helio --help` groups them. */
const groups: Readonly<Record<string, readonly ((terminal: Terminal) => Command)[]>> = {
  "Projects:": [initCommand, generateCommand, checkCommand],
  "Nodes and services:": [
    lsCommand,
    watchCommand,
    describeCommand,
    callCommand,
    pingCommand,
    healthCommand,
    statsCommand,
    doctorCommand,
    nodeCommand,
  ],
  "Topics and events:": [topicsCommand, subCommand, pubCommand, emitCommand, onCommand, logsCommand],
  "Programs:": [registryCommand],
  "Shell:": [completionCommand],
};

const examples = `
Examples:
  helio init my-service                                        make a new project that runs
  helio ls                                                     show the nodes that are there
  helio call greeter.v1.GreeterService/Greet '{"name":"Ada"}'  call a method
  helio doctor                                                 find what is wrong, and what to do

Every command has examples: helio ls --help. Results go to standard output, everything else to standard error; --json
gives what a program can read. The exit code is 0 when all is done, 1 when something failed, 2 for wrong usage.`;

/** Runs one command line. Gives the exit code: 0 done, 1 failed, 2 wrong usage. */
export async function run(args: readonly string[], terminal: Terminal = processTerminal()): Promise<number> {
  try {
    await program(terminal).parseAsync(args, { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    explain(error, args.includes("--verbose"), terminal);
    return error instanceof UsageError ? 2 : 1;
  }
}

/** All verbs. */
export function program(terminal: Terminal): Command {
  const helio = new Command("helio")
    .description("Services that talk to each other directly: the command of Heliograph.")
    .version(kitVersion(), "--version", "print the version")
    .addHelpText("after", examples);
  for (const [heading, commands] of Object.entries(groups)) {
    helio.commandsGroup(heading);
    for (const make of commands) helio.addCommand(make(terminal));
  }
  helio.addCommand(completeCommand(terminal), { hidden: true });
  helio.helpCommand("help [command]", "print help of a command");
  prepare(helio, "helio", terminal);
  return helio;
}

/** What all commands have in common, whoever made them. */
function prepare(command: Command, path: string, terminal: Terminal): void {
  command
    .helpOption("-h, --help", "print help")
    .allowExcessArguments(false)
    .showHelpAfterError(`(${path} --help shows ${path === "helio" ? "what there is" : "how it is used"})`)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.print(text.trimEnd()),
      writeErr: (text) => terminal.note(text.trimEnd()),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    });
  if (path !== "helio") command.helpCommand(false);
  for (const child of command.commands) prepare(child, `${path} ${child.name()}`, terminal);
}

function explain(error: unknown, verbose: boolean, terminal: Terminal): void {
  if (error instanceof Failure) {
    for (const line of error.lines) terminal.note(printable(line));
    if (verbose && error.details !== undefined) terminal.note(error.details.trimEnd());
    return;
  }
  const text =
    error instanceof Error ? ((verbose ? error.stack : undefined) ?? error.message) : String(error);
  for (const [index, line] of text.split("\n").entries())
    terminal.note(printable(index === 0 ? `helio: ${line}` : line));
}
