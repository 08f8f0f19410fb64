import { Command } from "commander";
import type { CallLine } from "./call/run-call.js";
import { type ConnectFlags, collected, connectOptions } from "./connect-options.js";
import { Failure, UsageError } from "./failure.js";
import { jsonText } from "./output/json-text.js";
import type { Terminal } from "./output/terminal.js";
import { parseMethodName } from "./reflect/method-name.js";
import { noteSilent, withLookup } from "./with-lookup.js";

interface CallFlags extends ConnectFlags {
  readonly file?: string;
  readonly metadata?: readonly string[];
  readonly instance?: string;
  readonly showMetadata?: boolean;
  readonly json?: boolean;
}

const examples = `
Examples:
  helio call example.v1.GreeterService/Greet '{"name":"Ada"}'
  helio call Greeter/Greet '{"name":"Ada"}'            a short name that only one service has
  helio call Words/Count --file words.jsonl            a stream of requests, one after the other
  tail -f lines.jsonl | helio call Chat/Chat -         from standard input, as they come
  helio call Greeter/Greet --metadata tenant:a --show-metadata --timeout-ms 500
  helio call NodeService/Info --endpoint tcp://127.0.0.1:5555

Types are those that the server tells. Each answer is a line of JSON, or spread over lines on a terminal. Ctrl+C cancels
the call. The exit code is 1 when the call fails, and 2 when a request is not of its type.`;

/** `helio call`: calls a method, by reflection. */
export function callCommand(terminal: Terminal): Command {
  const command = new Command("call")
    .summary("call a method of a service")
    .description("Call a method of a service, with requests and answers in JSON.")
    .argument("<method>", "Service/Method; the end of the service's name will do")
    .argument("[requests...]", "as JSON; - reads them from standard input (default: one without fields)")
    .option("--file <path>", "read requests from a file of JSON values, after the others")
    .option(
      "--metadata <key:value>",
      "send it along; may be repeated; base64 under a key that ends in -bin",
      collected,
    )
    .option("--instance <name>", "call this instance: a node, the beginning of an instance, or an endpoint")
    .option("--show-metadata", "show what comes along with the answer, on standard error")
    .option("--json", "print each answer on one line, and errors as JSON, too")
    .addHelpText("after", examples);
  connectOptions(command);
  const timeout = command.options.find(({ long }) => long === "--timeout-ms");
  timeout?.default(timeout.defaultValue, "10000 for a single answer, none for a stream of them");
  return command.action((method: string, args: string[], flags: CallFlags) => {
    const { file, metadata = [], instance, showMetadata = false, json = false } = flags;
    // The option's own default is for finding the instance.
    const timeoutMs = command.getOptionValueSource("timeoutMs") === "cli" ? flags.timeoutMs : undefined;
    const line: CallLine = { method, args, file, metadata, instance, timeoutMs, showMetadata, json };
    return failingAsJson(json, terminal, () => call(line, flags, terminal));
  });
}

async function call(line: CallLine, flags: ConnectFlags, terminal: Terminal): Promise<void> {
  parseMethodName(line.method);
  await withLookup(flags, terminal, async (lookup) => {
    const listing = await lookup.list();
    noteSilent(listing, terminal);
    const { runCall } = await import("./call/run-call.js");
    await runCall(line, listing, lookup, terminal);
  });
}

/** What can't be done is JSON, too, for a program that has asked for it. */
async function failingAsJson(json: boolean, terminal: Terminal, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (!json || !(error instanceof Failure) || error.lines.length === 0) throw error;
    terminal.note(jsonText({ error: { message: error.lines.join("\n") } }));
    throw error instanceof UsageError ? new UsageError([]) : new Failure([]);
  }
}
