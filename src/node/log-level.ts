import { invalidArgument } from "../core/error.js";
import { type Logger, verboseStderrLogger } from "../core/logger.js";
import { showValue } from "../wire/show-value.js";

/** The least that is logged: `debug` is all, `silent` nothing. */
export type LogThreshold = "debug" | "info" | "warn" | "error" | "silent";

const levels: readonly LogThreshold[] = ["debug", "info", "warn", "error", "silent"];

/** A logger that can be told at run time how much to say. */
export interface LeveledLogger extends Logger {
  level: LogThreshold;
}

/**
 * Puts a level before a logger.
 *
 * @param logger Default: standard error.
 * @param level Default: `warn`; `debug` for a given logger, which most often has a level of its own.
 * @throws HeliographError INVALID_ARGUMENT that quotes the level
 */
export function leveled(logger?: Logger | undefined, level?: LogThreshold | undefined): LeveledLogger {
  return new Leveled(
    logger ?? verboseStderrLogger,
    checkLogLevel(level ?? (logger === undefined ? "warn" : "debug")),
  );
}

/** @throws HeliographError INVALID_ARGUMENT that quotes the value and lists the levels, unless it is one */
export function checkLogLevel(level: unknown): LogThreshold {
  const known = levels.find((each) => each === level);
  if (known !== undefined) return known;
  throw invalidArgument(`the log level must be ${levels.join(", ")}, got ${showValue(level)}`);
}

class Leveled implements LeveledLogger {
  readonly #logger: Logger;
  #least: number;

  constructor(logger: Logger, level: LogThreshold) {
    this.#logger = logger;
    this.#least = levels.indexOf(level);
  }

  get level(): LogThreshold {
    return levels[this.#least] ?? "silent";
  }

  set level(level: LogThreshold) {
    this.#least = levels.indexOf(checkLogLevel(level));
  }

  // Functions of their own, since handlers take them out of their object: `const { warn } = ctx.logger`.
  readonly debug = this.#at("debug");
  readonly info = this.#at("info");
  readonly warn = this.#at("warn");
  readonly error = this.#at("error");

  #at(level: keyof Logger): Logger[keyof Logger] {
    const rank = levels.indexOf(level);
    return (fields, message) => {
      if (rank >= this.#least) this.#logger[level](fields, message);
    };
  }
}
