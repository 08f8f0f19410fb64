import { Code } from "../../core/code.js";
import { HeliographError, invalidArgument } from "../../core/error.js";
import { Metadata } from "../../core/metadata.js";
import { checkOptionNames } from "../../core/option-names.js";
import type { Init, UnaryMethod } from "../../wire/definition.js";
import { fillMessage } from "../../wire/fill-message.js";
import { showValue } from "../../wire/show-value.js";
import { type BoundMethod, bindUnary } from "../bound-method.js";
import { type CallOptions, callCancelled, callTimedOut, timeoutOf } from "../call-options.js";
import { checkCallOptions } from "../check-call-options.js";
import type { Peer } from "../context.js";
import { type AnsweringCall, Responses } from "../responses.js";
import { encodeMessage } from "../session/payload.js";
import { type Instance, type Transport, type TransportHost, transportOf } from "../transport.js";
import type { ResponseStream } from "../types.js";
import { LateScatterCall } from "./late-scatter-call.js";
import { ScatterCall } from "./scatter-call.js";

/** What may be said of a call to all instances. */
export interface ScatterOptions
  extends Pick<CallOptions, "metadata" | "waitForReady" | "compression" | "parent" | "signal"> {
  /**
   * How long each instance may take, in milliseconds: one that has not answered then is told of with DEADLINE_EXCEEDED.
   * Default 10,000; `Infinity` for no end.
   */
  readonly timeoutMs?: number | undefined;
  /** Ends after so many answers. Errors don't count. Default: all. */
  readonly maxAnswers?: number | undefined;
  /**
   * Ends when no further answer has come for so long after one, in milliseconds. Errors don't count. Default: waits for
   * all.
   */
  readonly gapMs?: number | undefined;
}

interface Asked {
  /** Where the instance listens. */
  readonly endpoint: string;
}

/** What one instance gave: its answer, or the error in its place. */
export type ScatterAnswer<O> =
  | (Asked & { readonly peer: Peer | undefined; readonly message: O; readonly error?: undefined })
  | (Asked & {
      /** Who it is; undefined when nobody has ever answered there. */
      readonly peer: Peer | undefined;
      readonly message?: undefined;
      readonly error: HeliographError;
    });

const names: readonly (keyof ScatterOptions)[] = [
  "timeoutMs",
  "signal",
  "maxAnswers",
  "gapMs",
  "metadata",
  "waitForReady",
  "compression",
  "parent",
];

const USAGE = "scatter(connection, GreeterService.greet, { … })";

/**
 * Calls a unary method on every instance, each at most once, and yields what each gives as it arrives: its answer or its
 * error. An instance that fails ends nothing. For a connection, the instances are its endpoints.
 *
 * Nothing is sent until the first answer is asked for. Leaving the loop cancels what still runs; so do `maxAnswers` and
 * `gapMs`, after which instances that have not answered are not told of.
 *
 * @throws HeliographError from the loop when nobody can be asked: INVALID_ARGUMENT for the request or an option,
 *   UNAVAILABLE, reason NO_INSTANCE, when no instance is known, CANCELLED when the connection was closed; and CANCELLED
 *   when `signal` fires
 */
export function scatter<I, O>(
  where: Transport | TransportHost,
  method: UnaryMethod<I, O>,
  request: Init<I>,
  options: ScatterOptions = {},
): ResponseStream<ScatterAnswer<O>> {
  const answers = new Responses(() =>
    begin(transportOf(where, USAGE), bindUnary(method, USAGE), request, options),
  );
  // Each message is one of the method's, or is undefined and an error stands beside it.
  return answers as ResponseStream<unknown> as ResponseStream<ScatterAnswer<O>>;
}

function begin(
  transport: Transport,
  method: BoundMethod,
  request: unknown,
  options: ScatterOptions,
): AnsweringCall {
  checkOptions(options);
  const { maxAnswers, gapMs, parent, ...own } = options;
  const message = fillMessage(method.input, request as Init<unknown>);
  // What can't be encoded is no instance's failure.
  encodeMessage(method.codec, method.input, message);
  const metadata = new Metadata(own.metadata);
  const timeoutMs = timeoutOf(options, "unary");
  if (timeoutMs <= 0) throw callTimedOut(method.path, timeoutMs, "no time was left");
  const signals = [own.signal, parent?.signal].filter((signal) => signal !== undefined);
  const start = (instances: readonly Instance[]) => {
    const fired = signals.find((signal) => signal.aborted);
    if (fired !== undefined) throw callCancelled(method.path, fired.reason, true);
    return new ScatterCall({
      clock: transport.clock,
      instances: requireAny(instances, method.path),
      method,
      message,
      options: { ...own, metadata, timeoutMs },
      limits: {
        maxAnswers: maxAnswers ?? Number.POSITIVE_INFINITY,
        gapMs: gapMs ?? Number.POSITIVE_INFINITY,
      },
      signals,
    });
  };
  const instances = instancesOf(transport, method);
  return instances instanceof Promise
    ? new LateScatterCall(instances.then(start), signals, method.path)
    : start(instances);
}

function checkOptions(options: ScatterOptions): void {
  if (typeof options !== "object" || options === null) {
    throw invalidArgument(`the options of scatter() must be an object, got ${showValue(options)}`);
  }
  checkOptionNames("scatter()", options, names);
  const { maxAnswers, gapMs, ...ofCalls } = options;
  checkCallOptions(ofCalls, "unary");
  if (maxAnswers !== undefined && !(Number.isSafeInteger(maxAnswers) && maxAnswers > 0)) {
    throw invalidArgument(
      `maxAnswers must be a whole number of at least 1, got ${showValue(maxAnswers)}; leave it out for all`,
    );
  }
  if (gapMs !== undefined && !(typeof gapMs === "number" && Number.isFinite(gapMs) && gapMs > 0)) {
    throw invalidArgument(
      `gapMs must be a positive number of milliseconds, got ${showValue(gapMs)}; leave it out to wait for all`,
    );
  }
}

function instancesOf(
  transport: Transport,
  { definition }: BoundMethod,
): readonly Instance[] | Promise<readonly Instance[]> {
  if (transport.instances === undefined) {
    throw invalidArgument(
      `the first argument of ${USAGE} must know its instances, as nodes and connections do; this one has no instances()`,
    );
  }
  return transport.instances({ name: definition.service, schema: definition.schema });
}

function requireAny(instances: readonly Instance[], path: string): readonly Instance[] {
  if (instances.length > 0) return instances;
  throw new HeliographError(Code.Unavailable, `${path}: no instance is known`, {
    reason: "NO_INSTANCE",
    notProcessed: true,
  });
}
