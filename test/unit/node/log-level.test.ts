import { afterEach, expect, test, vi } from "vitest";
import type { Logger } from "../../../src/core/logger.js";
import {
  checkLogLevel,
  type LeveledLogger,
  type LogThreshold,
  leveled,
} from "../../../src/node/log-level.js";

const all: LogThreshold[] = ["debug", "info", "warn", "error", "silent"];

/** As pino's, its methods need their object. */
class Noting implements Logger {
  readonly lines: string[] = [];
  debug = this.#note("debug");
  info = this.#note("info");
  warn = this.#note("warn");
  error = this.#note("error");

  #note(level: string) {
    return function (this: Noting, fields: Readonly<Record<string, unknown>>, message: string) {
      this.lines.push(`${level} ${message} ${Object.keys(fields).join()}`);
    };
  }
}

function sayAll(logger: LeveledLogger): void {
  for (const level of ["debug", "info", "warn", "error"] as const) logger[level]({ field: 1 }, "said");
}

afterEach(() => {
  vi.restoreAllMocks();
});

test.each(all.map((level, least) => [level, least] as const))(
  "at %s all from it on is logged",
  (level, least) => {
    const noting = new Noting();
    sayAll(leveled(noting, level));
    expect(noting.lines).toEqual(all.slice(least, 4).map((each) => `${each} said field`));
  },
);

test("the level can be changed at any time", () => {
  const noting = new Noting();
  const logger = leveled(noting, "error");
  expect(logger.level).toBe("error");
  sayAll(logger);
  logger.level = "info";
  expect(logger.level).toBe("info");
  sayAll(logger);
  logger.level = "silent";
  sayAll(logger);
  expect(noting.lines).toEqual(["error", "info", "warn", "error"].map((each) => `${each} said field`));
});

test("a given logger gets all, standard error only warnings and errors, unless a level says otherwise", () => {
  const written = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  expect(leveled(new Noting()).level).toBe("debug");
  const logger = leveled();
  expect(logger.level).toBe("warn");
  sayAll(logger);
  logger.level = "debug";
  logger.debug({ peer: "a" }, "now shown");
  expect(written.mock.calls.map(([line]) => line)).toEqual([
    "heliograph warn: said (field=1)\n",
    "heliograph error: said (field=1)\n",
    "heliograph debug: now shown (peer=a)\n",
  ]);
});

test("functions of the logger can be taken out of it", () => {
  const noting = new Noting();
  const { warn } = leveled(noting);
  warn({}, "alone");
  expect(noting.lines).toEqual(["warn alone "]);
});

test.each(["loud", "WARN", 3, undefined, "toString"])(
  "%j is no level, and is refused with those that exist",
  (level) => {
    const refused = expect.objectContaining({
      reason: "BAD_OPTION",
      message: expect.stringContaining("debug, info, warn, error, silent"),
    });
    expect(() => checkLogLevel(level)).toThrow(refused);
    const logger = leveled(new Noting(), "info");
    expect(() => {
      logger.level = level as LogThreshold;
    }).toThrow(refused);
    expect(logger.level).toBe("info");
  },
);
