import { invalidArgument } from "../core/error.js";
import { checkOptionNames } from "../core/option-names.js";
import { checkBalancer } from "../naming/balancer.js";
import { checkCompression } from "../wire/compression.js";
import type { Method } from "../wire/definition.js";
import { showValue } from "../wire/show-value.js";
import type { CallOptions } from "./call-options.js";
import { isReplyKey, MAX_KEY_BYTES } from "./reply-key.js";

/** A value of any type, as plain JavaScript passes it. */
type Check = (value: unknown, name: keyof CallOptions, kind: Method["kind"]) => void;

const isFunction: Check = (value, name) => {
  if (typeof value !== "function") {
    throw invalidArgument(`${name} must be a function such as (metadata) => {}, got ${showValue(value)}`);
  }
};

const isSpan: Check = (value, name) => {
  if (typeof value !== "number" || !Number.isFinite(value) || value <= 0) {
    throw invalidArgument(
      `${name} must be a positive number of milliseconds, got ${showValue(value)}; leave it out for none`,
    );
  }
};

const isBalancer: Check = (value, name) => checkBalancer(name, value);

/** `timeoutMs`, `metadata`, `retry` and `values` are checked where they are taken, in each call anew. */
const taken: Check = () => {};

const checks: { readonly [K in keyof CallOptions]-?: Check } = {
  timeoutMs: taken,
  idleTimeoutMs(value, name, kind) {
    if (kind === "unary")
      throw invalidArgument(`${name} is for streams, and this call is unary; use timeoutMs`);
    isSpan(value, name, kind);
  },
  itemTimeoutMs(value, name, kind) {
    if (kind === "unary" || kind === "client-stream") {
      throw invalidArgument(
        `${name} is for calls with a stream of answers, and this one is ${kind}; use timeoutMs`,
      );
    }
    isSpan(value, name, kind);
  },
  parent(value) {
    if (isParent(value)) return;
    throw invalidArgument(
      `parent must be the context of the handler that makes the call, got ${showValue(value)}`,
    );
  },
  idempotencyKey(value, name, kind) {
    if (kind !== "unary") throw invalidArgument(`${name} is for unary calls, and this one is ${kind}`);
    if (typeof value === "string" && isReplyKey(value)) return;
    throw invalidArgument(
      `${name} must be a text of 1 to ${MAX_KEY_BYTES} bytes, such as crypto.randomUUID(), got ${showValue(value)}`,
    );
  },
  retry: taken,
  compression(value, name) {
    if (typeof value !== "function") checkCompression(name, value);
  },
  signal(value) {
    if (isSignal(value)) return;
    throw invalidArgument(
      `signal must be an AbortSignal, such as controller.signal, got ${showValue(value)}`,
    );
  },
  metadata: taken,
  waitForReady(value) {
    if (typeof value === "boolean") return;
    throw invalidArgument(`waitForReady must be true or false, got ${showValue(value)}`);
  },
  instance(value) {
    if (typeof value === "string" && value !== "") return;
    throw invalidArgument(
      `instance must be the instance of one of listInstances(), a text, got ${showValue(value)}`,
    );
  },
  balancer: isBalancer,
  onHeader: isFunction,
  onTrailer: isFunction,
  values: taken,
};

const names = Object.keys(checks);

/**
 * Refuses call options that don't exist, can't be used, or have no meaning for a call of this kind. `undefined` is as
 * good as left out.
 *
 * @throws HeliographError INVALID_ARGUMENT, reason BAD_OPTION, that quotes the value
 */
export function checkCallOptions(options: CallOptions, kind: Method["kind"]): void {
  if (typeof options !== "object" || options === null) {
    throw invalidArgument(`the options of a call must be an object, got ${showValue(options)}`);
  }
  // Of every call: 6 ns for { timeoutMs }. Remembering the object in a WeakSet would take 10 ns, and 200 ns for one that
  // was made for the call.
  for (const name in options) {
    switch (name) {
      case "timeoutMs":
      case "metadata":
      case "values":
      case "retry":
        break;
      default:
        checkOne(options, name, kind);
    }
  }
}

function checkOne(options: CallOptions, name: string, kind: Method["kind"]): void {
  if (!Object.hasOwn(checks, name)) checkOptionNames("a call", { [name]: true }, names);
  const known = name as keyof CallOptions;
  if (options[known] !== undefined) checks[known](options[known], known, kind);
}

/** Also of another realm, or another implementation. */
function isSignal(value: unknown): boolean {
  return (
    typeof value === "object" &&
    value !== null &&
    "aborted" in value &&
    typeof value.aborted === "boolean" &&
    "addEventListener" in value &&
    typeof value.addEventListener === "function"
  );
}

function isParent(value: unknown): boolean {
  return (
    typeof value === "object" &&
    value !== null &&
    "signal" in value &&
    isSignal(value.signal) &&
    "remainingMs" in value &&
    typeof value.remainingMs === "function"
  );
}
