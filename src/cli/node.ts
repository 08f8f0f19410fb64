import { Argument, Command } from "commander";
import { Code } from "../core/code.js";
import { HeliographError } from "../core/error.js";
import { type ConnectFlags, connectOptions, whole } from "./connect-options.js";
import { Failure } from "./failure.js";
import { nameOf } from "./lookup/instance-name.js";
import type { KnownInstance } from "./lookup/known-instance.js";
import { ONE_BY_NAME } from "./lookup/left-out.js";
import type { Lookup } from "./lookup/lookup.js";
import type { Reached } from "./lookup/reach.js";
import type { Target } from "./lookup/target.js";
import { printable } from "./output/printable.js";
import type { Terminal } from "./output/terminal.js";
import { counted } from "./output/units.js";
import { reachAll, withTarget } from "./with-lookup.js";

interface NodeFlags extends ConnectFlags {
  readonly all?: boolean;
  readonly graceMs?: number;
  readonly json?: boolean;
}

/** Something that is asked of a node: gives what has become of it, in words that follow its name. */
type Order = (way: Reached, flags: NodeFlags) => Promise<string>;

const LEVELS = ["debug", "info", "warn", "error", "silent"] as const;
/** Also with `--all`: an order that nobody can obey has failed. */
const DEAD = { all: false, remedy: ONE_BY_NAME };
/** What a node grants to its calls when nothing was said. */
const GRACE_MS = 5_000;

const examples = `
Examples:
  helio node pause greeter                     refuse new calls, and be found by no new client
  helio node resume 3f2a9c1b                   one instance, by the beginning of its name
  helio node drain greeter --all               every living instance of that name
  helio node stop greeter --grace-ms 30000     let calls end for up to 30 s, then close the node
  helio node log-level greeter debug

A node obeys when its program says so: createNode({ control: true }).`;

/** How each of the verbs that take no more than a name is used. */
function verbExamples(name: string): string {
  const lines: readonly (readonly [args: string, what: string])[] = [
    ["greeter", "a node of which there is one instance"],
    ["3f2a9c1b", "one instance, by the beginning of its name"],
    ["GreeterService --all", "every living instance that serves it"],
    ["tcp://127.0.0.1:5555 --json", "without a registry; for a program"],
  ];
  const rows = lines.map(([args, what]) => `  ${`helio node ${name} ${args}`.padEnd(48)}${what}`);
  return `\nExamples:\n${rows.join("\n")}\n\nA node obeys when its program says so: createNode({ control: true }).`;
}

const levelExamples = `
Examples:
  helio node log-level greeter                    what it logs
  helio node log-level greeter debug --all        every living instance of that name

A node obeys when its program says so: createNode({ control: true }).`;

/** `helio node`: what an operator does to nodes that allow it. */
export function nodeCommand(terminal: Terminal): Command {
  const command = new Command("node")
    .summary("pause, resume, drain or stop nodes")
    .description("Pause, resume, drain or stop nodes, or change what they log.")
    .addHelpText("after", examples);
  command.addCommand(verb("pause", "Refuse new calls until the node is resumed.", pause, terminal));
  command.addCommand(verb("resume", "Take calls again.", resume, terminal));
  command.addCommand(
    withGrace(
      verb("drain", "Start nothing new, and wait until the calls that run have ended.", drain, terminal),
    ),
  );
  command.addCommand(
    withGrace(
      verb("stop", "Drain the node and close it; its program ends if it waits in runNode.", stop, terminal),
    ),
  );
  command.addCommand(logLevelCommand(terminal));
  return command;
}

const pause: Order = async ({ control, options }) => {
  await control.pause({}, options);
  return "is paused";
};

const resume: Order = async ({ control, options }) => {
  await control.resume({}, options);
  return "is resumed";
};

const drain: Order = async ({ control, options }, flags) => {
  const { cancelledCalls } = await control.drain(graceOf(flags), {
    ...options,
    timeoutMs: timeoutFor(flags),
  });
  return cancelledCalls === 0
    ? "is drained"
    : `is drained; ${counted(cancelledCalls, "call")} had to be cancelled`;
};

