import { Command } from "commander";
import { Code } from "../core/code.js";
import { HeliographError } from "../core/error.js";
import { type ConnectFlags, connectOptions } from "./connect-options.js";
import { Failure } from "./failure.js";
import type { Health, HealthStatus } from "./health/check-health.js";
import { nameOf } from "./lookup/instance-name.js";
import { nameColumns } from "./lookup/instance-rows.js";
import type { KnownInstance } from "./lookup/known-instance.js";
import type { Lookup } from "./lookup/lookup.js";
import type { Target } from "./lookup/target.js";
import type { Colours } from "./output/colours.js";
import { printable } from "./output/printable.js";
import { type Column, table } from "./output/table.js";
import type { Terminal } from "./output/terminal.js";
import { timeOfDay } from "./output/units.js";
import { deadPlan, reachAll, type Ways, withTarget } from "./with-lookup.js";

interface HealthFlags extends ConnectFlags {
  readonly watch?: boolean;
  readonly all?: boolean;
  readonly json?: boolean;
}

interface Row extends Health {
  readonly instance: KnownInstance;
}

const examples = `
Examples:
  helio health                                     all nodes, and each service of theirs
  helio health greeter                             every instance of a node
  helio health example.v1.GreeterService --watch   until Ctrl+C: a line for each change
  helio health --endpoint tcp://127.0.0.1:5555     one node, as a probe of its container asks it

The exit code is 1 when something does not serve, or does not answer.`;

/** `helio health`: whether nodes and services are well, by their own word. */
export function healthCommand(terminal: Terminal): Command {
  const command = new Command("health")
    .summary("ask nodes and services whether they are well")
    .description("Ask nodes and services whether they are well.")
    .argument("[name]", "a node, an instance, a service or an endpoint (default: all nodes)")
    .option("--watch", "go on, and show each change, of those that are there now")
    .option("--all", "dead instances, too")
    .option("--json", "print one JSON object; with --watch, one a line")
    .addHelpText("after", examples)
    .action((name: string | undefined, flags: HealthFlags) => health(name, flags, terminal));
  return connectOptions(command);
}

async function health(name: string | undefined, flags: HealthFlags, terminal: Terminal): Promise<void> {
  await withTarget(name, flags, deadPlan(flags), terminal, async (target, lookup) => {
    const ways = reachAll(target, lookup, terminal);
    const rows = await check(ways, target, lookup);
    if (flags.watch) return watch(ways, rows, flags, lookup, terminal);
    if (flags.json) terminal.json({ healthy: isWell(ways, rows), health: rows.map(rowJson) });
    else for (const line of table(columns(terminal.colours), rows, terminal)) terminal.print(line);
    if (!isWell(ways, rows)) throw new Failure([]);
  });
}

function isWell({ failed }: Ways, rows: readonly Row[]): boolean {
  return !failed && rows.length > 0 && rows.every(({ status }) => status === "serving");
}

async function check({ reached }: Ways, target: Target, lookup: Lookup): Promise<Row[]> {
  const service = target.kind === "service" ? target.name : "";
  const { checkHealth } = await import("./health/check-health.js");
  const found = reached.map(async ({ instance, way }) => {
    try {
      return (await checkHealth(way, service)).map((each) => ({ ...each, instance }));
    } catch (error) {
      return [{ instance, service, ...trouble(error, lookup) }];
    }
  });
  return (await Promise.all(found)).flat();
}

function trouble(error: unknown, lookup: Lookup): { status: HealthStatus; reason: string } {
  if (error instanceof HeliographError && error.code === Code.NotFound)
    return { status: "not served", reason: "" };
  return { status: "unreachable", reason: lookup.explain(error) };
}

async function watch(
  { reached }: Ways,
  rows: readonly Row[],
  { json }: HealthFlags,
  lookup: Lookup,
  terminal: Terminal,
): Promise<void> {
  const signal = terminal.interrupted();
  const { watchHealth } = await import("./health/watch-health.js");
  const tell = (row: Row) => {
    const time = new Date();
    if (json) terminal.json({ time: time.toISOString(), ...rowJson(row) });
    else terminal.print(rowLine(time, row, terminal.colours));
  };
  await Promise.all(
    rows.map(async ({ instance, service }) => {
      const way = reached.find((each) => each.instance === instance)?.way;
      if (way === undefined) return;
      await watchHealth(
        way,
        service,
        signal,
        (each) => tell({ ...each, instance }),
        (error) => lookup.explain(error),
      );
    }),
  );
}

function columns(colours: Colours): readonly Column<Row>[] {
  return [
    ...nameColumns<Row>(({ instance }) => instance),
    { title: "SERVICE", cell: ({ service }) => service || WHOLE },
    {
      title: "STATUS",
      cell: ({ status }) => status,
      paint: (text, { status }) => statusColour(colours, status)(text),
    },
    { title: "REASON", cell: ({ reason }) => reason },
  ];
}

/** What stands for a node as a whole. */
const WHOLE = "(the node)";

function rowLine(time: Date, { instance, service, status, reason }: Row, colours: Colours): string {
  const why = reason === "" ? "" : `: ${printable(reason)}`;
  const what = service === "" ? "" : `  ${printable(service)}`;
  return `${colours.dim(timeOfDay(time))}  ${nameOf(instance)}${what}  ${statusColour(colours, status)(status)}${why}`;
}

function statusColour(colours: Colours, status: HealthStatus): (text: string) => string {
  if (status === "serving") return colours.green;
  return status === "unreachable" ? colours.red : colours.yellow;
}

function rowJson({ instance: { node, instance }, service, status, reason }: Row): object {
  return { node, instance, service, status: status.replaceAll(" ", "-"), reason };
}
