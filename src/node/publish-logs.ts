import { invalidArgument } from "../core/error.js";
import type { Logger } from "../core/logger.js";
import { type LogLevel, logLevels } from "../pubsub/logs/log-record.js";
import { showValue } from "../wire/show-value.js";
import type { LeveledLogger } from "./log-level.js";

/** Takes what is logged, too. Must not throw. */
export type LogSink = (level: LogLevel, fields: Readonly<Record<string, unknown>>, message: string) => void;

/** Logs as before, and gives all that is logged, whatever the logger's level, to `sink`. */
export function publishingLogger(logger: LeveledLogger, sink: LogSink): LeveledLogger {
  const at =
    (level: LogLevel): Logger[LogLevel] =>
    (fields, message) => {
      logger[level](fields, message);
      sink(level, fields, message);
    };
  return {
    get level() {
      return logger.level;
    },
    set level(level) {
      logger.level = level;
    },
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
  };
}

/** @throws HeliographError INVALID_ARGUMENT that quotes the level and lists them, unless it is one or left out */
export function checkPublishLogs(level: unknown): LogLevel | undefined {
  if (level === undefined) return undefined;
  const known = logLevels.find((each) => each === level);
  if (known !== undefined) return known;
  throw invalidArgument(`publishLogs must be ${logLevels.join(", ")}, or left out, got ${showValue(level)}`);
}
