import type { DescMessage, DescMethod } from "@bufbuild/protobuf";
import { Code } from "../core/code.js";
import { HeliographError } from "../core/error.js";
import { type WireMessage, wireMessage } from "./schema-fields.js";
import { readMember, type SchemaMember, type TopicLevel } from "./schema-member.js";
import { type MessagePair, type Misread, misread } from "./schema-misread.js";
import { readSchema, requireService, type SchemaSource, unreadable } from "./schema-registry.js";

/** One thing about a service that its client and its server would not understand alike. */
export interface Incompatibility {
  /** Such as `example.v1.GreeterService/Greet: request example.v1.GreetRequest.name (field 1)`. */
  readonly path: string;
  /** Such as `is string here and int32 at the server`. */
  readonly what: string;
}

/** Fields that are looked at, before a comparison is given up: real schemas have some thousands. */
const MAX_STEPS = 500_000;
/** What is told at most; one is enough. */
const MAX_FOUND = 100;
/** Of what is told of one thing: names are a peer's, and may be as long as its schema. */
const MAX_CHARS = 500;
/** Fields of a path that are shown in full. */
const MAX_SHOWN_FIELDS = 16;

/**
 * What breaks between a client and a server of one service that were built from different schemas, by protobuf's rules
 * of evolution, in the direction in which each message travels: requests as the client writes and the server reads
 * them, answers the other way. At most 100; each pair of messages is looked at once, for the first method that uses it.
 *
 * Not told: what only one side has (a call of a method that the server lacks is answered with UNIMPLEMENTED), names of
 * messages, fields and enums, which protobuf does not send, and what concerns one side alone, such as how long a result
 * is kept. Names count for the codecs JSON and msgpack.
 *
 * @param methods names of the rpcs that the client calls; all of its schema's when left out
 * @throws HeliographError INTERNAL, reason SCHEMA_UNREADABLE, for a schema that is damaged or too large;
 *   INVALID_ARGUMENT when the client's has no such service
 */
export function compareSchemas(
  client: SchemaSource,
  server: SchemaSource,
  service: string,
  methods?: readonly string[],
): readonly Incompatibility[] {
  const ours = requireService(readSchema(client, "the client's schema"), service, "the client's schema");
  const theirs = readSchema(server, "the server's schema").getService(service);
  const comparison = new Comparison();
  for (const method of ours.methods) {
    if (methods !== undefined && !methods.includes(method.name)) continue;
    const other = theirs?.methods.find(({ name }) => name === method.name);
    if (other !== undefined) comparison.methods(method, other);
  }
  return comparison.found;
}

/** The error of a client whose schema of a service does not go with the server's. */
export function incompatibleSchemas(
  service: string,
  found: readonly Incompatibility[],
  server: string,
): HeliographError {
  const shown = found.slice(0, 3).map(({ path, what }) => `${path} ${what}`);
  const more = found.length > shown.length ? `; and ${found.length - shown.length} more` : "";
  return new HeliographError(
    Code.FailedPrecondition,
    `${service} of ${server} has another schema: ${shown.join("; ")}${more}; update the side with the older .proto files`,
    { reason: "SCHEMA_INCOMPATIBLE", notProcessed: true },
  );
}

type Direction = "request" | "answer";

/** Two messages to be compared, and how they were reached. */
interface Step extends MessagePair {
  readonly parent: Step | undefined;
  /** Name of the field that led here. */
  readonly field: string;
}

class Comparison {
  readonly found: Incompatibility[] = [];
  private steps = 0;
  private readonly seen = {
    request: new WeakMap<WireMessage, Set<WireMessage>>(),
    answer: new WeakMap<WireMessage, Set<WireMessage>>(),
  };

  methods(client: DescMethod, server: DescMethod): void {
    if (this.found.length >= MAX_FOUND) return;
    const path = `${client.parent.typeName}/${client.name}`;
    const differs = memberDifference(readMember(client), readMember(server));
    if (differs !== undefined) this.tell(path, differs);
    if (client.methodKind !== server.methodKind) return;
    this.messages("request", path, client.input, server.input);
    this.messages("answer", path, client.output, server.output);
  }

