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