const stop: Order = async ({ control, options }, flags) => {
  await control.shutdown(graceOf(flags), options);
  return "is stopping";
};

function logLevelCommand(terminal: Terminal): Command {
  const command = new Command("log-level")
    .description("Show what a node logs, or change it until it is started anew.")
    .argument("<name>", "a node, an instance, a service or an endpoint")
    .addArgument(new Argument("[level]", "what to log from now on").choices(LEVELS))
    .option("--all", "every living instance of that name")
    .option("--json", "print one JSON object")
    .addHelpText("after", levelExamples)
    .action((name: string, level: string | undefined, flags: NodeFlags) =>
      give(name, level === undefined ? showLevel : setLevel(level), flags, terminal),
    );
  return connectOptions(command);
}

const showLevel: Order = async ({ control, options }) => {
  const { logLevel } = await control.describe({}, options);
  return `logs ${logLevel}`;
};

function setLevel(level: string): Order {
  return async ({ control, options }) => {
    const { previous } = await control.setLogLevel({ level }, options);
    return `logs ${level} now, and ${previous} before`;
  };
}

function verb(name: string, description: string, order: Order, terminal: Terminal): Command {
  const command = new Command(name)
    .description(description)
    .argument("<name>", "a node, an instance, a service or an endpoint")
    .option("--all", "every living instance of that name")
    .option("--json", "print one JSON object")
    .addHelpText("after", verbExamples(name))
    .action((target: string, flags: NodeFlags) => give(target, order, flags, terminal));
  return connectOptions(command);
}

function withGrace(command: Command): Command {
  return command.option("--grace-ms <n>", "how long calls that run may still take (default: 5000)", whole);
}

function graceOf({ graceMs }: NodeFlags): { graceMs?: number } {
  return graceMs === undefined ? {} : { graceMs };
}

/** A drain takes as long as the calls that it waits for. */
function timeoutFor({ graceMs = GRACE_MS, timeoutMs }: NodeFlags): number {
  return graceMs + timeoutMs;
}

async function give(name: string, order: Order, flags: NodeFlags, terminal: Terminal): Promise<void> {
  await withTarget(name, flags, DEAD, terminal, async (target, lookup) => {
    if (!flags.all) requireOne(name, target);
    const { reached, failed } = reachAll(target, lookup, terminal);
    const results = await Promise.all(
      reached.map(async ({ instance, way }) => ({ instance, ...(await obey(way, order, flags, lookup)) })),
    );
    if (flags.json) terminal.json({ instances: results.map(resultJson) });
    else {
      for (const { instance, told, error } of results) {
        if (error === undefined) terminal.print(`${nameOf(instance)} ${printable(told)}`);
        else terminal.note(`${nameOf(instance)} ${error}`);
      }
    }
    if (failed || results.some(({ error }) => error !== undefined)) throw new Failure([]);
  });
}

/** One name may mean many nodes, and what is done to them can't always be undone. */
function requireOne(name: string, { instances }: Target): void {
  if (instances.length <= 1) return;
  throw new Failure([
    `${JSON.stringify(name)} is ${instances.length} instances: ${instances.map(({ instance }) => instance).join(", ")}`,
    "name one of them by the beginning of its name, or add --all",
  ]);
}

interface Obeyed {
  readonly told: string;
  readonly error: string | undefined;
}

async function obey(way: Reached, order: Order, flags: NodeFlags, lookup: Lookup): Promise<Obeyed> {
  try {
    return { told: await order(way, flags), error: undefined };
  } catch (error) {
    const refused = error instanceof HeliographError && error.code === Code.Unimplemented;
    const why = refused
      ? "does not allow control; its program has to make it with createNode({ control: true })"
      : `has not answered as it should: ${lookup.explain(error)}`;
    return { told: "", error: why };
  }
}

function resultJson({
  instance: { node, instance },
  told,
  error,
}: Obeyed & { instance: KnownInstance }): object {
  return { node, instance, ok: error === undefined, told: error ?? told };
}
