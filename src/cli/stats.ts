import { Command } from "commander";
import type { MethodStats, StatsResponse } from "../gen/heliograph/node/v1/node.js";
import { type ConnectFlags, connectOptions } from "./connect-options.js";
import { Failure } from "./failure.js";
import { nameOf } from "./lookup/instance-name.js";
import type { KnownInstance } from "./lookup/known-instance.js";
import { table } from "./output/table.js";
import type { Terminal } from "./output/terminal.js";
import { age, bytes, counted, shortTime } from "./output/units.js";
import type { TopicRow } from "./topics/topic-rows.js";
import { deadPlan, reachAll, withTarget } from "./with-lookup.js";

/** What a date can be at most, as ECMAScript has it. */
const LAST_DATE_MS = 8.64e15;

interface StatsFlags extends ConnectFlags {
  readonly reset?: boolean;
  readonly all?: boolean;
  readonly kit?: boolean;
  readonly json?: boolean;
}

interface Counted {
  readonly instance: KnownInstance;
  readonly stats: StatsResponse;
  /** What it publishes. */
  readonly topics: readonly TopicRow[];
}

const examples = `
Examples:
  helio stats greeter                     every instance of a node, method by method
  helio stats example.v1.GreeterService   the methods of one service, on each node that serves it
  helio stats greeter --reset             and count anew from here on
  helio stats --endpoint tcp://127.0.0.1:5555 --json

Times are from a request's arrival to the end of its call; they are reckoned from a histogram. NOW counts the calls
that run, CALLS those that have ended.`;

/** `helio stats`: what nodes have done, method by method. */
export function statsCommand(terminal: Terminal): Command {
  const command = new Command("stats")
    .summary("show how often methods were called, and how long it took")
    .description("Show how often methods were called, how long it took, and how it ended.")
    .argument("[name]", "a node, an instance, a service or an endpoint (default: all nodes)")
    .option("--kit", "the methods that every node has, too, such as those that this command asks")
    .option("--reset", "count anew after this")
    .option("--all", "dead instances, too")
    .option("--json", "print one JSON object")
    .addHelpText("after", examples)
    .action((name: string | undefined, flags: StatsFlags) => stats(name, flags, terminal));
  return connectOptions(command);
}

async function stats(name: string | undefined, flags: StatsFlags, terminal: Terminal): Promise<void> {
  await withTarget(name, flags, deadPlan(flags), terminal, async (target, lookup) => {
    const ways = reachAll(target, lookup, terminal);
    const { chosenMethods, methodColumns, methodJson } = await import("./stats/method-rows.js");
    const [{ lookTopics }, { topicRows, topicColumns, topicJson }] = await Promise.all([
      import("./topics/look-topics.js"),
      import("./topics/topic-rows.js"),
    ]);
    const service = target.kind === "service" ? target.name : undefined;
    const answers = await Promise.all(
      ways.reached.map(async ({ instance, way }): Promise<Counted | undefined> => {
        try {
          const answer = await way.node.stats({ reset: flags.reset === true }, way.options);
          const methods = chosenMethods(answer.methods, service, flags.kit === true);
          const { seen } = await lookTopics([instance], [], lookup);
          const wanted = seen.filter(
            ({ topic }) => service === undefined || topic.topic.startsWith(`${service}/`),
          );
          return { instance, stats: { ...answer, methods }, topics: topicRows([], wanted) };
        } catch (error) {
          terminal.note(`${nameOf(instance)}: ${lookup.explain(error)}`);
          return undefined;
        }
      }),
    );
    const told = answers.flatMap((each) => each ?? []);
    if (flags.json)
      terminal.json({ instances: told.map((each) => countedJson(each, methodJson, topicJson)) });
    else {
      for (const [index, { instance, stats: answer, topics }] of told.entries()) {
        if (index > 0) terminal.print("");
        terminal.print(terminal.colours.bold(nameOf(instance)) + headline(answer));
        for (const line of table(methodColumns, answer.methods, terminal)) terminal.print(line);
        if (topics.length > 0) for (const line of table(topicColumns, topics, terminal)) terminal.print(line);
      }
    }
    if (ways.failed || told.length < ways.reached.length) throw new Failure([]);
  });
}

function countedJson(
  { instance: { node, instance }, stats: { sinceUs, methods, load, sessions }, topics }: Counted,
  methodJson: (method: MethodStats) => object,
  topicJson: (topic: TopicRow) => object,
): object {
  const since = new Date(Math.min(Number(sinceUs) / 1000, LAST_DATE_MS)).toISOString();
  return {
    node,
    instance,
    since,
    sessions,
    load: load ?? null,
    methods: methods.map(methodJson),
    topics: topics.map(topicJson),
  };
}

function headline({ sinceUs, sessions, load, methods }: StatsResponse): string {
  const since = age(Date.now() - Number(sinceUs) / 1000);
  const busy =
    load === undefined
      ? []
      : [
          `lag ${shortTime(load.loopLagMs)}`,
          `busy ${Math.round(load.loopUtilization * 100)} %`,
          bytes(Number(load.memoryBytes)),
        ];
  const calls = methods.length === 0 ? ["nothing was called"] : [];
  return `  ${[`counted for ${since}`, counted(sessions, "session"), ...busy, ...calls].join(", ")}`;
}
