import { HeliographError } from "../core/error.js";

/** What a verb ends with when it can't do its work: one clear line per problem, and more for `--verbose`. */
export class Failure extends Error {
  readonly lines: readonly string[];
  readonly details: string | undefined;

  constructor(lines: string | readonly string[], details?: string) {
    const list = typeof lines === "string" ? [lines] : lines;
    super(list.join("\n"));
    this.name = "Failure";
    this.lines = list;
    this.details = details;
  }
}

/** A command line that can't be meant: exit code 2. */
export class UsageError extends Failure {}

/** What is wrong with one of several things, where a verb goes on with the others. Throws what is none of their faults. */
export function troubleLines(error: unknown): readonly string[] {
  if (error instanceof Failure) return error.lines;
  if (error instanceof HeliographError) return [error.rawMessage];
  throw error;
}
