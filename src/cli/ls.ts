import { Argument, Command, InvalidArgumentError } from "commander";
import { type ConnectFlags, connectOptions } from "./connect-options.js";
import { Failure } from "./failure.js";
import { infoJson, instanceColumns } from "./lookup/instance-rows.js";
import type { KnownInstance, Listing } from "./lookup/known-instance.js";
import { serviceColumns, serviceJson, serviceRows } from "./lookup/service-rows.js";
import { ambiguousText, findService } from "./lookup/target.js";
import { table } from "./output/table.js";
import type { Terminal } from "./output/terminal.js";
import { noteSilent, withLookup } from "./with-lookup.js";

interface LsFlags extends ConnectFlags {
  readonly service?: string;
  readonly label?: readonly Label[];
  readonly all?: boolean;
  readonly json?: boolean;
}

type Label = readonly [name: string, value: string];

const examples = `
Examples:
  helio ls                                        the nodes that are there
  helio ls services                               who serves what, and how many of them can be called
  helio ls --service GreeterService --label zone=eu-1
  helio ls --all --json                           dead nodes, too; for a program
  helio ls --endpoint tcp://127.0.0.1:5555        what one node says of itself, without a registry`;

/** `helio ls`: who is there. */
export function lsCommand(terminal: Terminal): Command {
  const command = new Command("ls")
    .summary("list nodes or services")
    .description("List the nodes that are there, or the services that they serve.")
    .addArgument(new Argument("[what]", "what to list").choices(["nodes", "services"]).default("nodes"))
    .option("--service <name>", "only what serves this service; its last part will do")
    .option("--label <name=value>", "only nodes with this label; may be repeated", labels)
    .option("--all", "dead nodes, too")
    .option("--json", "print one JSON object")
    .addHelpText("after", examples)
    .action((what: string, flags: LsFlags) => ls(what, flags, terminal));
  return connectOptions(command);
}

async function ls(what: string, flags: LsFlags, terminal: Terminal): Promise<void> {
  await withLookup(flags, terminal, async (lookup) => {
    const listing = await lookup.list();
    noteSilent(listing, terminal);
    const instances = wanted(listing, flags);
    if (what === "services") listServices(listing, instances, flags, terminal);
    else listNodes(listing, instances, flags, terminal);
  });
}

function wanted(
  { instances }: Listing,
  { service, label = [], all = false }: LsFlags,
): readonly KnownInstance[] {
  const chosen = service === undefined ? instances : serving(instances, service);
  return chosen.filter(
    ({ state, labels }) =>
      (all || state !== "dead") && label.every(([name, value]) => labels[name] === value),
  );
}

function serving(instances: readonly KnownInstance[], service: string): readonly KnownInstance[] {
  const found = findService(instances, service);
  if (found?.kind === "ambiguous") throw new Failure(ambiguousText(service, found));
  return found?.kind === "service" ? found.instances : [];
}

function listNodes(
  { registries }: Listing,
  instances: readonly KnownInstance[],
  flags: LsFlags,
  terminal: Terminal,
): void {
  if (flags.json) terminal.json({ registries, nodes: instances.map(infoJson) });
  else if (instances.length === 0) terminal.note(nobody("nodes", flags, registries));
  else print(table(instanceColumns(terminal.colours, Date.now() * 1000), instances, terminal), terminal);
}

function listServices(
  { registries }: Listing,
  instances: readonly KnownInstance[],
  flags: LsFlags,
  terminal: Terminal,
): void {
  const rows = serviceRows(instances);
  if (flags.json) terminal.json({ registries, services: rows.map(serviceJson) });
  else if (rows.length === 0) terminal.note(nobody("services", flags, registries));
  else print(table(serviceColumns, rows, terminal), terminal);
}

/** An empty list is an answer, not a failure. */
function nobody(what: string, { label, service, all }: LsFlags, registries: Listing["registries"]): string {
  const filtered = label !== undefined || service !== undefined;
  const where = registries.map(({ endpoint }) => endpoint).join(", ");
  const more = all ? "" : "; --all shows dead nodes, too";
  return `no ${what}${filtered ? " of that kind" : ""} at ${where}${more}`;
}

function print(lines: readonly string[], terminal: Terminal): void {
  for (const line of lines) terminal.print(line);
}

function labels(value: string, before: readonly Label[] | undefined): readonly Label[] {
  const at = value.indexOf("=");
  if (at < 1) throw new InvalidArgumentError("Write it as name=value.");
  return [...(before ?? []), [value.slice(0, at), value.slice(at + 1)]];
}
