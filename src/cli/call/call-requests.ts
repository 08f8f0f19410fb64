import { createReadStream } from "node:fs";
import { HeliographError, messageOf } from "../../core/error.js";
import type { MessageType } from "../../wire/definition.js";
import { Failure, UsageError } from "../failure.js";
import { JsonSplitter } from "../json-splitter.js";

/** Stands for standard input among the requests of a command line. */
const STANDARD_INPUT = "-";

/** Where a command line says that requests come from. */
export interface RequestPlace {
  /** JSON values, and `-` for those on standard input. */
  readonly args: readonly string[];
  /** What a value is called where it can't be used. Default: request. */
  readonly noun?: string | undefined;
  /** Of JSON values, after the others. */
  readonly file: string | undefined;
  readonly input: NodeJS.ReadableStream;
  /** Ends reading. */
  readonly signal: AbortSignal;
}

/**
 * The requests of a command line, each a whole message, as they come. Those that stand on the command line are checked
 * at once.
 *
 * @throws UsageError for what is no JSON, or no message of the type, with its place
 */
export function readRequests<T>(type: MessageType<T>, place: RequestPlace): AsyncIterable<T> {
  const { noun = "request" } = place;
  const given = place.args.map((text, i) =>
    text === STANDARD_INPUT
      ? text
      : { request: parse(type, text, place.args.length === 1 ? `the ${noun}` : `${noun} ${i + 1}`) },
  );
  return requests(type, given, place);
}

/**
 * The one request of a method that takes one; that of all defaults when none is given.
 *
 * @throws UsageError also for more than one
 */
export async function readOneRequest<T>(
  type: MessageType<T>,
  requests: AsyncIterable<T>,
  path: string,
): Promise<T> {
  let only: { readonly request: T } | undefined;
  for await (const request of requests) {
    if (only !== undefined) throw new UsageError(`${path} takes one request; there are more`);
    only = { request };
  }
  return only === undefined ? type.fromJSON({}) : only.request;
}

async function* requests<T>(
  type: MessageType<T>,
  given: readonly (typeof STANDARD_INPUT | { readonly request: T } | string)[],
  { file, input, signal }: RequestPlace,
): AsyncIterable<T> {
  for (const each of given) {
    if (typeof each === "object") yield each.request;
    else yield* read(type, input, "standard input", signal);
  }
  if (file !== undefined) yield* read(type, createReadStream(file), file, signal);
}

async function* read<T>(
  type: MessageType<T>,
  stream: NodeJS.ReadableStream,
  name: string,
  signal: AbortSignal,
): AsyncIterable<T> {
  let count = 0;
  for await (const text of jsonTexts(stream, name, signal)) {
    count++;
    yield parse(type, text, `value ${count} of ${name}`);
  }
}

/** The JSON values of a stream, as text, each as soon as it is whole. Ends when the signal fires. */
async function* jsonTexts(
  stream: NodeJS.ReadableStream,
  name: string,
  signal: AbortSignal,
): AsyncIterable<string> {
  const splitter = new JsonSplitter();
  const decoder = new TextDecoder();
  const stop = () => "destroy" in stream && typeof stream.destroy === "function" && stream.destroy();
  signal.addEventListener("abort", stop);
  try {
    for await (const piece of stream) {
      yield* splitter.push(typeof piece === "string" ? piece : decoder.decode(piece, { stream: true }));
    }
    yield* splitter.end();
  } catch (error) {
    if (!signal.aborted) throw new Failure(`${name} can't be read: ${messageOf(error)}`);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

function parse<T>(type: MessageType<T>, text: string, where: string): T {
  try {
    return type.fromJSON(JSON.parse(text));
  } catch (error) {
    if (error instanceof HeliographError) throw new UsageError(`${where}: ${error.rawMessage}`);
    throw new UsageError(`${where} is no JSON: ${messageOf(error)}`);
  }
}
