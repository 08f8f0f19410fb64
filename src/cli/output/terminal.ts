import process from "node:process";
import { type Colours, colours, wantsColours } from "./colours.js";
import { jsonText } from "./json-text.js";

/** Where a verb reads and writes, so that tests need no process. */
export interface Terminal {
  /** Writes a line to standard output. */
  print(line: string): void;
  /** Writes a value as a line of JSON. */
  json(value: unknown): void;
  /** Writes a line to standard error: what is said beside the result. */
  note(line: string): void;
  /** For `print`. */
  readonly colours: Colours;
  /** For `note`. */
  readonly noteColours: Colours;
  /** Whether a person reads standard output, as far as one can tell. */
  readonly interactive: boolean;
  /** Of the terminal, in characters; undefined when standard output is none. */
  readonly width: number | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly input: NodeJS.ReadableStream;
  /**
   * Fires when the user presses Ctrl+C, the process is asked to end, or nobody reads standard output any more; of the
   * latter, a `ReaderGone` is the reason. Once it was asked for, only a second Ctrl+C ends the process by itself.
   */
  interrupted(): AbortSignal;
}

/** Who has read what was printed has seen enough: an end like any other. */
export class ReaderGone extends Error {}

/** Exit code of a program that was interrupted twice, as shells count it. */
const INTERRUPTED = 130;
/** One press of Ctrl+C may arrive twice: from the terminal, and passed on by a parent such as `npx`. */
const SAME_SIGNAL_MS = 200;

/** The terminal of this process. */
export function processTerminal(): Terminal {
  const { stdout, stderr, env } = process;
  const end = new AbortController();
  let listening = false;
  // `helio watch | head` closes the pipe: that is an end like any other.
  stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    end.abort(new ReaderGone());
  });
  return {
    print: (line) => void stdout.write(`${line}\n`),
    json: (value) => void stdout.write(`${jsonText(value)}\n`),
    note: (line) => void stderr.write(`${line}\n`),
    colours: colours(wantsColours(env, stdout.isTTY)),
    noteColours: colours(wantsColours(env, stderr.isTTY)),
    interactive: stdout.isTTY,
    width: stdout.isTTY ? stdout.columns : undefined,
    env,
    get input() {
      return process.stdin;
    },
    interrupted() {
      if (!listening) onInterrupt(() => end.abort());
      listening = true;
      return end.signal;
    },
  };
}

function onInterrupt(told: () => void): void {
  let askedAt: number | undefined;
  const stop = () => {
    const now = performance.now();
    if (askedAt !== undefined && now - askedAt > SAME_SIGNAL_MS) process.exit(INTERRUPTED);
    askedAt ??= now;
    told();
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
}
