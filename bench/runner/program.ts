import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Failure } from "../driver/protocol.js";

/** How a program is started: the executable and its arguments. */
export type Command = readonly [executable: string, ...args: string[]];

/**
 * A measured program that speaks the driver's protocol. It ends when its standard input does,
 * and so when the runner is killed, too.
 */
export class Program implements AsyncDisposable {
  readonly #name: string;
  readonly #child: ChildProcess;
  readonly #answers: AsyncIterator<string>;
  readonly #ended: Promise<string>;

  constructor(name: string, command: Command) {
    const [executable, ...args] = command;
    this.#name = name;
    // Nobody pays for discovery who is not measured for it, and no run meets another one.
    const env = { ...process.env, HELIOGRAPH_REGISTRY: "off" };
    this.#child = spawn(executable, args, { stdio: ["pipe", "pipe", "inherit"], env });
    this.#ended = new Promise((resolve) => {
      this.#child.once("error", (error) => resolve(error.message));
      this.#child.once("exit", (code, signal) => resolve(`ended with ${signal ?? `status ${code}`}`));
    });
    this.#child.stdin!.on("error", () => {});
    this.#answers = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
  }

  /** The next answer. Rejects when it is a failure, when there is none in time, or when the program has ended. */
  async next<T>(withinMs: number): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`${this.#name}: no answer in ${withinMs} ms`)), withinMs);
    });
    try {
      const line = await Promise.race([this.#answers.next(), late]);
      if (line.done) throw new Error(`${this.#name}: ${await this.#ended}`);
      const answer = JSON.parse(line.value) as T | Failure;
      if (isFailure(answer)) throw new Error(`${this.#name}: ${answer.error}`);
      return answer;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Sends an order and gives its answer. */
  ask<T>(order: object, withinMs: number): Promise<T> {
    this.#child.stdin!.write(`${JSON.stringify(order)}\n`);
    return this.next<T>(withinMs);
  }

  /** Ends the program; by force if it takes more than three seconds. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.stdin!.end();
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), 3_000);
    await this.#ended;
    clearTimeout(timer);
  }
}

function isFailure(answer: unknown): answer is Failure {
  return typeof answer === "object" && answer !== null && "error" in answer;
}
