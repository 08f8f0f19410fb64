import { Command } from "commander";
import type { SubscribeOptions } from "../pubsub/subscriber/subscribe-options.js";
import type { Topic } from "../wire/definition.js";
import type { DynamicMessage } from "../wire/dynamic-type.js";
import { type ConnectFlags, collected, connectOptions, positive, seconds } from "./connect-options.js";
import { UsageError } from "./failure.js";
import { publishersOf } from "./lookup/publishers-of.js";
import type { Terminal } from "./output/terminal.js";
import { noteSilent, withLookup } from "./with-lookup.js";

interface SubFlags extends ConnectFlags {
  readonly key?: readonly string[];
  readonly subject?: readonly string[];
  readonly snapshot?: boolean;
  readonly history?: number;
  readonly reliable?: boolean;
  readonly count?: number;
  readonly rate?: boolean;
  readonly seconds: number;
  readonly json?: boolean;
}

const examples = `
Examples:
  helio sub Robot/Temperature                          all subjects, from all publishers
  helio sub Robot/Temperature --key room=kitchen       those whose key has this value
  helio sub Robot/Temperature --subject 'kitchen/**'   the same as a pattern: * one level, ** one or more
  helio sub Robot/Temperature --snapshot --count 1     the last value that is known
  helio sub Robot/Temperature --rate                   how many come, each second
  helio sub Robot/Temperature --json | jq .message     a line of JSON for each

Types are those that a node tells which publishes the topic or serves its service. What was missed, and publishers that
are lost, are told on standard error. It ends when all publishers have ended, and on Ctrl+C.`;

/** `helio sub`: what is published on a topic. */
export function subCommand(terminal: Terminal): Command {
  const command = new Command("sub")
    .summary("subscribe to a topic, and show what is published")
    .description("Subscribe to a topic, and show what is published as it comes.")
    .argument("<topic>", "Service/Topic, or the end of it")
    .option("--key <field=value>", "only subjects whose key has this value; may be repeated", collected)
    .option("--subject <pattern>", "only subjects that match; may be repeated", collected)
    .option("--snapshot", "begin with the last publication of each subject")
    .option("--history <n>", "begin with so many publications of each subject, at most", positive)
    .option("--reliable", "only from publishers that drop nothing")
    .option("--count <n>", "end after so many", positive)
    .option("--rate", "show how many come, and not what they are")
    .option("--seconds <n>", "with --rate: how often", seconds, 1)
    .option("--json", "print a line of JSON for each")
    .addHelpText("after", examples)
    .action((topic: string, flags: SubFlags) => sub(topic, flags, terminal));
  return connectOptions(command);
}

async function sub(wanted: string, flags: SubFlags, terminal: Terminal): Promise<void> {
  await withLookup(flags, terminal, async (lookup) => {
    const listing = await lookup.list();
    noteSilent(listing, terminal);
    const [{ reflectTopic }, { follow }, { subscribe }, { subscriberPlace }, text] = await Promise.all([
      import("./reflect/reflect-topic.js"),
      import("./sub/follow.js"),
      import("../pubsub/subscriber/subscribe.js"),
      import("./sub/subscriber-place.js"),
      import("./sub/delivery-text.js"),
    ]);
    const topic = await reflectTopic(wanted, listing, lookup);
    const options = await subscribeOptions(topic, flags);
    await using place = subscriberPlace(lookup.settings);
    const subscription = subscribe(place, topic, options);
    const { count, rate = false, json = false } = flags;
    const rateMs = rate ? flags.seconds * 1_000 : undefined;
    const isThere = publishersOf(listing, topic.path).length > 0;
    const awaited = isThere ? undefined : `publishers of ${topic.path}`;
    await follow(subscription, subscription, { count, rateMs, json, awaited }, terminal, (delivery) => {
      const message = topic.output.toJSON(delivery.message);
      if (json) terminal.json(text.deliveryJson(delivery, { message }));
      else terminal.print(text.deliveryLine(delivery, message, terminal.colours));
    });
  });
}

async function subscribeOptions(
  topic: Topic<DynamicMessage>,
  { key = [], subject, snapshot, history, reliable }: SubFlags,
): Promise<SubscribeOptions> {
  if (key.length > 0 && subject !== undefined)
    throw new UsageError("--key and --subject say the same in two ways: give one of them");
  const { keyPattern, checkedPattern } = await import("./sub/topic-pattern.js");
  return {
    subject: subject?.map((each) => checkedPattern("--subject", each)) ?? keyPattern(topic, key),
    snapshot,
    history,
    reliability: reliable ? "reliable" : "best-effort",
  };
}
