import { ServerReady, ServerStart } from "../../gen/heliograph/conformance/v1/runner.js";
import { within } from "../../support/within.js";
import { type CommandLine, Program } from "./program.js";

interface Waiting {
  readonly resolve: (ready: ServerReady) => void;
  readonly reject: (error: Error) => void;
}

/** A server program under test: one process, in which servers are started. */
export class ServerProgram {
  private readonly program: Program<ServerStart, ServerReady>;
  private readonly timeoutMs: number;
  /** In the order in which they were started. */
  private readonly waiting: Waiting[] = [];
  private failure: Error | undefined;

  /** @param timeoutMs how long it may take to start a server */
  constructor(command: CommandLine, timeoutMs: number) {
    this.timeoutMs = timeoutMs;
    this.program = new Program(
      "server",
      command,
      [ServerStart, ServerReady],
      (ready) => this.waiting.shift()?.resolve(ready),
      (error) => this.fail(error),
    );
  }

  /** The endpoint of a new server. Rejects when there is none: that took too long, or the program has ended. */
  async start(start: ServerStart): Promise<string> {
    if (this.failure !== undefined) throw this.failure;
    const ready = new Promise<ServerReady>((resolve, reject) => this.waiting.push({ resolve, reject }));
    this.program.send(start);
    const { result } = await within(
      this.timeoutMs,
      `the server program to listen at ${start.endpoint}`,
      ready,
    );
    if (result?.$case === "endpoint") return result.value;
    throw new Error(`the server program can't listen at ${start.endpoint}: ${result?.value ?? "no reason"}`);
  }

  close(): Promise<void> {
    return this.program.close();
  }

  private fail(error: Error): void {
    this.failure = error;
    for (const { reject } of this.waiting) reject(error);
  }
}
