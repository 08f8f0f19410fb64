import { invalidArgument } from "../core/error.js";
import { checkOptionNames } from "../core/option-names.js";
import { checkEndpoint } from "../naming/endpoint.js";
import type { Compression } from "../wire/compression.js";
import { checkInterceptors, type Interceptor } from "./interceptor.js";

/** How a service is served. */
export interface ServeOptions {
  /**
   * Where the node listens: `tcp://127.0.0.1:5555`, `tcp://127.0.0.1:*` (any free port), `ipc:///run/greeter.sock`,
   * `inproc://greeter`. One is enough for all services of a node. Default `tcp://127.0.0.1:*`.
   */
  readonly endpoint?: string | undefined;
  /** The first sees the call first. */
  readonly interceptors?: readonly Interceptor[] | undefined;
  /** Unary calls of this service that run at a time; the others wait. Streams are not counted. Default 256. */
  readonly maxConcurrent?: number | undefined;
  /** How answers of at least 1 KiB are compressed, for callers that can undo it. Default `none`. */
  readonly compression?: Compression | undefined;
  /** Ends a stream on which nothing was sent or received for so long, in milliseconds. Default: none. */
  readonly idleTimeoutMs?: number | undefined;
  /** How long, and how much, answers to calls with an idempotency key are kept. */
  readonly idempotency?: IdempotencyOptions | undefined;
}

/** What a server keeps for callers that repeat a call. */
export interface IdempotencyOptions {
  /** How long an answer is kept, in milliseconds. Default 300,000. */
  readonly windowMs?: number | undefined;
  /** Bytes of answers that are kept, for all callers; the oldest go first. Default 16 MiB. */
  readonly maxBytes?: number | undefined;
}

const names: readonly (keyof ServeOptions)[] = [
  "endpoint",
  "interceptors",
  "maxConcurrent",
  "compression",
  "idleTimeoutMs",
  "idempotency",
];

/** @throws HeliographError INVALID_ARGUMENT that quotes the option */
export function checkServeOptions(options: ServeOptions): void {
  checkOptionNames("serve()", options, names);
  const { endpoint, interceptors, maxConcurrent } = options;
  if (endpoint !== undefined) checkEndpoint(endpoint);
  checkInterceptors(interceptors);
  if (maxConcurrent !== undefined && !(Number.isInteger(maxConcurrent) && maxConcurrent > 0)) {
    throw invalidArgument(`maxConcurrent must be a whole number of at least 1, got ${String(maxConcurrent)}`);
  }
}
