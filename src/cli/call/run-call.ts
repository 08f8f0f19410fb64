import { HeliographError } from "../../core/error.js";
import type { Metadata } from "../../core/metadata.js";
import type { CallOptions } from "../../rpc/call-options.js";
import type { MessageType, Method } from "../../wire/definition.js";
import { type DynamicMessage, DynamicTypes } from "../../wire/dynamic-type.js";
import { shapesOf } from "../../wire/message-shape.js";
import { Failure } from "../failure.js";
import type { KnownInstance, Listing } from "../lookup/known-instance.js";
import type { Lookup } from "../lookup/lookup.js";
import { jsonText } from "../output/json-text.js";
import { printable } from "../output/printable.js";
import { ReaderGone, type Terminal } from "../output/terminal.js";
import { parseMethodName } from "../reflect/method-name.js";
import { type ReflectedMember, reflectMember } from "../reflect/reflect-method.js";
import { failureJson, failureLines } from "./call-failure.js";
import { metadataLines, parseMetadata } from "./call-metadata.js";
import { readRequests } from "./call-requests.js";
import { makeCall } from "./make-call.js";

/** A command line of `helio call`. */
export interface CallLine {
  /** `Service/Method`. */
  readonly method: string;
  readonly args: readonly string[];
  readonly file: string | undefined;
  readonly metadata: readonly string[];
  /** Name of an instance, as for `Lookup.find`. */
  readonly instance: string | undefined;
  /** Undefined for what is usual. */
  readonly timeoutMs: number | undefined;
  readonly showMetadata: boolean;
  readonly json: boolean;
}

/**
 * Finds the method, calls it and prints its answers.
 *
 * @throws UsageError for requests or metadata that can't be used, Failure when the call fails
 */
export async function runCall(
  line: CallLine,
  listing: Listing,
  lookup: Lookup,
  terminal: Terminal,
): Promise<void> {
  const metadata = parseMetadata(line.metadata);
  const only = line.instance === undefined ? undefined : lookup.find(listing, line.instance).instances;
  const reflected = await reflectMember(parseMethodName(line.method), listing, lookup, only);
  const method = callable(reflected);
  const done = new AbortController();
  const signal = AbortSignal.any([terminal.interrupted(), done.signal]);
  const input = method.input as MessageType<DynamicMessage>;
  const output = method.output as MessageType<DynamicMessage>;
  const layout = terminal.interactive && !line.json ? "full" : "line";
  try {
    const place = { args: line.args, file: line.file, input: terminal.input, signal };
    await makeCall(
      {
        transport: reflected.way.connection,
        service: reflected.service,
        key: reflected.key,
        method,
        requests: readRequests(input, place),
        options: { ...optionsOf(line, reflected, terminal), metadata, signal: terminal.interrupted() },
      },
      (answer) => terminal.print(jsonText(output.toJSON(answer), layout)),
    );
  } catch (error) {
    if (error instanceof Failure) throw error;
    if (terminal.interrupted().reason instanceof ReaderGone) return;
    const types = new DynamicTypes(shapesOf(reflected.service.$schema));
    throw callFailed(
      HeliographError.from(error),
      types,
      { json: line.json, instance: reflected.instance },
      terminal,
    );
  } finally {
    // What still reads requests would keep the process.
    done.abort();
  }
}

function callable({ member, name }: ReflectedMember): Method {
  switch (member.kind) {
    case "topic":
    case "pipeline":
    case "action":
      throw new Failure(
        `${name}/${member.name} is ${member.kind === "action" ? "an" : "a"} ${member.kind}, which is not called`,
      );
    default:
      return member;
  }
}

function optionsOf(line: CallLine, { way }: ReflectedMember, terminal: Terminal): CallOptions {
  const { timeoutMs: _, ...options } = way.options;
  const show = (what: string) => (metadata: Metadata) => {
    for (const text of metadataLines(metadata)) terminal.note(printable(`${what} ${text}`));
  };
  return {
    ...options,
    ...(line.timeoutMs === undefined ? {} : { timeoutMs: line.timeoutMs }),
    ...(line.showMetadata ? { onHeader: show("header"), onTrailer: show("trailer") } : {}),
  };
}

function callFailed(
  error: HeliographError,
  types: DynamicTypes,
  { json, instance }: { readonly json: boolean; readonly instance: KnownInstance },
  terminal: Terminal,
): Failure {
  if (!json) return new Failure(failureLines(error, types, instance));
  terminal.note(jsonText(failureJson(error, types, instance)));
  return new Failure([]);
}
