import { Command } from "commander";
import { HeliographError, messageOf } from "../core/error.js";
import { type ConnectFlags, positive, registryOptions, whole } from "./connect-options.js";
import { UsageError } from "./failure.js";
import type { Terminal } from "./output/terminal.js";
import { noteSilent, withLookup } from "./with-lookup.js";

interface EmitFlags extends ConnectFlags {
  readonly subscribers: number;
  readonly waitMs: number;
  readonly json?: boolean;
}

const examples = `
Examples:
  helio emit doorbell
  helio emit bedroom/lights/on '{"brightness":0.5}'
  helio emit doorbell --subscribers 2 --wait-ms 60000

Events need no .proto: whoever listens to their name with onEvent or helio on gets what is emitted. Nothing is kept for
those who come later.`;

/** `helio emit`: an event. */
export function emitCommand(terminal: Terminal): Command {
  const command = new Command("emit")
    .summary("emit an event")
    .description("Emit an event, to all who listen to its name.")
    .argument("<event>", "its name, with levels separated by slashes")
    .argument("[payload]", "as JSON (default: null)")
    .option("--subscribers <n>", "wait for so many that listen to it first", whole, 1)
    .option("--wait-ms <n>", "how long to wait for them", positive, 5_000)
    .option("--json", "print what was emitted as a line of JSON")
    .addHelpText("after", examples)
    .action((name: string, payload: string | undefined, flags: EmitFlags) =>
      emit(name, payload, flags, terminal),
    );
  return registryOptions(command);
}

async function emit(
  name: string,
  text: string | undefined,
  flags: EmitFlags,
  terminal: Terminal,
): Promise<void> {
  const payload = text === undefined ? null : readPayload(text);
  await checkName(name);
  await withLookup(flags, terminal, async (lookup) => {
    noteSilent(await lookup.list(), terminal);
    const [
      { commandNode },
      { createPublisher },
      { awaitSubscribers },
      said,
      { matcherOf },
      { emitEvent },
      { EventService },
    ] = await Promise.all([
      import("./lookup/command-node.js"),
      import("../pubsub/publisher/create-publisher.js"),
      import("./pub/await-subscribers.js"),
      import("./pub/publishing.js"),
      import("../naming/subject-pattern.js"),
      import("../pubsub/events/emit-event.js"),
      import("../gen/heliograph/pubsub/v1/event_heliograph.js"),
    ]);
    const signal = terminal.interrupted();
    const { subscribers: least, waitMs, json = false } = flags;
    await using node = commandNode(lookup.settings);
    try {
      const publisher = createPublisher(node, EventService.events, { overflow: "block" });
      await awaitSubscribers(publisher, {
        least,
        timeoutMs: waitMs,
        wanted: ({ patterns }) => matcherOf(patterns)(name),
        noun: "listener",
        signal,
      });
      if (signal.aborted) return;
      await emitEvent(node, name, payload, { signal });
      const result = await said.closePublishing(publisher, lookup.settings.timeoutMs);
      said.tellPublished(name, result, json, terminal);
    } catch (error) {
      if (!signal.aborted) throw said.publishFailure(error);
    }
  });
}

async function checkName(name: string): Promise<void> {
  const { checkSubject } = await import("../naming/subject.js");
  try {
    checkSubject(name);
  } catch (error) {
    throw new UsageError(HeliographError.from(error).rawMessage);
  }
}

function readPayload(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError(`the payload is no JSON: ${messageOf(error)}`);
  }
}
