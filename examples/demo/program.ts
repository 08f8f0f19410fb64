import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const examples = fileURLToPath(new URL("../", import.meta.url));
const running = new Set<ChildProcess>();

/** Nothing outlives the demo, however it ends. */
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A program in a process of its own. */
export interface Program {
  readonly name: string;
  readonly pid: number | undefined;
  /** What it prints, line by line. */
  readonly lines: AsyncIterableIterator<string>;
  readonly ended: Promise<Ended>;
  terminate(): void;
}

export interface Server extends Program {
  readonly endpoint: string;
}

/** Starts one of the examples' files: TypeScript with Node, Python with `python`. */
export function start(file: string, args: readonly string[] = [], python = "python3"): Program {
  const path = `${examples}${file}`;
  const [program, ...before] = file.endsWith(".py") ? [python] : [process.execPath, "--import", "tsx"];
  const child = spawn(program, [...before, path, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  running.add(child);
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      running.delete(child);
      resolve({ code, signal });
    });
  });
  // Looked at later; until then a failure to start is no unhandled rejection.
  ended.catch(() => {});
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return { name: file, pid: child.pid, lines, ended, terminate: () => child.kill("SIGTERM") };
}

/** Starts a server and waits for the line that tells where it listens. */
export async function startServer(file: string, args: readonly string[] = []): Promise<Server> {
  const program = start(file, args);
  const first = await program.lines.next();
  if (first.done) throw new Error(`${file} did not start: ${describe(await program.ended)}`);
  const { endpoint } = JSON.parse(first.value) as { endpoint: string };
  return { ...program, endpoint };
}

/** Whether a Python with pyzmq is there. */
export async function hasPyzmq(python: string): Promise<boolean> {
  const child = spawn(python, ["-c", "import zmq"], { stdio: "ignore" });
  try {
    const [code] = await once(child, "close");
    return code === 0;
  } catch {
    return false;
  }
}

export function describe({ code, signal }: Ended): string {
  return signal === null ? `it ended with status ${code}` : `it was ended by ${signal}`;
}
