import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CallResult } from "../../gen/heliograph/conformance/v1/runner.js";
import { ClientProgram } from "./client-program.js";
import { differences } from "./compare-result.js";
import type { ConformanceCase } from "./expand-cases.js";
import type { KnownFailures } from "./known-failures.js";
import type { CommandLine } from "./program.js";
import { callRaw } from "./raw-client.js";
import { RawServer } from "./raw-server.js";
import { ServerProgram } from "./server-program.js";

/** What is run, and how. */
export interface RunOptions {
  readonly client: CommandLine;
  readonly server: CommandLine;
  readonly cases: readonly ConformanceCase[];
  readonly known: KnownFailures;
  /** How long a program may take for a case, or for a server to start, in milliseconds. Default 15,000. */
  readonly timeoutMs?: number;
  /** How long handlers may take, after the last case, to see that their calls are over, in milliseconds. Default 3,000. */
  readonly handlersEndMs?: number;
  /** Cases that run at a time. Default 64. */
  readonly concurrency?: number;
}

/** What became of one case. */
export interface CaseOutcome {
  readonly name: string;
  /** What was not as expected; empty: the case has passed. */
  readonly differences: readonly string[];
  /** Why it is known to fail; undefined when it is not. */
  readonly known: string | undefined;
}

const TIMEOUT_MS = 15_000;
const CONCURRENCY = 64;

/** Runs beside the cases: after the last of them no handler may run any more, since each call has ended or was cancelled. */
export const HANDLERS_END = "after-all/every-handler-ends";
const HANDLERS_END_MS = 3_000;

/** Runs all cases between the two programs, and looks whether their handlers end. A program that fails fails its cases; it never throws for that. */
export async function runCases(options: RunOptions): Promise<CaseOutcome[]> {
  const folder = await mkdtemp(join(tmpdir(), "heliograph-conformance-"));
  const run = new Run(options, folder);
  try {
    return await run.all();
  } finally {
    await run.close();
    await rm(folder, { recursive: true });
  }
}

class Run {
  private readonly options: RunOptions;
  private readonly folder: string;
  private readonly timeoutMs: number;
  private readonly client: ClientProgram;
  private readonly server: ServerProgram;
  /** Endpoints of the servers of the program, by what they were told. */
  private readonly servers = new Map<string, Promise<string>>();

  constructor(options: RunOptions, folder: string) {
    this.options = options;
    this.folder = folder;
    this.timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
    this.client = new ClientProgram(options.client, this.timeoutMs);
    this.server = new ServerProgram(options.server, this.timeoutMs);
  }

  async all(): Promise<CaseOutcome[]> {
    const { cases, known, concurrency = CONCURRENCY } = this.options;
    const outcomes: CaseOutcome[] = [];
    // Those that wait come first: the others run meanwhile.
    const queue = [...cases.entries()].sort(([, a], [, b]) => Number(waits(b)) - Number(waits(a))).values();
    const worker = async () => {
      for (const [index, each] of queue) {
        outcomes[index] = {
          name: each.name,
          differences: await this.differences(each),
          known: known.get(each.name),
        };
      }
    };
    await Promise.all(Array.from({ length: concurrency }, worker));
    return [...outcomes, await this.handlersEnd()];
  }

  private async handlersEnd(): Promise<CaseOutcome> {
    const known = this.options.known.get(HANDLERS_END);
    try {
      let running = await this.server.countHandlers();
      const end = performance.now() + (this.options.handlersEndMs ?? HANDLERS_END_MS);
      while (running > 0 && performance.now() < end) running = await this.server.countHandlers();
      const differences = running === 0 ? [] : [`${running} handlers still run, though no call does`];
      return { name: HANDLERS_END, differences, known };
    } catch (error) {
      return { name: HANDLERS_END, differences: [textOf(error)], known };
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.client.close(), this.server.close()]);
  }

  private async differences(each: ConformanceCase): Promise<string[]> {
    try {
      return differences(each.expected, await this.call(each));
    } catch (error) {
      return [textOf(error)];
    }
  }

  private async call(each: ConformanceCase): Promise<CallResult> {
    if (each.raw === "server") return this.callRawServer(each);
    const endpoint = await this.endpointFor(each);
    if (each.raw === "client") return callRaw({ ...each.call, endpoint }, this.timeoutMs);
    return this.callClient(each, endpoint);
  }

  private async callRawServer(each: ConformanceCase): Promise<CallResult> {
    const server = new RawServer();
    try {
      return await this.callClient(each, await server.start());
    } finally {
      await server.close();
    }
  }

  private async callClient(each: ConformanceCase, endpoint: string): Promise<CallResult> {
    const { result } = await this.client.run({ ...each.call, endpoint });
    if (result?.$case === "call") return result.value;
    throw new Error(`the client program could not make the call: ${result?.value ?? "no reason"}`);
  }

  /** Where the server listens that the case needs; it is started for the first such case. */
  private endpointFor({ transport, serverLimit }: ConformanceCase): Promise<string> {
    const key = `${transport} ${serverLimit}`;
    let endpoint = this.servers.get(key);
    if (endpoint === undefined) {
      const path = join(this.folder, `${this.servers.size}.sock`);
      endpoint = this.server.start({
        endpoint: transport === "ipc" ? `ipc://${path}` : "tcp://127.0.0.1:*",
        messageBytes: serverLimit,
      });
      this.servers.set(key, endpoint);
    }
    return endpoint;
  }
}

function waits({ call }: ConformanceCase): boolean {
  return call.requestDelayMs > 0 || (call.requests[0]?.definition?.delayMs ?? 0) > 0;
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
