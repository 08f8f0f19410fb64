import { Argument, Command, InvalidArgumentError } from "commander";
import { type ConnectFlags, connectOptions } from "./connect-options.js";
import { Failure } from "./failure.js";
import { infoJson, instanceColumns } from "./lookup/instance-rows.js";
import type { KnownInstance, Listing } from "./lookup/known-instance.js";
import { isLiving, leftOutText } from "./lookup/left-out.js";
import type { Lookup } from "./lookup/lookup.js";
import type { MemberKind } from "./lookup/member-rows.js";
import { variantsNotes } from "./lookup/schema-variants.js";
import { describedRows, serviceColumns, serviceJson, serviceRows } from "./lookup/service-rows.js";
import { ambiguousText, findService, servicesOf } from "./lookup/target.js";
import { printable } from "./output/printable.js";
import { table } from "./output/table.js";
import type { Terminal } from "./output/terminal.js";
import { findServiceName, meant } from "./reflect/service-name.js";
import { noteSilent, withLookup } from "./with-lookup.js";

interface LsFlags extends ConnectFlags {
  readonly service?: string;
  readonly label?: readonly Label[];
  readonly json?: boolean;
}

type Label = readonly [name: string, value: string];

const kinds: readonly MemberKind[] = ["methods", "topics", "pipelines", "actions"];

const examples = `
Examples:
  helio ls                                        the nodes that are there
  helio ls services                               who serves what, and how many of them can be called
  helio ls topics                                 what is published; likewise methods, pipelines, actions
  helio ls --service GreeterService --label zone=eu-1
  helio ls --json                                 for a program
  helio ls --endpoint tcp://127.0.0.1:5555        what one node says of itself, without a registry

Dead instances are shown until their registry forgets them, which takes some minutes.`;

/** `helio ls`: who is there. */
export function lsCommand(terminal: Terminal): Command {
  const command = new Command("ls")
    .summary("list nodes, services, topics and what else there is")
    .description("List the nodes that are there, the services that they serve, or what services consist of.")
    .addArgument(
      new Argument("[what]", "what to list").choices(["nodes", "services", ...kinds]).default("nodes"),
    )
    .option("--service <name>", "only this service, and what serves it; the end of its name will do")
    .option("--label <name=value>", "only nodes with this label; may be repeated", labels)
    .option("--json", "print one JSON object")
    .addHelpText("after", examples)
    .action((what: string, flags: LsFlags) => ls(what, flags, terminal));
  return connectOptions(command);
}

/** What was asked for. */
interface Chosen {
  readonly instances: readonly KnownInstance[];
  /** Full name; undefined for all services. */
  readonly service: string | undefined;
}

/** What is shown of it. */
interface Shown {
  readonly json: readonly object[];
  readonly lines: readonly string[];
  /** What could not be found out. */
  readonly failed?: readonly string[];
}

async function ls(what: string, flags: LsFlags, terminal: Terminal): Promise<void> {
  await withLookup(flags, terminal, async (lookup) => {
    const listing = await lookup.list();
    noteSilent(listing, terminal);
    const chosen = choose(listing, flags);
    const kind = kinds.find((each) => each === what);
    const {
      json,
      lines,
      failed = [],
    } = kind !== undefined
      ? await members(kind, chosen, lookup, terminal)
      : what === "services"
        ? services(chosen, terminal)
        : nodes(chosen, terminal);
    const warn = (line: string) =>
      terminal.note(`${terminal.noteColours.yellow("warning:")} ${printable(line)}`);
    for (const line of failed) warn(line);
    if (flags.json) terminal.json({ registries: listing.registries, [what]: json });
    else if (json.length === 0) terminal.note(printable(nothing(what, flags, listing)));
    else for (const line of lines) terminal.print(line);
    for (const line of kind === undefined ? variantsNotes(ofService(chosen)) : []) warn(line);
    if (failed.length > 0) throw new Failure([]);
  });
}

function choose({ instances }: Listing, { service, label = [] }: LsFlags): Chosen {
  const found = service === undefined ? undefined : findService(instances, service);
  if (service !== undefined && found?.kind === "ambiguous") throw new Failure(ambiguousText(service, found));
  const serving =
    service === undefined ? instances : found !== undefined && "instances" in found ? found.instances : [];
  return {
    service: found !== undefined && "name" in found ? found.name : service,
    instances: serving.filter(({ labels }) => label.every(([name, value]) => labels[name] === value)),
  };
}

/** Nodes may serve more than the service that was asked for. */
function ofService({ instances, service }: Chosen): KnownInstance[] {
  return instances.map((instance) => ({
    ...instance,
    services: instance.services.filter(({ name }) => service === undefined || name === service),
  }));
}

function nodes({ instances }: Chosen, terminal: Terminal): Shown {
  const columns = instanceColumns(terminal.colours, Date.now() * 1000);
  return { json: instances.map(infoJson), lines: table(columns, instances, terminal) };
}

function services({ instances, service }: Chosen, terminal: Terminal): Shown {
  const rows = serviceRows(instances).filter((row) => service === undefined || row.service === service);
  return { json: rows.map(serviceJson), lines: table(serviceColumns, rows, terminal) };
}

/** Services are asked for their schemas: registries know no members, and the dead tell none. */
async function members(
  kind: MemberKind,
  { instances, service }: Chosen,
  lookup: Lookup,
  terminal: Terminal,
): Promise<Shown> {
  const living = instances.filter(isLiving);
  const leftOut = instances.length - living.length;
  if (leftOut > 0) terminal.note(leftOutText(leftOut, "helio ls shows them"));
  // Who only publishes a topic knows its service, too.
  const known = kind === "topics" ? describedRows(living) : serviceRows(living);
  const rows = known.filter((row) => service === undefined || row.service === service);
  const { listMembers, memberColumns, memberJson } = await import("./lookup/member-rows.js");
  const { found, failed } = await listMembers(kind, rows, lookup);
  return { json: found.map(memberJson), lines: table(memberColumns, found, terminal), failed };
}

/** An empty list is an answer, not a failure. */
function nothing(what: string, { label, service }: LsFlags, { registries, instances }: Listing): string {
  const found = service === undefined ? undefined : findServiceName(service, servicesOf(instances));
  if (found?.kind === "none") return `nobody serves ${JSON.stringify(service)}${meant(found.candidates)}`;
  const filtered = label !== undefined || service !== undefined;
  const where = registries.map(({ endpoint }) => endpoint).join(", ");
  return `no ${what}${filtered ? " of that kind" : ""}${where === "" ? "" : ` at ${where}`}`;
}

function labels(value: string, before: readonly Label[] | undefined): readonly Label[] {
  const at = value.indexOf("=");
  if (at < 1) throw new InvalidArgumentError("Write it as name=value.");
  return [...(before ?? []), [value.slice(0, at), value.slice(at + 1)]];
}
