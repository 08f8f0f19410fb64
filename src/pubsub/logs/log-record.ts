import { LogLevel as Level, LogRecord } from "../../gen/heliograph/pubsub/v1/event.js";

/** How loud a record is. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** Levels, the quietest first. */
export const logLevels: readonly LogLevel[] = ["debug", "info", "warn", "error"];

const numbers: Readonly<Record<LogLevel, Level>> = {
  debug: Level.LOG_LEVEL_DEBUG,
  info: Level.LOG_LEVEL_INFO,
  warn: Level.LOG_LEVEL_WARN,
  error: Level.LOG_LEVEL_ERROR,
};

/** What travels of one record, at most: so many fields, and so many characters of each text. */
const MAX_FIELDS = 32;
const MAX_NAME = 128;
const MAX_VALUE = 1_024;
const MAX_MESSAGE = 4_096;
const MAX_STACK = 8_192;

/** Who logs, and when. */
export interface LogOrigin {
  readonly node: string;
  readonly instance: string;
  /** In microseconds since 1970. */
  readonly timeUs: number;
}

/**
 * What a logger was given, as it travels. Values become texts, errors their messages, and `stack` is that of the first
 * error. What is longer than is sent is cut, and ends with `…`.
 */
export function logRecord(
  level: LogLevel,
  fields: Readonly<Record<string, unknown>>,
  message: string,
  { node, instance, timeUs }: LogOrigin,
): LogRecord {
  const texts = new Map<string, string>();
  let stack = "";
  for (const name in fields) {
    if (texts.size >= MAX_FIELDS) break;
    const value = fields[name];
    if (value instanceof Error && stack === "") stack = cut(String(value.stack ?? ""), MAX_STACK);
    texts.set(cut(name, MAX_NAME), cut(textOf(value), MAX_VALUE));
  }
  return LogRecord.create({
    level: numbers[level],
    node,
    instance,
    timeUs: BigInt(timeUs),
    message: cut(String(message), MAX_MESSAGE),
    fields: texts,
    stack,
  });
}

/** The level of a record; undefined for one that this kit does not know. */
export function levelOf({ level }: Pick<LogRecord, "level">): LogLevel | undefined {
  return logLevels.find((each) => numbers[each] === level);
}

/**
 * The subjects of records that are at least so loud.
 *
 * @param node of this node alone
 */
export function logPatterns(least: LogLevel, node = "*"): string[] {
  return logLevels.slice(logLevels.indexOf(least)).map((level) => `LOG_LEVEL_${level.toUpperCase()}/${node}`);
}

function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  try {
    if (value instanceof Error) return String(value.message);
    if (typeof value !== "object" || value === null) return String(value);
    return JSON.stringify(value) ?? String(value);
  } catch {
    return "(can't be shown)";
  }
}

function cut(text: string, most: number): string {
  return (text.length > most ? `${text.slice(0, most - 1)}…` : text).toWellFormed();
}
