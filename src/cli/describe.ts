import { Command } from "commander";
import { type ConnectFlags, connectOptions } from "./connect-options.js";
import type { DescribeParts, Description } from "./describe/describe-schema.js";
import type { Subject } from "./describe/find-subject.js";
import { leftOutText, livingOf, ONE_BY_NAME } from "./lookup/left-out.js";
import { printable } from "./output/printable.js";
import type { Terminal } from "./output/terminal.js";
import { noteSilent, withLookup } from "./with-lookup.js";

interface DescribeFlags extends ConnectFlags {
  readonly json?: boolean;
}

const examples = `
Examples:
  helio describe                                  all services, and their methods
  helio describe GreeterService                   as its .proto has it, with the messages that it uses
  helio describe Greeter/Greet                    one method
  helio describe example.v1.GreetRequest          a message or an enum; the end of its name will do
  helio describe greeter                          a node: each instance, by its own word
  helio describe tcp://127.0.0.1:5555 --json      for a program`;

/** `helio describe`: what services, methods, messages and nodes are. */
export function describeCommand(terminal: Terminal): Command {
  const command = new Command("describe")
    .summary("describe a service, a method, a message or a node")
    .description("Describe a service, a method, a message or a node, by what it tells of itself.")
    .argument("[name]", "what to describe (default: all services)")
    .option("--json", "print one JSON object")
    .addHelpText("after", examples)
    .action((name: string | undefined, flags: DescribeFlags) => describe(name, flags, terminal));
  return connectOptions(command);
}

async function describe(word: string | undefined, flags: DescribeFlags, terminal: Terminal): Promise<void> {
  const isEndpoint = word?.includes("://") === true;
  const { registry: _, ...rest } = flags;
  await withLookup(isEndpoint ? { ...rest, endpoint: [word] } : flags, terminal, async (lookup) => {
    const listing = await lookup.list();
    noteSilent(listing, terminal);
    const { findSubject } = await import("./describe/find-subject.js");
    const { text, json } = await make(findSubject(word, listing), { listing, lookup, terminal });
    if (flags.json) terminal.json(json);
    else if (text === "") terminal.note("no service is announced");
    else for (const line of text.split("\n")) terminal.print(printable(line));
  });
}

async function make(subject: Subject, parts: DescribeParts): Promise<Description> {
  if (subject.kind === "nodes") {
    const { describeNodes } = await import("./describe/describe-nodes.js");
    const { target, leftOut } = livingOf(subject.target);
    if (leftOut > 0) parts.terminal.note(leftOutText(leftOut, ONE_BY_NAME));
    return describeNodes(target, parts);
  }
  const schema = await import("./describe/describe-schema.js");
  switch (subject.kind) {
    case "all":
      return schema.describeServices(parts);
    case "member":
      return schema.describeMethod(subject.name, parts);
    case "service":
      return schema.describeService(subject.name, parts);
    case "type":
      return schema.describeType(subject.name, parts);
  }
}
