import type { Listening, Ready, RoundResult, Rss } from "../driver/protocol.js";
import type { RaceName, TopicCase } from "./cases.js";
import type { Checkout } from "./paths.js";
import type { PeerName } from "./peers.js";
import { type Command, Program } from "./program.js";
import type { Resident } from "./row.js";
import type { RoundFigure, Running } from "./running.js";

/** One side of a race: its name, and the server and client program of a case. */
export interface Contender {
  readonly name: string;
  readonly server: Command;
  readonly client: Command;
  /** Calls in flight, where they are not those of the row. */
  readonly inFlight?: number;
  /** Where its server is a publisher and its clients are subscribers. */
  readonly topic?: TopicParts;
}

/** What is special to a contender that publishes. */
export interface TopicParts {
  readonly counts: TopicCase["counts"];
  /** It doesn't promise that all that is published arrives. */
  readonly lossy: boolean;
}

const startMs = 20_000;
const rssMs = 10_000;

/** Heliograph as it is in a checkout. */
export function ours(of: RaceName, checkout: Checkout, name = "ours"): Contender {
  switch (of) {
    case "server-stream":
      return oursWithUnread(checkout, name, 0);
    case "bidi-serial":
      return { name, ...scripts(checkout, "ours/stream-server", "ours/chat-client") };
    default:
      return { name, ...scripts(checkout, "ours/server", "ours/client") };
  }
}

/** Heliograph as it is in a checkout, nobody reading so many of the client's streams. */
export function oursWithUnread(checkout: Checkout, name: string, unread: number): Contender {
  const { server, client } = scripts(checkout, "ours/stream-server", "ours/stream-client");
  return { name, server, client: [...client, String(unread)] };
}

/** Heliograph as it is in a checkout, the client's calls going in turn over so many sessions. */
export function oursWithSessions(checkout: Checkout, name: string, sessions: number): Contender {
  const { server, client } = scripts(checkout, "ours/server", "ours/sessions-client");
  return { name, server, client: [...client, String(sessions)] };
}

/** Heliograph as it is in a checkout, the client finding so many instances through a registry. */
export function oursFound(checkout: Checkout, name: string, instances: number): Contender {
  const { server, client } = scripts(checkout, "ours/found-server", "ours/found-client");
  return { name, server: [...server, String(instances)], client };
}

/** Heliograph as it is in a checkout, publishing and subscribing. */
export function oursOnTopic(of: TopicCase, checkout: Checkout, name = "ours"): Contender {
  return { name, ...topicScripts(of, checkout, "ours", false) };
}

/** A peer's programs for a case of topics. Only NATS has a broker that lets slow subscribers go. */
export function peerOnTopic(name: PeerName, of: TopicCase, checkout: Checkout): Contender {
  return { name, ...topicScripts(of, checkout, name, name === "nats") };
}

function topicScripts(
  { counts, publications }: TopicCase,
  checkout: Checkout,
  folder: string,
  lossy: boolean,
) {
  const { server, client } = scripts(checkout, `${folder}/topic-publisher`, `${folder}/topic-subscriber`);
  const programs: Pick<Contender, "server" | "client"> = {
    server: [...server, publications],
    client: [...client, publications],
  };
  return { ...programs, topic: { counts, lossy } };
}

/** A peer's programs for a case. `binaries` is where those in C++ were built. */
export function peer(name: PeerName, of: RaceName, checkout: Checkout, binaries: string): Contender {
  switch (name) {
    case "zeromq":
      return { name, ...scripts(checkout, ...scriptsOfZeromq(of)) };
    case "grpc-js":
      return { name, ...scripts(checkout, "grpc-js/server", `grpc-js/${clientOf(of)}`) };
    case "nats":
      return { name, ...scripts(checkout, "nats/server", "nats/client") };
    case "grpc-cpp":
      return { name, server: [`${binaries}/server`], client: [`${binaries}/client`] };
  }
}

function clientOf(of: RaceName): string {
  switch (of) {
    case "server-stream":
      return "stream-client";
    case "bidi-serial":
      return "chat-client";
    default:
      return "client";
  }
}

function scriptsOfZeromq(of: RaceName): [server: string, client: string] {
  switch (of) {
    case "unary-serial":
      return ["zeromq/reply-server", "zeromq/request-client"];
    case "server-stream":
      return ["zeromq/stream-server", "zeromq/stream-client"];
    case "bidi-serial":
      return ["zeromq/router-server", "zeromq/chat-client"];
    default:
      return ["zeromq/router-server", "zeromq/dealer-client"];
  }
}

function scripts(checkout: Checkout, server: string, client: string): Pick<Contender, "server" | "client"> {
  const script = (path: string): Command => [process.execPath, `${checkout.programs}/peers/${path}.js`];
  return { server: script(server), client: script(client) };
}

/** A contender whose server and client are up, and have exchanged one call. */
export class RunningContender implements Running {
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

  async round(of: RaceName, inFlight: number, seconds: number): Promise<RoundFigure> {
    const order = { run: { case: of, inFlight: this.#inFlight ?? inFlight, seconds } };
    const result = await this.#client.ask<RoundResult>(order, seconds * 1000 + 30_000);
    if ("p50us" in result) return { value: result.p50us };
    return { value: "callsPerSecond" in result ? result.callsPerSecond : result.messagesPerSecond };
  }

  async rss(): Promise<Resident> {
    const [server, client] = await Promise.all(
      [this.#server, this.#client].map((program) => program.ask<Rss>({ rss: true }, rssMs)),
    );
    return { server: server!.rss, client: client!.rss };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client[Symbol.asyncDispose]();
    await this.#server[Symbol.asyncDispose]();
  }
}
