import { Command } from "commander";
import type { InstanceEvent } from "../discovery/directory/instance-changes.js";
import type { InstanceInfo } from "../naming/instance.js";
import { type ConnectFlags, registryOptions } from "./connect-options.js";
import { nameOf } from "./lookup/instance-name.js";
import { infoJson } from "./lookup/instance-rows.js";
import { isLiving } from "./lookup/left-out.js";
import type { Colours } from "./output/colours.js";
import type { Terminal } from "./output/terminal.js";
import { timeOfDay } from "./output/units.js";
import { describeChange } from "./watch/describe-change.js";
import { wantedInstances } from "./watch/wanted-instances.js";
import type { NodeListener } from "./watch/watch-nodes.js";
import { noteSilent, withLookup } from "./with-lookup.js";

interface WatchFlags extends ConnectFlags {
  readonly json?: boolean;
}

const examples = `
Examples:
  helio watch                            all nodes
  helio watch greeter                    the instances of one node
  helio watch example.v1.GreeterService  all that serve it; its last part will do
  helio watch --json                     a line of JSON for each event, for a program

First come the nodes that are there. An instance is up, changed (what it says of itself), stalled (its machine
answers, its program does not), suspect (silent, or its connection broke) or down. Ctrl+C ends it.`;

/** `helio watch`: who comes, changes and goes. */
export function watchCommand(terminal: Terminal): Command {
  const command = new Command("watch")
    .summary("show nodes as they come, change and go")
    .description("Show nodes as they come, change and go, until Ctrl+C.")
    .argument(
      "[name]",
      "a node, an instance or a service, also one that is not there yet (default: all nodes)",
    )
    .option("--json", "print a line of JSON for each event")
    .addHelpText("after", examples)
    .action((name: string | undefined, flags: WatchFlags) => watch(name, flags, terminal));
  return registryOptions(command);
}

async function watch(name: string | undefined, flags: WatchFlags, terminal: Terminal): Promise<void> {
  await withLookup(flags, terminal, async (lookup) => {
    // Nobody waits for a registry that isn't there to begin with.
    const listing = await lookup.list();
    noteSilent(listing, terminal);
    const wanted = wantedInstances(listing.instances, name);
    if (!listing.instances.some((each) => isLiving(each) && wanted(each))) {
      terminal.note(
        `${name === undefined ? "nobody" : `nothing called ${JSON.stringify(name)}`} is there yet; this waits for it, until Ctrl+C`,
      );
    }
    const signal = terminal.interrupted();
    const { watchNodes } = await import("./watch/watch-nodes.js");
    const explain = (error: unknown) => lookup.explain(error);
    const listener = flags.json ? jsonLines(terminal, explain) : textLines(terminal, explain);
    await watchNodes(lookup.settings, wanted, signal, listener);
  });
}

function jsonLines(terminal: Terminal, explain: (error: unknown) => string): NodeListener {
  const time = () => new Date().toISOString();
  return {
    happened: ({ kind, instance }) =>
      terminal.json({ time: time(), event: kind, instance: infoJson(instance) }),
    lost: (registry, error) =>
      terminal.json({ time: time(), event: "registry-lost", registry, error: explain(error) }),
    back: (registry) => terminal.json({ time: time(), event: "registry-back", registry }),
  };
}

function textLines(terminal: Terminal, explain: (error: unknown) => string): NodeListener {
  const { colours } = terminal;
  const known = new Map<string, InstanceInfo>();
  const print = (kind: Kind, text: string) => {
    const word = colourOf(kind, colours)(kind.padEnd(KIND_WIDTH));
    terminal.print(`${colours.dim(timeOfDay(new Date()))}  ${word}  ${text}`.trimEnd());
  };
  return {
    happened({ kind, instance }) {
      const before = known.get(instance.instance);
      if (kind === "down") known.delete(instance.instance);
      else known.set(instance.instance, instance);
      const what = kind === "down" ? "" : describeChange(before, instance);
      print(kind, `${nameOf(instance)}  ${what}`);
    },
    lost: (registry, error) =>
      print("lost", `registry ${registry}: ${explain(error)}; what was known stays known`),
    back: (registry) => print("back", `registry ${registry}`),
  };
}

type Kind = InstanceEvent["kind"] | "lost" | "back";

const KIND_WIDTH = "changed".length;

function colourOf(kind: Kind, { green, yellow, red }: Colours): (text: string) => string {
  if (kind === "up" || kind === "back") return green;
  return kind === "down" || kind === "lost" ? red : yellow;
}