  private messages(direction: Direction, method: string, client: DescMessage, server: DescMessage): void {
    const ours = wireMessage(client);
    const theirs = wireMessage(server);
    const isRequest = direction === "request";
    const first = isRequest ? { writer: ours, reader: theirs } : { writer: theirs, reader: ours };
    const steps: Step[] = [];
    this.push(direction, steps, { ...first, parent: undefined, field: ours.name });
    // Level by level, so that each is reached by its shortest path; a list hands out what is added while it is walked.
    for (const step of steps) {
      for (const wrong of misread(step)) {
        if (this.found.length >= MAX_FOUND) return;
        const path = `${method}: ${direction} ${pathOf(step, wrong, direction)}`;
        this.tell(path, textOf(wrong, direction));
      }
      this.follow(direction, steps, step);
    }
  }

  private tell(path: string, what: string): void {
    this.found.push({ path: cut(path), what: cut(what) });
  }

  private follow(direction: Direction, steps: Step[], step: Step): void {
    this.steps += 1 + step.reader.fields.size;
    if (this.steps > MAX_STEPS) {
      throw unreadable("the server's schema", `it takes more than ${MAX_STEPS} steps to compare`);
    }
    for (const read of step.reader.fields.values()) {
      const written = step.writer.fields.get(read.number);
      if (written?.message === undefined || read.message === undefined) continue;
      const field = direction === "request" ? written.name : read.name;
      this.push(direction, steps, { writer: written.message, reader: read.message, parent: step, field });
    }
  }

  private push(direction: Direction, steps: Step[], step: Step): void {
    const seen = this.seen[direction];
    const readers = seen.get(step.writer) ?? new Set();
    seen.set(step.writer, readers);
    if (readers.has(step.reader)) return;
    readers.add(step.reader);
    steps.push(step);
  }
}

function pathOf(step: Step, { written, read }: Misread, direction: Direction): string {
  const names = [(direction === "request" ? (written ?? read) : read).name];
  for (let at: Step | undefined = step; at !== undefined; at = at.parent) names.push(at.field);
  names.reverse();
  const shown =
    names.length > MAX_SHOWN_FIELDS
      ? [names[0], "…", ...names.slice(names.length - MAX_SHOWN_FIELDS + 2)]
      : names;
  return `${shown.join(".")} (field ${read.number})`;
}

function cut(text: string): string {
  return text.length > MAX_CHARS ? `${text.slice(0, MAX_CHARS)}…` : text;
}

function textOf({ writer, reader, why }: Misread, direction: Direction): string {
  const [here, there] = direction === "request" ? [writer, reader] : [reader, writer];
  return `is ${here} here and ${there} at the server${why === undefined ? "" : `; ${why}`}`;
}

const kindTexts: Readonly<Record<SchemaMember["kind"], string>> = {
  unary: "unary",
  "server-stream": "a server stream",
  "client-stream": "a client stream",
  "bidi-stream": "a bidirectional stream",
  topic: "a topic",
  pipeline: "a pipeline",
  action: "an action",
};

function memberDifference(client: SchemaMember, server: SchemaMember): string | undefined {
  if (client.kind !== server.kind)
    return `is ${kindTexts[client.kind]} here and ${kindTexts[server.kind]} at the server`;
  if (client.kind === "pipeline" && server.kind === "pipeline") {
    if (client.acknowledged === server.acknowledged) return undefined;
    const text = (acknowledged: boolean) => (acknowledged ? "acknowledged" : "not acknowledged");
    return `is ${text(client.acknowledged)} here and ${text(server.acknowledged)} at the server`;
  }
  if (client.kind === "topic" && server.kind === "topic") {
    if (keyText(client.key) === keyText(server.key)) return undefined;
    return `has the key "${client.template}" here and "${server.template}" at the server`;
  }
  return undefined;
}

/** Fields of a key are what their numbers say, whatever their names. */
function keyText(key: readonly TopicLevel[]): string {
  return JSON.stringify(
    key.map((level) => (level.kind === "literal" ? level.text : { field: level.number, type: level.type })),
  );
}
