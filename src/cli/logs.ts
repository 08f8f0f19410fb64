import { Command, Option } from "commander";
import type { LogLevel } from "../pubsub/logs/log-record.js";
import { type ConnectFlags, connectOptions, positive } from "./connect-options.js";
import { Failure } from "./failure.js";
import { publishersOf } from "./lookup/publishers-of.js";
import type { Terminal } from "./output/terminal.js";
import { noteSilent, withLookup } from "./with-lookup.js";

interface LogsFlags extends ConnectFlags {
  readonly follow?: boolean;
  readonly level: LogLevel;
  readonly count?: number;
  readonly json?: boolean;
}

const examples = `
Examples:
  helio logs                        what all nodes have logged, as far as they keep it
  helio logs robot --follow         the same of one, and what it logs from then on
  helio logs --level warn --follow  warnings and errors
  helio logs --json | jq .message   a line of JSON for each

Nodes publish what they log when they were made with publishLogs, such as createNode({ publishLogs: "info" }). Of each
level they keep the last 100.`;

/** `helio logs`: what nodes log. */
export function logsCommand(terminal: Terminal): Command {
  const command = new Command("logs")
    .summary("show what nodes log, and follow it")
    .description("Show what nodes have logged, by its time; with --follow, what they log from then on, too.")
    .argument("[node]", "name of a node; all when left out")
    .option("-f, --follow", "go on with what is logged, until Ctrl+C")
    .addOption(
      new Option("--level <level>", "the least that is shown")
        .choices(["debug", "info", "warn", "error"])
        .default("debug"),
    )
    .option("--count <n>", "end after so many", positive)
    .option("--json", "print a line of JSON for each")
    .addHelpText("after", examples)
    .action((node: string | undefined, flags: LogsFlags) => logs(node, flags, terminal));
  return connectOptions(command);
}

async function logs(node: string | undefined, flags: LogsFlags, terminal: Terminal): Promise<void> {
  await withLookup(flags, terminal, async (lookup) => {
    const listing = await lookup.list();
    noteSilent(listing, terminal);
    const { count, follow: goesOn = false, json = false } = flags;
    const { LogService } = await import("../gen/heliograph/pubsub/v1/event_heliograph.js");
    const publishers = publishersOf(listing, LogService.records.path);
    const isThere = publishers.some((each) => node === undefined || each.node === node);
    if (!isThere && !goesOn) throw nobody(node);
    const [{ follow }, { subscribe }, { subscriberPlace }, { logPatterns }, { historyFirst }, text] =
      await Promise.all([
        import("./sub/follow.js"),
        import("../pubsub/subscriber/subscribe.js"),
        import("./sub/subscriber-place.js"),
        import("../pubsub/logs/log-record.js"),
        import("./logs/history-first.js"),
        import("./logs/record-text.js"),
      ]);
    await using place = subscriberPlace(lookup.settings);
    const subject = logPatterns(flags.level, node);
    const records = subscribe(place, LogService.records, { subject, history: 100 });
    const { timeoutMs } = lookup.settings;
    const deliveries = historyFirst(records, { publishers: publishers.length, timeoutMs, follow: goesOn });
    const awaited = isThere ? undefined : `${node ?? "a node"} to publish its logs`;
    const plan = { count, rateMs: undefined, json, awaited };
    await follow(deliveries, records, plan, terminal, ({ message, history }) => {
      if (json) terminal.json(text.recordJson(message, history));
      else for (const line of text.recordLines(message, terminal.colours)) terminal.print(line);
    });
  });
}

function nobody(node: string | undefined): Failure {
  const who = node === undefined ? "no node publishes its logs" : `no node ${node} publishes its logs`;
  return new Failure(
    `${who}: make it with createNode({ publishLogs: "info" }), or wait for it with --follow`,
  );
}
