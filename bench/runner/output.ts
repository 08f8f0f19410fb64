/** One line on how far it has got; standard output is for results alone. */
export function progress(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** A result, on standard output. */
export function result(line: string): void {
  process.stdout.write(`${line}\n`);
}
