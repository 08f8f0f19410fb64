import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import type { MessageType } from "../../../src/index.js";
import { within } from "../../support/within.js";
import { framed, messagesOf, NotAMessage } from "./message-stream.js";

/** What is kept of what a program says on standard error. */
const KEPT_CHARS = 2_000;
/** How long a program may take to end once its standard input has. */
const END_MS = 5_000;

/** A program and its arguments. */
export type CommandLine = readonly string[];

/** A child process that takes messages of one type and answers with those of another, until its input ends. */
export class Program<I, O> {
  private readonly role: string;
  private readonly input: MessageType<I>;
  private readonly process: ChildProcessByStdio<Writable, Readable, Readable>;
  private readonly exited: Promise<string>;
  private readonly finished: Promise<void>;
  private closing = false;
  private said = "";

  /**
   * @param role names it in errors: `client` or `server`
   * @param take gets each message that it writes
   * @param fail gets told, once, when it ends too soon or writes something else
   */
  constructor(
    role: string,
    command: CommandLine,
    [input, output]: readonly [MessageType<I>, MessageType<O>],
    take: (message: O) => void,
    fail: (error: Error) => void,
  ) {
    const [file = "", ...args] = command;
    this.role = role;
    this.input = input;
    this.process = spawn(file, args, { stdio: ["pipe", "pipe", "pipe"] });
    this.exited = new Promise((resolve) => {
      this.process.once("error", (error) => resolve(`could not be started: ${error.message}`));
      this.process.once("close", (code, signal) => resolve(`ended (${code ?? signal})`));
    });
    this.process.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.said = (this.said + text).slice(-KEPT_CHARS);
    });
    // What is written to a program that has ended; its end is told elsewhere.
    this.process.stdin.on("error", () => {});
    this.finished = this.read(output, take).catch((error: Error) => {
      this.process.kill("SIGKILL");
      if (!this.closing) fail(error);
    });
  }

  send(message: I): void {
    this.process.stdin.write(framed(this.input, message));
  }

  /** Ends its input and waits until it has ended; kills it when that takes too long. */
  async close(): Promise<void> {
    this.closing = true;
    this.process.stdin.end();
    await within(END_MS, `the ${this.role} program to end`, this.exited).catch(() =>
      this.process.kill("SIGKILL"),
    );
    await this.finished;
  }

  private async read(output: MessageType<O>, take: (message: O) => void): Promise<void> {
    try {
      for await (const message of messagesOf(output, this.process.stdout)) take(message);
    } catch (error) {
      if (!(error instanceof NotAMessage)) throw error;
      throw this.problem(`wrote what is no message to standard output: ${error.message}`);
    }
    const end = await this.exited;
    if (!this.closing) throw this.problem(end);
  }

  private problem(what: string): Error {
    const said = this.said === "" ? "" : `; its last words: ${this.said.trim()}`;
    return new Error(`the ${this.role} program ${what}${said}`);
  }
}
