import { type ChildProcess, type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";

const at = (file: string) => fileURLToPath(new URL(file, import.meta.url));
const running = new Set<ChildProcess>();

process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** A process that serves one of the services: `oven-1` runs `oven.ts`. */
export class Worker {
  readonly name: string;
  readonly service: string;
  readonly number: number;
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;
  readonly #ended: Promise<unknown[]>;
  /** Lets it go on once its input ends, by `goOn` or with this process, however that comes about. */
  #waker: ChildProcessByStdio<Writable, null, null> | undefined;
  #expected = false;

  /** @param onEnd called when it ends and nobody wanted it */
  constructor(name: string, onEnd: (error: Error) => void) {
    const [service = "", number] = name.split("-");
    this.name = name;
    this.service = service;
    this.number = Number(number);
    const args = ["--import", "tsx", "--import", at("leash.ts"), at(`${service}.ts`), name];
    // In a group of its own, so that Ctrl-C is for main.ts alone. What it logs is part of the story.
    this.#child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", process.stdout], detached: true });
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
    running.add(this.#child);
    this.#ended = once(this.#child, "exit");
    this.#ended.then(([code, signal]) => {
      running.delete(this.#child);
      this.#waker?.stdin.end();
      if (!this.#expected) onEnd(new Error(`${this} ended by itself: ${code ?? signal}`));
    }, onEnd);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  toString(): string {
    return `${this.name} (${this.pid})`;
  }

  /** Resolves once it can be called. */
  async ready(): Promise<void> {
    const { done } = await this.#lines.next();
    if (done) throw new Error(`${this} did not open`);
  }

  /** No farewell; nothing is put away. */
  async kill(): Promise<void> {
    this.#expected = true;
    this.#child.kill("SIGKILL");
    await this.#ended;
  }

  /** It is there, and does nothing. */
  hang(): void {
    // Stopped, it does not notice that its leash is cut.
    const script = 'cat; kill -CONT "$0"';
    this.#waker = spawn("sh", ["-c", script, String(this.pid)], {
      stdio: ["pipe", "ignore", "ignore"],
      detached: true,
    });
    this.#child.kill("SIGSTOP");
  }

  goOn(): void {
    this.#child.kill("SIGCONT");
    this.#waker?.stdin.end();
  }

  /** It takes nothing new, and ends when it has done what it had begun; gives its exit code. */
  async dismiss(): Promise<unknown> {
    this.#expected = true;
    this.#child.kill("SIGCONT");
    this.#child.kill("SIGTERM");
    const [code] = await this.#ended;
    return code;
  }
}
