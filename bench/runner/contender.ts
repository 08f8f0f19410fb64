import type { Listening, Ready, RoundResult } from "../driver/protocol.js";
import type { RaceName } from "./cases.js";
import type { Checkout } from "./paths.js";
import type { PeerName } from "./peers.js";
import { type Command, Program } from "./program.js";

/** One side of a race: its name, and the server and client program of a case. */
export interface Contender {
  readonly name: string;
  readonly server: Command;
  readonly client: Command;
  /** Calls in flight, where they are not those of the row. */
  readonly inFlight?: number;
}

const startMs = 20_000;

/** Heliograph as it is in a checkout. */
export function ours(checkout: Checkout, name = "ours"): Contender {
  return { name, ...scripts(checkout, "ours/server", "ours/client") };
}

/** Heliograph as it is in a checkout, the client's calls going in turn over so many sessions. */
export function oursWithSessions(checkout: Checkout, name: string, sessions: number): Contender {
  const { server, client } = scripts(checkout, "ours/server", "ours/sessions-client");
  return { name, server, client: [...client, String(sessions)] };
}

/** A peer's programs for a case. `binaries` is where those in C++ were built. */
export function peer(name: PeerName, of: RaceName, checkout: Checkout, binaries: string): Contender {
  switch (name) {
    case "zeromq":
      return of === "unary-serial"
        ? { name, ...scripts(checkout, "zeromq/reply-server", "zeromq/request-client") }
        : { name, ...scripts(checkout, "zeromq/router-server", "zeromq/dealer-client") };
    case "grpc-js":
      return { name, ...scripts(checkout, "grpc-js/server", "grpc-js/client") };
    case "nats":
      return { name, ...scripts(checkout, "nats/server", "nats/client") };
    case "grpc-cpp":
      return { name, server: [`${binaries}/server`], client: [`${binaries}/client`] };
  }
}

function scripts(checkout: Checkout, server: string, client: string): Pick<Contender, "server" | "client"> {
  const script = (path: string): Command => [process.execPath, `${checkout.programs}/peers/${path}.js`];
  return { server: script(server), client: script(client) };
}

/** A contender whose server and client are up, and have exchanged one call. */
export class RunningContender implements AsyncDisposable {
  readonly name: string;
  readonly #server: Program;
  readonly #client: Program;
  readonly #inFlight: number | undefined;

  private constructor({ name, inFlight }: Contender, server: Program, client: Program) {
    this.name = name;
    this.#inFlight = inFlight;
    this.#server = server;
    this.#client = client;
  }

  static async start(contender: Contender): Promise<RunningContender> {
    const { name, server, client } = contender;
    const serverProgram = new Program(`${name}'s server`, server);
    try {
      const { endpoint } = await serverProgram.next<Listening>(startMs);
      const clientProgram = new Program(`${name}'s client`, [...client, endpoint]);
      await clientProgram.next<Ready>(startMs);
      return new RunningContender(contender, serverProgram, clientProgram);
    } catch (error) {
      await serverProgram[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Runs one round, and gives its figure: a rate, or a time in microseconds. */
  async round(of: RaceName, inFlight: number, seconds: number): Promise<number> {
    const order = { run: { case: of, inFlight: this.#inFlight ?? inFlight, seconds } };
    const result = await this.#client.ask<RoundResult>(order, seconds * 1000 + 30_000);
    return "p50us" in result ? result.p50us : result.callsPerSecond;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client[Symbol.asyncDispose]();
    await this.#server[Symbol.asyncDispose]();
  }
}
