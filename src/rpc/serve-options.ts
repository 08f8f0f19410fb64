import { invalidArgument } from "../core/error.js";
import { checkOptionNames } from "../core/option-names.js";
import { checkEndpoint } from "../naming/endpoint.js";
import { type Compression, checkCompression } from "../wire/compression.js";
import { showValue } from "../wire/show-value.js";
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

/** The defaults of `IdempotencyOptions`. */
export const REPLY_WINDOW_MS = 300_000;
export const REPLY_WINDOW_BYTES = 16 * 1024 * 1024;

/** A window of fewer bytes keeps next to nothing. */
const MIN_REPLY_WINDOW_BYTES = 1024;

const names: readonly (keyof ServeOptions)[] = [
  "endpoint",
  "interceptors",
  "maxConcurrent",
  "compression",
  "idleTimeoutMs",
  "idempotency",
];

const idempotencyNames: readonly (keyof IdempotencyOptions)[] = ["windowMs", "maxBytes"];

/** @throws HeliographError INVALID_ARGUMENT that quotes the option */
export function checkServeOptions(options: ServeOptions): void {
  checkOptionNames("serve()", options, names);
  const { endpoint, interceptors, maxConcurrent, compression, idleTimeoutMs, idempotency } = options;
  if (endpoint !== undefined) checkEndpoint(endpoint);
  checkInterceptors(interceptors);
  if (maxConcurrent !== undefined && !(Number.isInteger(maxConcurrent) && maxConcurrent > 0)) {
    throw invalidArgument(`maxConcurrent must be a whole number of at least 1, got ${String(maxConcurrent)}`);
  }
  if (compression !== undefined) checkCompression("compression", compression);
  checkSpan("idleTimeoutMs", idleTimeoutMs);
  if (idempotency !== undefined) checkIdempotency(idempotency);
}

function checkIdempotency(options: IdempotencyOptions): void {
  if (typeof options !== "object" || options === null) {
    throw invalidArgument(
      `idempotency must be an object such as { windowMs: ${REPLY_WINDOW_MS} }, got ${showValue(options)}`,
    );
  }
  checkOptionNames("idempotency", options, idempotencyNames);
  const { windowMs, maxBytes } = options;
  checkSpan("idempotency.windowMs", windowMs);
  if (maxBytes !== undefined && !(Number.isSafeInteger(maxBytes) && maxBytes >= MIN_REPLY_WINDOW_BYTES)) {
    throw invalidArgument(
      `idempotency.maxBytes must be a whole number of at least ${MIN_REPLY_WINDOW_BYTES}, got ${showValue(maxBytes)}`,
    );
  }
}

function checkSpan(name: string, ms: number | undefined): void {
  if (ms === undefined || (typeof ms === "number" && Number.isFinite(ms) && ms > 0)) return;
  throw invalidArgument(`${name} must be a positive number of milliseconds, got ${showValue(ms)}`);
}
