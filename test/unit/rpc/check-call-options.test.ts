import { describe, expect, test } from "vitest";
import { Code } from "../../../src/core/code.js";
import { ContextValues } from "../../../src/core/context-values.js";
import { HeliographError } from "../../../src/core/error.js";
import type { CallOptions } from "../../../src/rpc/call-options.js";
import { checkCallOptions } from "../../../src/rpc/check-call-options.js";
import type { Method } from "../../../src/wire/definition.js";

const kinds = ["unary", "server-stream", "client-stream", "bidi-stream"] as const;
type Kind = Method["kind"];

const { signal } = new AbortController();

function refused(options: unknown, kind: Kind): string | undefined {
  try {
    checkCallOptions(options as CallOptions, kind);
    return undefined;
  } catch (error) {
    if (!(error instanceof HeliographError)) throw error;
    expect(error).toMatchObject({ code: Code.InvalidArgument, reason: "BAD_OPTION" });
    return error.rawMessage;
  }
}

describe.each(kinds)("the options of a call that is %s", (kind) => {
  const all: Record<keyof CallOptions, unknown[]> = {
    timeoutMs: [1, Number.POSITIVE_INFINITY],
    idleTimeoutMs: kind === "unary" ? [] : [0.5, 1_000],
    itemTimeoutMs: kind === "server-stream" || kind === "bidi-stream" ? [0.5, 1_000] : [],
    parent: [{ signal, remainingMs: () => 1 }],
    idempotencyKey: kind === "unary" ? ["k", "x".repeat(255), "é".repeat(127)] : [],
    retry: [false, { attempts: 2 }],
    compression: ["none", "gzip", () => "none"],
    signal: [signal, AbortSignal.abort(), AbortSignal.timeout(1)],
    metadata: [{ a: "b" }],
    waitForReady: [true, false],
    instance: ["6f1c"],
    balancer: [{ name: "first", picker: () => ({ pick: () => undefined }) }],
    onHeader: [() => {}],
    onTrailer: [() => {}],
    values: [new ContextValues()],
  };

  test.each(Object.entries(all))("may have %s", (name, values) => {
    for (const value of values) expect(refused({ [name]: value }, kind)).toBeUndefined();
  });

  test("may be many at a time, none, or undefined", () => {
    const many = Object.entries(all).flatMap(([name, [value]]) =>
      value === undefined ? [] : [[name, value]],
    );
    expect(refused(Object.fromEntries(many), kind)).toBeUndefined();
    expect(refused({}, kind)).toBeUndefined();
    const nothing = Object.keys(all).map((name) => [name, undefined]);
    expect(refused(Object.fromEntries(nothing), kind)).toBeUndefined();
  });

  test("have no other names, also none that every object has", () => {
    for (const name of ["timeout", "TimeoutMs", "", "constructor", "toString"]) {
      const text = refused({ timeoutMs: 1, [name]: undefined }, kind);
      expect(text).toContain(
        `a call has no option "${name}"; it has timeoutMs, idleTimeoutMs, itemTimeoutMs, parent`,
      );
      expect(text?.split("; it has ")[1]?.split(", ").sort()).toEqual(Object.keys(all).sort());
    }
  });

  test.each([
    ["nothing", null, "the options of a call must be an object, got null"],
    ["a number", 500, "the options of a call must be an object, got 500"],
    ["a controller", { signal: new AbortController() }, "controller.signal, got an AbortController"],
    [
      "a signal of null",
      { signal: null },
      "signal must be an AbortSignal, such as controller.signal, got null",
    ],
    ["a signal that can't be listened to", { signal: { aborted: false } }, "signal must be an AbortSignal"],
    ["compression of another kind", { compression: "br" }, 'compression must be "none" or "gzip"'],
    ["compression of null", { compression: null }, "got null"],
    [
      "onHeader that is none",
      { onHeader: "f" },
      'onHeader must be a function such as (metadata) => {}, got "f"',
    ],
    [
      "onTrailer that is none",
      { onTrailer: {} },
      "onTrailer must be a function such as (metadata) => {}, got an object",
    ],
    ["waitForReady of a number", { waitForReady: 1 }, "waitForReady must be true or false, got 1"],
    [
      "a parent that is a signal",
      { parent: signal },
      "the context of the handler that makes the call, got an AbortSignal",
    ],
    ["a parent without time", { parent: { signal } }, "parent must be the context"],
  ])("are refused: %s", (_what, options, text) => {
    expect(refused(options, kind)).toContain(text);
  });
});

test("an idempotency key is a text of 1 to 255 bytes", () => {
  for (const key of ["", "x".repeat(256), "é".repeat(128), 7, null, Symbol("k")]) {
    expect(refused({ idempotencyKey: key }, "unary")).toContain(
      "idempotencyKey must be a text of 1 to 255 bytes, such as crypto.randomUUID(), got ",
    );
  }
});

test("a span is a positive number", () => {
  for (const ms of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, "5", null, 5n]) {
    for (const name of ["idleTimeoutMs", "itemTimeoutMs"]) {
      expect(refused({ [name]: ms }, "bidi-stream")).toContain(
        `${name} must be a positive number of milliseconds`,
      );
    }
  }
});

test.each<[keyof CallOptions, Kind, unknown, string]>([
  [
    "idempotencyKey",
    "server-stream",
    "k",
    "idempotencyKey is for unary calls, and this one is server-stream",
  ],
  [
    "idempotencyKey",
    "client-stream",
    "k",
    "idempotencyKey is for unary calls, and this one is client-stream",
  ],
  ["idempotencyKey", "bidi-stream", "k", "idempotencyKey is for unary calls, and this one is bidi-stream"],
  ["idleTimeoutMs", "unary", 5, "idleTimeoutMs is for streams, and this call is unary; use timeoutMs"],
  ["itemTimeoutMs", "unary", 5, "itemTimeoutMs is for calls with a stream of answers, and this one is unary"],
  ["itemTimeoutMs", "client-stream", 5, "and this one is client-stream; use timeoutMs"],
])("%s has no meaning for a call that is %s", (name, kind, value, text) => {
  expect(refused({ [name]: value }, kind)).toContain(text);
});
