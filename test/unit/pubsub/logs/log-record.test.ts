import { expect, test } from "vitest";
import { LogLevel, LogRecord } from "../../../../src/gen/heliograph/pubsub/v1/event.js";
import { levelOf, logPatterns, logRecord } from "../../../../src/pubsub/logs/log-record.js";

const origin = { node: "robot", instance: "a1", timeUs: 1_500_000 };

test("a record has who logged what when, values as texts, and the stack of the first error", () => {
  const error = new Error("the disk is full");
  const record = logRecord(
    "warn",
    { path: "/var", size: 7n, error, left: { mb: 1 }, gone: undefined },
    "can't write",
    origin,
  );
  expect(record).toEqual({
    level: LogLevel.LOG_LEVEL_WARN,
    node: "robot",
    instance: "a1",
    timeUs: 1_500_000n,
    message: "can't write",
    fields: new Map([
      ["path", "/var"],
      ["size", "7"],
      ["error", "the disk is full"],
      ["left", '{"mb":1}'],
      ["gone", "undefined"],
    ]),
    stack: error.stack,
  });
  expect(levelOf(record)).toBe("warn");
  expect(levelOf({ level: 9 as LogLevel })).toBeUndefined();
});

test("a record is bounded, whatever is logged", () => {
  const many = Object.fromEntries(
    Array.from({ length: 1_000 }, (_, n) => [`${n}${"x".repeat(10_000)}`, "y".repeat(100_000)]),
  );
  const record = logRecord("error", many, "z".repeat(1_000_000), origin);
  expect(record.message).toHaveLength(4_096);
  expect(record.message.endsWith("…")).toBe(true);
  expect(record.fields.size).toBe(32);
  expect(LogRecord.encode(record).finish().length).toBeLessThan(64 * 1024);
});

test.each([
  [
    "a circle",
    () => {
      const circle: Record<string, unknown> = {};
      circle["self"] = circle;
      return circle;
    },
  ],
  [
    "what throws when it is shown",
    () => ({
      toJSON: () => {
        throw new Error("no");
      },
    }),
  ],
  ["what has no text", () => Object.create(null)],
])("shows %s as far as it can be shown", (_, value) => {
  expect(logRecord("info", { value: value() }, "x", origin).fields.get("value")).toEqual(expect.any(String));
});

test("half a surrogate pair can be sent", () => {
  expect(logRecord("info", { half: "\ud800" }, "\udc00", origin)).toMatchObject({ message: "\ufffd" });
});

test("the subjects of a level are those of all that are louder, too", () => {
  expect(logPatterns("warn")).toEqual(["LOG_LEVEL_WARN/*", "LOG_LEVEL_ERROR/*"]);
  expect(logPatterns("error", "robot")).toEqual(["LOG_LEVEL_ERROR/robot"]);
});
