import { Command } from "commander";
import { type ConnectFlags, connectOptions, positive } from "./connect-options.js";
import { publishersOf } from "./lookup/publishers-of.js";
import type { Terminal } from "./output/terminal.js";
import { noteSilent, withLookup } from "./with-lookup.js";

interface OnFlags extends ConnectFlags {
  readonly count?: number;
  readonly json?: boolean;
}

const examples = `
Examples:
  helio on '**'                          all events, of all nodes
  helio on 'bedroom/lights/*'            * stands for one level of a name, ** for one or more
  helio on doorbell --count 1            waits for one event
  helio on '**' --json | jq .payload     a line of JSON for each`;

/** `helio on`: events as they are emitted. */
export function onCommand(terminal: Terminal): Command {
  const command = new Command("on")
    .summary("show events as they are emitted")
    .description("Show events as they are emitted, by all nodes, until Ctrl+C.")
    .argument("<patterns...>", "names of events, with * for one level and ** for one or more")
    .option("--count <n>", "end after so many", positive)
    .option("--json", "print a line of JSON for each")
    .addHelpText("after", examples)
    .action((patterns: string[], flags: OnFlags) => on(patterns, flags, terminal));
  return connectOptions(command);
}

async function on(patterns: readonly string[], flags: OnFlags, terminal: Terminal): Promise<void> {
  const { checkedPattern } = await import("./sub/topic-pattern.js");
  for (const pattern of patterns) checkedPattern("the pattern", pattern);
  await withLookup(flags, terminal, async (lookup) => {
    // Nobody waits for a registry that isn't there to begin with.
    const listing = await lookup.list();
    noteSilent(listing, terminal);
    const [{ follow }, { onEvent }, { subscriberPlace }, text, { EventService }] = await Promise.all([
      import("./sub/follow.js"),
      import("../pubsub/events/on-event.js"),
      import("./sub/subscriber-place.js"),
      import("./sub/delivery-text.js"),
      import("../gen/heliograph/pubsub/v1/event_heliograph.js"),
    ]);
    await using place = subscriberPlace(lookup.settings);
    const events = onEvent(place, patterns);
    const { count, json = false } = flags;
    const isThere = publishersOf(listing, EventService.events.path).length > 0;
    const awaited = isThere ? undefined : "nodes that emit events";
    const plan = { count, rateMs: undefined, json, awaited };
    await follow(events, events.subscription, plan, terminal, (delivery) => {
      const payload = text.payloadJson(delivery.payload);
      if (json) terminal.json(text.deliveryJson(delivery, { payload }));
      else terminal.print(text.deliveryLine(delivery, payload, terminal.colours));
    });
  });
}
