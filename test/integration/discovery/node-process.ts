import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { inject } from "vitest";
import { until, within } from "../../support/within.js";
import type { NodeCommands } from "./node-commands.js";

/** Many processes may start at once, on a machine that has other things to do. */
const START_MS = 45_000;

type Told = { [K in keyof NodeCommands]: Remote<NodeCommands[K]> };
type Remote<F> = F extends (...args: infer A) => infer R ? (...args: A) => Promise<R> : never;

/** A process of its own, which makes nodes and does with them what it is told. */
export interface NodeProcess extends AsyncDisposable {
  readonly process: ChildProcess;
  /** Each command rejects when the process ends before it has answered. */
  readonly tell: Told;
  /** Resolves with the exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
  /** Sends a signal; resolves at once but for SIGSTOP, which takes effect first. */
  signal(signal: NodeJS.Signals): Promise<void>;
}

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

/**
 * Starts one; it has no nodes yet.
 *
 * @param inside a command that runs another one, such as `ip netns exec a`
 */
export async function startProcess(inside: readonly string[] = []): Promise<NodeProcess> {
  const [command = process.execPath, ...args] = [...inside, process.execPath, inject("nodeProgram")];
  const stdio: StdioOptions = ["ignore", "inherit", "inherit", "ipc"];
  return new ToldProcess(spawn(command, args, { stdio })).started();
}

class ToldProcess implements NodeProcess {
  readonly process: ChildProcess;
  readonly ended: Promise<number | string>;
  readonly tell: Told;
  private readonly waiting = new Map<number, (answer: Answer) => void>();
  private id = 0;

  constructor(child: ChildProcess) {
    this.process = child;
    this.ended = new Promise((resolve) => {
      child.once("exit", (code, signal) => {
        resolve(code ?? signal ?? "");
        for (const [id, answered] of this.waiting) answered({ id, error: `it ended (${code ?? signal})` });
      });
    });
    child.on("message", (answer: Answer) => {
      this.waiting.get(answer.id)?.(answer);
      this.waiting.delete(answer.id);
    });
    this.tell = {
      serve: (options) => this.ask("serve", options),
      registry: (options) => this.ask("registry", options),
      call: (options) => this.ask("call", options),
      tally: () => this.ask("tally"),
      stats: () => this.ask("stats"),
      list: (options) => this.ask("list", options),
      grind: (options) => this.ask("grind", options),
      change: () => this.ask("change"),
      close: () => this.ask("close"),
    };
  }

  async started(): Promise<this> {
    const { error } = await within(START_MS, "a process to start", this.answer(0));
    if (error !== undefined) throw new Error(`a process could not be started: ${error}`);
    return this;
  }

  async signal(signal: NodeJS.Signals): Promise<void> {
    this.process.kill(signal);
    if (signal === "SIGSTOP") await until(20_000, "the process to stand still", () => this.stopped);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.process.exitCode === null && this.process.signalCode === null) this.process.kill("SIGKILL");
    await this.ended;
  }

  private get stopped(): boolean {
    return /^State:\s+T/m.test(readFileSync(`/proc/${this.process.pid}/status`, "utf8"));
  }

  private async ask<T>(name: keyof NodeCommands, argument: object = {}): Promise<T> {
    this.id++;
    const { id } = this;
    const answered = this.answer(id);
    this.process.send({ id, name, argument });
    const { result, error } = await within(START_MS, `an answer to ${name}`, answered);
    if (error !== undefined) throw new Error(`${name}: ${error}`);
    return result as T;
  }

  private answer(id: number): Promise<Answer> {
    return new Promise((resolve) => this.waiting.set(id, resolve));
  }
}
