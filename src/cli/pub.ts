import { Command, Option } from "commander";
import { systemClock } from "../core/clock.js";
import type { Overflow } from "../pubsub/overflow.js";
import type { Init, Topic } from "../wire/definition.js";
import type { DynamicMessage } from "../wire/dynamic-type.js";
import { type ConnectFlags, positive, rate, registryOptions, whole } from "./connect-options.js";
import { UsageError } from "./failure.js";
import type { Lookup } from "./lookup/lookup.js";
import type { Terminal } from "./output/terminal.js";
import { noteSilent, withLookup } from "./with-lookup.js";

interface PubFlags extends ConnectFlags {
  readonly file?: string;
  readonly rate?: number;
  readonly count?: number;
  readonly ttlMs?: number;
  readonly subscribers: number;
  readonly waitMs: number;
  readonly history?: number;
  readonly overflow: Overflow;
  readonly end?: boolean;
  readonly listen?: string;
  readonly json?: boolean;
}

const policies: readonly Overflow[] = ["block", "drop-oldest", "drop-newest", "conflate", "fail", "evict"];

const examples = `
Examples:
  helio pub Robot/Temperature '{"room":"kitchen","celsius":21.5}'
  helio pub Robot/Temperature --file readings.jsonl --rate 10      ten each second
  sensors | helio pub Robot/Temperature -                          from standard input, as they come
  helio pub Robot/Temperature '{"room":"hall"}' --count 100 --ttl-ms 5000
  helio pub Robot/Temperature '{"room":"hall"}' --subscribers 3 --wait-ms 60000

It publishes as a node of its own, called helio, which goes when all has arrived; the loops of subscribers go on, unless
--end ends them. Types are those that a node tells which publishes the topic or serves its service. The exit code is 1
when too few subscribers came or something did not arrive, and 2 when a message is not of its type.`;

/** `helio pub`: publishes on a topic, by reflection. */
export function pubCommand(terminal: Terminal): Command {
  const command = new Command("pub")
    .summary("publish on a topic")
    .description("Publish on a topic, with messages in JSON.")
    .argument("<topic>", "Service/Topic, or the end of it")
    .argument("[messages...]", "as JSON; - reads them from standard input (default: one without fields)")
    .option("--file <path>", "read messages from a file of JSON values, after the others")
    .option("--rate <n>", "publish at most so many each second", rate)
    .option("--count <n>", "publish so many; those of the command line again and again", positive)
    .option("--ttl-ms <n>", "how long each is of any use", positive)
    .option("--subscribers <n>", "wait for so many subscribers first", whole, 1)
    .option("--wait-ms <n>", "how long to wait for them", positive, 5_000)
    .option("--history <n>", "keep so many of each subject for those who come later", positive)
    .addOption(
      new Option("--overflow <policy>", "what happens when a subscriber does not keep up")
        .choices(policies)
        .default("block"),
    )
    .option("--end", "say at the end that nothing more comes: subscribers' loops end")
    .option("--listen <endpoint>", "where subscribers connect to (default: any port)")
    .option("--json", "print what was published as a line of JSON")
    .addHelpText("after", examples)
    .action((topic: string, messages: string[], flags: PubFlags) => pub(topic, messages, flags, terminal));
  return registryOptions(command);
}

async function pub(
  wanted: string,
  args: readonly string[],
  flags: PubFlags,
  terminal: Terminal,
): Promise<void> {
  await withLookup(flags, terminal, async (lookup) => {
    const listing = await lookup.list();
    noteSilent(listing, terminal);
    const { reflectTopic } = await import("./reflect/reflect-topic.js");
    const topic = await reflectTopic(wanted, listing, lookup);
    const done = new AbortController();
    const signal = AbortSignal.any([terminal.interrupted(), done.signal]);
    try {
      const messages = await messagesOf(topic, args, flags, terminal, signal);
      await publish(topic, messages, flags, lookup, terminal);
    } finally {
      // What still reads messages would keep the process.
      done.abort();
    }
  });
}

/** Those of the command line are checked at once. */
async function messagesOf(
  topic: Topic<DynamicMessage>,
  args: readonly string[],
  { file, count, rate: perSecond }: PubFlags,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<AsyncIterable<DynamicMessage>> {
  const [{ readRequests }, { paced }, { repeated }] = await Promise.all([
    import("./call/call-requests.js"),
    import("./pub/paced.js"),
    import("./pub/repeated.js"),
  ]);
  const given = args.length === 0 && file === undefined ? ["{}"] : args;
  const isReadOnce = file !== undefined || given.includes("-");
  const place = { args: given, file, input: terminal.input, signal, noun: "message" };
  const read = () => readRequests(topic.output, place);
  const first = read();
  const counted = count === undefined ? first : repeated(first, count, isReadOnce ? undefined : read);
  return perSecond === undefined ? counted : paced(counted, perSecond, systemClock, signal);
}

async function publish(
  topic: Topic<DynamicMessage>,
  messages: AsyncIterable<DynamicMessage>,
  flags: PubFlags,
  lookup: Lookup,
  terminal: Terminal,
): Promise<void> {
  const [{ commandNode }, { createPublisher }, { awaitSubscribers }, said] = await Promise.all([
    import("./lookup/command-node.js"),
    import("../pubsub/publisher/create-publisher.js"),
    import("./pub/await-subscribers.js"),
    import("./pub/publishing.js"),
  ]);
  const { subscribers: least, waitMs, history, overflow, ttlMs, listen, end, json = false } = flags;
  const signal = terminal.interrupted();
  await using node = commandNode(lookup.settings);
  try {
    const publisher = createPublisher(node, topic, { history, overflow, ttlMs, endpoint: listen });
    const wanted = () => true;
    await awaitSubscribers(publisher, { least, timeoutMs: waitMs, wanted, noun: "subscriber", signal });
    for await (const message of messages) {
      if (signal.aborted) break;
      await publisher.publish(message as Init<DynamicMessage>, { signal });
    }
    if (end) publisher.end();
    const result = await said.closePublishing(publisher, lookup.settings.timeoutMs);
    said.tellPublished(topic.path, result, json, terminal);
  } catch (error) {
    if (error instanceof UsageError || !signal.aborted) throw said.publishFailure(error);
  }
}
