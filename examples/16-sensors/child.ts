import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const at = (file: string) => fileURLToPath(new URL(file, import.meta.url));
const running = new Set<ChildProcess>();

process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** One of the files here in a process of its own. */
export class Child {
  /** Gives its exit code. */
  readonly ended: Promise<unknown>;
  readonly #process: ChildProcess;

  /** @param onLine gets what it prints */
  constructor(file: string, args: readonly string[], onLine: (line: string) => void) {
    const flags = ["--import", "tsx", "--import", at("../15-bakery/leash.ts"), at(file)];
    // In a group of its own, so that Ctrl-C is for main.ts alone.
    const child = spawn(process.execPath, [...flags, ...args], {
      stdio: ["pipe", "pipe", "inherit"],
      detached: true,
    });
    running.add(child);
    createInterface({ input: child.stdout }).on("line", onLine);
    this.#process = child;
    this.ended = once(child, "close").then(([code]) => {
      running.delete(child);
      return code;
    });
  }

  terminate(): void {
    this.#process.kill("SIGTERM");
  }
}
