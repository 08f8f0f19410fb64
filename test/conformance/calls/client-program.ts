import { ClientCase, ClientResult } from "../../gen/heliograph/conformance/v1/runner.js";
import { within } from "../../support/within.js";
import { type CommandLine, Program } from "./program.js";

interface Waiting {
  readonly resolve: (result: ClientResult) => void;
  readonly reject: (error: Error) => void;
}

/** A client program under test. */
export class ClientProgram {
  private readonly program: Program<ClientCase, ClientResult>;
  private readonly waiting = new Map<string, Waiting>();
  private readonly timeoutMs: number;
  private failure: Error | undefined;

  /** @param timeoutMs how long it may take for a case */
  constructor(command: CommandLine, timeoutMs: number) {
    this.timeoutMs = timeoutMs;
    this.program = new Program(
      "client",
      command,
      [ClientCase, ClientResult],
      (result) => this.take(result),
      (error) => this.fail(error),
    );
  }

  /** Has it run a case. Rejects when it can't: it took too long, or has ended. */
  async run(call: ClientCase): Promise<ClientResult> {
    if (this.failure !== undefined) throw this.failure;
    const result = new Promise<ClientResult>((resolve, reject) =>
      this.waiting.set(call.name, { resolve, reject }),
    );
    this.program.send(call);
    try {
      return await within(this.timeoutMs, `the client program to report ${call.name}`, result);
    } finally {
      this.waiting.delete(call.name);
    }
  }

  close(): Promise<void> {
    return this.program.close();
  }

  /** A result that nobody waits for any more came too late: its case has failed. */
  private take(result: ClientResult): void {
    this.waiting.get(result.name)?.resolve(result);
  }

  private fail(error: Error): void {
    this.failure = error;
    for (const { reject } of this.waiting.values()) reject(error);
  }
}
