import type { LogRecord } from "../../gen/heliograph/pubsub/v1/event.js";
import { type LogLevel, levelOf } from "../../pubsub/logs/log-record.js";
import type { Colours } from "../output/colours.js";
import { printable } from "../output/printable.js";
import { timeOfDay } from "../output/units.js";

const hues: Readonly<Record<LogLevel, "dim" | "green" | "yellow" | "red">> = {
  debug: "dim",
  info: "green",
  warn: "yellow",
  error: "red",
};

/** A record as JSON shows it. */
export function recordJson(record: LogRecord, history: boolean): object {
  const { node, instance, message, fields, stack } = record;
  return {
    time: timeOf(record).toISOString(),
    level: levelOf(record) ?? String(record.level),
    node,
    instance,
    message,
    fields: Object.fromEntries(fields),
    ...(stack === "" ? {} : { stack }),
    history,
  };
}

/** A record as lines: when, how loud, who, what, with which values; and below it the stack, if it has one. */
export function recordLines(record: LogRecord, colours: Colours): string[] {
  const level = levelOf(record);
  const name = (level ?? String(record.level)).toUpperCase().padEnd(5);
  const values = [...record.fields].map(([key, value]) => printable(`${key}=${value}`));
  const parts = [
    colours.dim(timeOfDay(timeOf(record))),
    level === undefined ? printable(name) : colours[hues[level]](name),
    colours.bold(printable(record.node)),
    printable(record.message),
    colours.dim(values.join(" ")),
  ];
  const stack = record.stack === "" ? [] : record.stack.split("\n");
  return [
    parts.filter((part) => part !== "").join("  "),
    ...stack.map((line) => colours.dim(`    ${printable(line)}`)),
  ];
}

function timeOf({ timeUs }: LogRecord): Date {
  return new Date(Number(timeUs / 1_000n));
}
