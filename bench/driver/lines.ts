import { createInterface } from "node:readline";

/** Writes one answer to the runner. */
export function answer(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** The runner's orders, until it closes the program's standard input. */
export async function* orders(): AsyncGenerator<unknown, void> {
  for await (const line of createInterface({ input: process.stdin })) yield JSON.parse(line);
}

/** Tells the runner what went wrong, and ends the program with status 1. */
export function fail(error: unknown): never {
  answer({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  process.exit(1);
}
