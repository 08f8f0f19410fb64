import { type ChildProcess, fork } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { inject } from "vitest";
import { until, within } from "../../support/within.js";
import type { TopicCommands } from "./topic-commands.js";

/** Many may start at once, on a machine that has other things to do. */
const START_MS = 45_000;

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

/** A process of its own, which publishes or subscribes as it is told. */
export class TopicProcess implements AsyncDisposable {
  private readonly child: ChildProcess;
  private readonly ended: Promise<void>;
  private readonly waiting = new Map<number, (answer: Answer) => void>();
  private id = 0;

  constructor(child: ChildProcess) {
    this.child = child;
    this.ended = new Promise((resolve) => {
      child.once("exit", (code, signal) => {
        resolve();
        for (const [id, answered] of this.waiting) answered({ id, error: `it ended (${code ?? signal})` });
      });
    });
    child.on("message", (answer: Answer) => {
      this.waiting.get(answer.id)?.(answer);
      this.waiting.delete(answer.id);
    });
  }

  async started(): Promise<this> {
    const { error } = await within(START_MS, "a process to start", this.answer(0));
    if (error !== undefined) throw new Error(`a process could not be started: ${error}`);
    return this;
  }

  /** Rejects when the process ends before it has answered. */
  async tell<K extends keyof TopicCommands>(
    name: K,
    argument: Parameters<TopicCommands[K]>[0],
  ): Promise<ReturnType<TopicCommands[K]>> {
    this.id++;
    const { id } = this;
    const answered = this.answer(id);
    this.child.send({ id, name, argument });
    const { result, error } = await within(START_MS, `an answer to ${name}`, answered);
    if (error !== undefined) throw new Error(`${name}: ${error}`);
    return result as ReturnType<TopicCommands[K]>;
  }

  /** Resolves when it stands still. */
  async stop(): Promise<void> {
    this.child.kill("SIGSTOP");
    const status = `/proc/${this.child.pid}/status`;
    await until(20_000, "the process to stand still", () =>
      /^State:\s+T/m.test(readFileSync(status, "utf8")),
    );
  }

  goOn(): void {
    this.child.kill("SIGCONT");
  }

  /** Resolves when it is gone, without having had a say in it. */
  async kill(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill("SIGKILL");
    await this.ended;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }

  private answer(id: number): Promise<Answer> {
    return new Promise((resolve) => this.waiting.set(id, resolve));
  }
}

/** Starts one that has nothing to do yet. */
export function startTopicProcess(): Promise<TopicProcess> {
  const compiled = inject("childPrograms");
  if (compiled === undefined) throw new Error("tests with topic programs are among the measured ones");
  const program = join(compiled, "../integration/topics/topic-program.js");
  return new TopicProcess(fork(program, { stdio: ["ignore", "inherit", "inherit", "ipc"] })).started();
}
