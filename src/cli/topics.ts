import { Command } from "commander";
import { systemClock } from "../core/clock.js";
import { sleep } from "../core/sleep.js";
import { type ConnectFlags, connectOptions, seconds } from "./connect-options.js";
import { Failure } from "./failure.js";
import type { KnownInstance, Listing } from "./lookup/known-instance.js";
import { isLiving } from "./lookup/left-out.js";
import type { Lookup } from "./lookup/lookup.js";
import { ambiguousText, describedServicesOf, findTopic, topicsOf } from "./lookup/target.js";
import { printable } from "./output/printable.js";
import { table } from "./output/table.js";
import type { Terminal } from "./output/terminal.js";
import { timeOfDay } from "./output/units.js";
import { findServiceName } from "./reflect/service-name.js";
import type { TopicLook } from "./topics/look-topics.js";
import type { TopicRow } from "./topics/topic-rows.js";
import { noteSilent, withLookup } from "./with-lookup.js";

interface TopicsFlags extends ConnectFlags {
  readonly seconds: number;
  readonly watch?: boolean;
  readonly json?: boolean;
}

const examples = `
Examples:
  helio topics                       what is published, how often, and to whom
  helio topics Robot/Temperature     one topic, at all its publishers
  helio topics robot                 what one node publishes
  helio topics --watch --seconds 5   again and again, until Ctrl+C
  helio topics --json                for a program

RATE is counted between two looks, --seconds apart. DROPPED counts what overflow policies of publishers have dropped,
summed up over subscribers; DROPPED THERE what a subscriber's own queue has. A subscriber that is away may come back.`;

/** `helio topics`: what is published, and to whom. */
export function topicsCommand(terminal: Terminal): Command {
  const command = new Command("topics")
    .summary("show what is published, how often, and to whom")
    .description("Show the topics that are published: how often, to whom, and what was dropped.")
    .argument("[name]", "a topic, a node, an instance or a service (default: all topics)")
    .option("--seconds <n>", "how long to look", seconds, 1)
    .option("--watch", "go on, and look again each time")
    .option("--json", "print one JSON object; with --watch, one a line")
    .addHelpText("after", examples)
    .action((name: string | undefined, flags: TopicsFlags) => topics(name, flags, terminal));
  return connectOptions(command);
}

async function topics(name: string | undefined, flags: TopicsFlags, terminal: Terminal): Promise<void> {
  await withLookup(flags, terminal, async (lookup) => {
    const listing = await lookup.list();
    noteSilent(listing, terminal);
    const rows = await import("./topics/topic-rows.js");
    const { lookTopics } = await import("./topics/look-topics.js");
    const look = (now: Listing): Promise<TopicLook> => {
      const { instances, topics } = choose(now, name, lookup);
      return lookTopics(instances, topics, lookup);
    };
    const signal = terminal.interrupted();
    let before = await look(listing);
    const noted = new Set<string>();
    for (;;) {
      await sleep(systemClock, flags.seconds * 1_000, signal).catch(() => undefined);
      if (signal.aborted) return;
      const now = await look(flags.watch ? await lookup.list() : listing);
      const found = rows.topicRows(before.seen, now.seen);
      show(found, rows, flags, terminal);
      for (const line of now.failed) if (!noted.has(line)) terminal.note(printable(line));
      for (const line of now.failed) noted.add(line);
      if (!flags.watch) {
        if (now.failed.length > 0) throw new Failure([]);
        return;
      }
      before = now;
    }
  });
}

/** Whom to ask, and for which topics; none means all. */
function choose(
  listing: Listing,
  name: string | undefined,
  lookup: Lookup,
): { readonly instances: readonly KnownInstance[]; readonly topics: readonly string[] } {
  const publishing = listing.instances.filter((each) => isLiving(each) && topicsOf([each]).length > 0);
  if (name === undefined) return { instances: publishing, topics: [] };
  const topic = findTopic(publishing, name);
  if (topic?.kind === "ambiguous") throw new Failure(ambiguousText(name, topic));
  if (topic !== undefined && "instances" in topic)
    return { instances: topic.instances, topics: [topic.name] };
  const service = findServiceName(name, describedServicesOf(publishing));
  if (service.kind !== "one") {
    const { instances } = lookup.find(listing, name);
    return { instances: instances.filter(isLiving), topics: [] };
  }
  const own = topicsOf(publishing).filter((each) => each.startsWith(`${service.name}/`));
  const instances = publishing.filter((each) => topicsOf([each]).some((one) => own.includes(one)));
  return { instances, topics: own };
}

function show(
  found: readonly TopicRow[],
  rows: typeof import("./topics/topic-rows.js"),
  { watch, json }: TopicsFlags,
  terminal: Terminal,
): void {
  const time = new Date();
  if (json) {
    terminal.json({ ...(watch ? { time: time.toISOString() } : {}), topics: found.map(rows.topicJson) });
    return;
  }
  if (watch) terminal.print(terminal.colours.dim(timeOfDay(time)));
  if (found.length === 0) terminal.note("nobody publishes anything");
  for (const line of table(rows.topicColumns, found, terminal)) terminal.print(line);
  const subscribers = rows.subscriberRows(found);
  if (subscribers.length > 0) {
    terminal.print("");
    for (const line of table(rows.subscriberColumns(terminal.colours), subscribers, terminal))
      terminal.print(line);
  }
  for (const line of rows.refusalLines(found)) terminal.note(printable(line));
  if (watch) terminal.print("");
}
