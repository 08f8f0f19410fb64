/** Where the kit writes what nobody is there to be told. pino and console fit. */
export interface Logger {
  debug(fields: Readonly<Record<string, unknown>>, message: string): void;
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
}

/** Warnings and errors as one line each on standard error; the rest is dropped. */
export const stderrLogger: Logger = {
  debug() {},
  info() {},
  warn: (fields, message) => write("warn", fields, message),
  error: (fields, message) => write("error", fields, message),
};

function write(level: string, fields: Readonly<Record<string, unknown>>, message: string): void {
  const parts = Object.entries(fields).map(
    ([key, value]) => `${key}=${value instanceof Error ? value.message : value}`,
  );
  process.stderr.write(`heliograph ${level}: ${message}${parts.length > 0 ? ` (${parts.join(" ")})` : ""}\n`);
}
