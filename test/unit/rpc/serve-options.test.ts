import { expect, test } from "vitest";
import { checkServeOptions, type ServeOptions } from "../../../src/rpc/serve-options.js";

/** A value of a type that only plain JavaScript lets through. */
const wrong = (options: unknown) => options as ServeOptions;

test("options of serve() may be left out, undefined, or sensible", () => {
  const options: ServeOptions[] = [
    {},
    { compression: undefined, idleTimeoutMs: undefined, idempotency: undefined },
    { compression: "none", idleTimeoutMs: 0.5, idempotency: {} },
    { compression: "gzip", idempotency: { windowMs: undefined, maxBytes: undefined } },
    { idempotency: { windowMs: 1, maxBytes: 1024 } },
  ];
  for (const each of options) expect(() => checkServeOptions(each)).not.toThrow();
});

test.each<[string, ServeOptions]>([
  ['serve() has no option "compress"; it has endpoint, interceptors', wrong({ compress: "gzip" })],
  ['compression must be "none" or "gzip"', wrong({ compression: "br" })],
  ['got "br"', wrong({ compression: "br" })],
  ["got null", wrong({ compression: null })],
  ["idleTimeoutMs must be a positive number of milliseconds, got 0", { idleTimeoutMs: 0 }],
  ["idleTimeoutMs must be a positive number of milliseconds, got Infinity", { idleTimeoutMs: 1 / 0 }],
  ['idleTimeoutMs must be a positive number of milliseconds, got "5"', wrong({ idleTimeoutMs: "5" })],
  ["idempotency must be an object such as { windowMs: 300000 }, got true", wrong({ idempotency: true })],
  ["idempotency must be an object such as { windowMs: 300000 }, got null", wrong({ idempotency: null })],
  ['idempotency has no option "window"; it has windowMs, maxBytes', wrong({ idempotency: { window: 1 } })],
  [
    "idempotency.windowMs must be a positive number of milliseconds, got -1",
    { idempotency: { windowMs: -1 } },
  ],
  [
    "idempotency.maxBytes must be a whole number of at least 1024, got 1023",
    { idempotency: { maxBytes: 1023 } },
  ],
  [
    "idempotency.maxBytes must be a whole number of at least 1024, got 2048.5",
    { idempotency: { maxBytes: 2048.5 } },
  ],
  [
    'idempotency.maxBytes must be a whole number of at least 1024, got "1MB"',
    wrong({ idempotency: { maxBytes: "1MB" } }),
  ],
])("%s", (text, options) => {
  expect(() => checkServeOptions(options)).toThrow(text);
});
