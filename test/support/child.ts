import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { inject } from "vitest";
import { within } from "./within.js";

/** Many may start at once, on a machine that has other things to do. */
const START_MS = 45_000;

/** A process that a test has started, with a program of this folder in it. */
export interface Child extends AsyncDisposable {
  readonly process: ChildProcess;
  /** What the program reported when it was ready. */
  readonly hello: ChildReport;
  /** Waits for the program's next report of this kind. */
  report(kind: string, withinMs?: number): Promise<ChildReport>;
  /** Sends a command and waits for the report of the same kind. */
  ask(kind: string, withinMs?: number): Promise<ChildReport>;
  /** Ends it with a signal, and waits until it is gone. */
  kill(signal?: NodeJS.Signals): Promise<void>;
}

/** One report: `kind`, and whatever that kind says. */
export interface ChildReport {
  readonly kind: string;
  readonly endpoint?: string;
  readonly rss?: number;
  readonly maxRss?: number;
  readonly heapUsed?: number;
  readonly external?: number;
  readonly served?: number;
  readonly running?: number;
  readonly cancelled?: number;
  readonly peers?: number;
  readonly fds?: number;
  readonly faults?: readonly string[];
  /** Of a `fault`: why a session was ended. */
  readonly text?: string;
}

/** Programs that tests start, compiled; where there is no such folder, each start compiles its sources. */
const compiled = inject("childPrograms");

/** Starts `test/support/<program>.ts` with its options as JSON, and waits until it reports `ready`. */
export async function startChild(program: string, options: object = {}): Promise<Child> {
  const file =
    compiled === undefined
      ? fileURLToPath(new URL(`./${program}.ts`, import.meta.url))
      : join(compiled, `${program}.js`);
  const loader = compiled === undefined ? ["--import", "tsx"] : [];
  const child = fork(file, [JSON.stringify(options)], {
    execArgv: [...loader, "--expose-gc"],
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const report = (kind: string, withinMs = START_MS) =>
    within(
      withinMs,
      `${program} to report ${kind}`,
      new Promise<ChildReport>((resolve, reject) => {
        const onMessage = (message: unknown) => {
          if (!isReport(message) || message.kind !== kind) return;
          child.off("message", onMessage);
          child.off("exit", onExit);
          resolve(message);
        };
        const onExit = (code: number | null, signal: string | null) =>
          reject(new Error(`${program} ended (${code ?? signal}) before it reported ${kind}`));
        child.on("message", onMessage);
        child.once("exit", onExit);
      }),
    );
  const kill = async (signal: NodeJS.Signals = "SIGKILL") => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    await gone;
  };
  return {
    process: child,
    hello: await report("ready"),
    report,
    async ask(kind, withinMs) {
      const answer = report(kind, withinMs);
      child.send({ kind });
      return answer;
    },
    kill,
    [Symbol.asyncDispose]: () => kill(),
  };
}

function isReport(message: unknown): message is ChildReport {
  return typeof message === "object" && message !== null && "kind" in message;
}
