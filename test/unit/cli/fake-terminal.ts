import { Readable } from "node:stream";
import { colours } from "../../../src/cli/output/colours.js";
import { jsonText } from "../../../src/cli/output/json-text.js";
import type { Terminal } from "../../../src/cli/output/terminal.js";
import { run } from "../../../src/cli/program.js";

/** How a command line ended. */
export interface Outcome {
  readonly code: number;
  readonly out: readonly string[];
  readonly err: readonly string[];
}

export interface FakeTerminal extends Terminal {
  readonly out: string[];
  readonly err: string[];
  /** Presses Ctrl+C. */
  interrupt(): void;
  /** Resolves when a line was printed that fits; at once when there is one. */
  printed(fits: RegExp | ((line: string) => boolean)): Promise<string>;
}

/** A terminal without a process. */
export function fakeTerminal(
  env: Readonly<Record<string, string>> = {},
  input: string | undefined = undefined,
): FakeTerminal {
  const end = new AbortController();
  const out: string[] = [];
  const err: string[] = [];
  const waiting = new Set<() => void>();
  const write = (to: string[], text: string) => {
    to.push(...text.split("\n"));
    for (const look of [...waiting]) look();
  };
  return {
    out,
    err,
    print: (line) => write(out, line),
    json: (value) => write(out, jsonText(value)),
    note: (line) => write(err, line),
    colours: colours(false),
    noteColours: colours(false),
    interactive: false,
    width: undefined,
    env,
    input: Readable.from(input === undefined ? [] : [input]),
    interrupted: () => end.signal,
    interrupt: () => end.abort(),
    printed: (fits) =>
      new Promise((resolve) => {
        const look = () => {
          const line = out.find((each) => (fits instanceof RegExp ? fits.test(each) : fits(each)));
          if (line === undefined) return;
          waiting.delete(look);
          resolve(line);
        };
        waiting.add(look);
        look();
      }),
  };
}

/** Runs a command line in this process, to its end. */
export async function helio(...args: readonly string[]): Promise<Outcome> {
  const terminal = fakeTerminal();
  const code = await run(args, terminal);
  return { code, out: terminal.out, err: terminal.err };
}
