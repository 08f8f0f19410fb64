import { HeliographError } from "./error.js";

/** Where the kit writes what nobody is there to be told. pino and console fit. */
export interface Logger {
  debug(fields: Readonly<Record<string, unknown>>, message: string): void;
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
}

/** All there is on standard error, one line each and an error's stack below it. */
export const verboseStderrLogger: Logger = {
  debug: (fields, message) => write("debug", fields, message),
  info: (fields, message) => write("info", fields, message),
  warn: (fields, message) => write("warn", fields, message),
  error: (fields, message) => write("error", fields, message),
};

/** Warnings and errors on standard error, as above; the rest is dropped. */
export const stderrLogger: Logger = { ...verboseStderrLogger, debug() {}, info() {} };

function write(level: string, fields: Readonly<Record<string, unknown>>, message: string): void {
  const parts: string[] = [];
  let stack = "";
  for (const [key, value] of Object.entries(fields)) {
    if (value instanceof Error) {
      parts.push(`${key}=${value.message}`);
      stack += stackOf(value);
    } else parts.push(`${key}=${String(value)}`);
  }
  process.stderr.write(
    `heliograph ${level}: ${message}${parts.length > 0 ? ` (${parts.join(" ")})` : ""}\n${stack}`,
  );
}

/** The stack of the error that was first: that of a handler's own fault, not of what was made of it. */
function stackOf(error: Error): string {
  let first = error;
  while (first.cause instanceof Error && first.cause !== first) first = first.cause;
  // An error of this kit without a cause tells all there is to know in its message.
  return first instanceof HeliographError ? "" : `${first.stack ?? String(first)}\n`;
}
