import { ServerCommand, ServerReply, type ServerStart } from "../../gen/heliograph/conformance/v1/runner.js";
import { within } from "../../support/within.js";
import { type CommandLine, Program } from "./program.js";

interface Waiting {
  readonly resolve: (reply: ServerReply) => void;
  readonly reject: (error: Error) => void;
}

/** A server program under test: one process, in which servers are started. */
export class ServerProgram {
  private readonly program: Program<ServerCommand, ServerReply>;
  private readonly timeoutMs: number;
  /** In the order of the commands. */
  private readonly waiting: Waiting[] = [];
  private failure: Error | undefined;

  /** @param timeoutMs how long it may take for a command */
  constructor(command: CommandLine, timeoutMs: number) {
    this.timeoutMs = timeoutMs;
    this.program = new Program(
      "server",
      command,
      [ServerCommand, ServerReply],
      (reply) => this.waiting.shift()?.resolve(reply),
      (error) => this.fail(error),
    );
  }

  /** The endpoint of a new server. Rejects when there is none: that took too long, or the program has ended. */
  async start(start: ServerStart): Promise<string> {
    const reply = await this.ask(`listen at ${start.endpoint}`, { $case: "start", value: start });
    if (reply?.$case === "endpoint") return reply.value;
    throw new Error(`the server program can't listen at ${start.endpoint}: ${reply?.value ?? "no reason"}`);
  }

  /** How many handlers run. */
  async countHandlers(): Promise<number> {
    const reply = await this.ask("count its handlers", { $case: "countHandlers", value: true });
    if (reply?.$case === "runningHandlers") return reply.value;
    throw new Error(`the server program can't count its handlers: ${reply?.value ?? "no reason"}`);
  }

  close(): Promise<void> {
    return this.program.close();
  }

  private async ask(what: string, command: ServerCommand["command"]): Promise<ServerReply["reply"]> {
    if (this.failure !== undefined) throw this.failure;
    const answer = new Promise<ServerReply>((resolve, reject) => this.waiting.push({ resolve, reject }));
    this.program.send({ command });
    const { reply } = await within(this.timeoutMs, `the server program to ${what}`, answer);
    return reply;
  }

  private fail(error: Error): void {
    this.failure = error;
    for (const { reject } of this.waiting) reject(error);
  }
}
