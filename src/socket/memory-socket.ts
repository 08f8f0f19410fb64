import { Code } from "../core/code.js";
import { HeliographError, invalidArgument } from "../core/error.js";
import { failedDialer } from "./failed-dialer.js";
import { MemoryDialer } from "./memory-dialer.js";
import { MemoryListener } from "./memory-listener.js";
import { MemoryTurns } from "./memory-turns.js";
import type { DialerEvents, DialOptions, ListenerEvents, SocketFactory } from "./socket.js";
import { warn } from "./warn.js";

/** What can be set for the sockets of a memory network. */
export interface MemoryNetworkOptions {
  /** Messages that may wait in each direction of a connection. Default 256. */
  readonly highWaterMark?: number | undefined;
  /** Receives what event handlers throw. Default: a process warning. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/**
 * A network of its own inside this process, for tests: `memory://name` endpoints, and `memory://*` for a name of its
 * choice. Behaves as ZeroMQ's sockets do, without threads, files or timers: what is sent in one turn of the event
 * loop arrives in the next, in the order in which it was sent across the whole network. Parts are not copied.
 */
export function memoryNetwork(options: MemoryNetworkOptions = {}): SocketFactory {
  return new MemoryNetwork(options);
}

const HIGH_WATER_MARK = 256;

class MemoryNetwork implements SocketFactory {
  readonly anyEndpoint = "memory://*";
  readonly #listeners = new Map<string, MemoryListener>();
  readonly #onError: (error: unknown) => void;
  readonly #turns: MemoryTurns;
  readonly #highWaterMark: number;
  #wildcards = 0;

  constructor(options: MemoryNetworkOptions) {
    this.#onError = options.onError ?? warn;
    this.#turns = new MemoryTurns(this.#onError);
    this.#highWaterMark = options.highWaterMark ?? HIGH_WATER_MARK;
  }

  async listen(endpoint: string, events: ListenerEvents): Promise<MemoryListener> {
    const name = parseName(endpoint);
    const bound = name === "*" ? this.#freeName() : endpoint;
    if (this.#listeners.has(bound)) {
      throw new HeliographError(Code.Unavailable, `can't listen on ${endpoint}: the endpoint is taken`, {
        reason: "ENDPOINT_TAKEN",
      });
    }
    const listener = new MemoryListener(bound, events, this.#turns, () => this.#listeners.delete(bound));
    this.#listeners.set(bound, listener);
    return listener;
  }

  dial(endpoint: string, events: DialerEvents, options: DialOptions) {
    try {
      if (parseName(endpoint) === "*") {
        throw invalidArgument(`${endpoint} is no endpoint to dial; write it as memory://greeter`);
      }
    } catch (error) {
      return failedDialer(events, "unresolved", HeliographError.from(error), this.#onError);
    }
    const listener = this.#listeners.get(endpoint);
    if (!listener) return failedDialer(events, "refused", undefined, this.#onError);
    return new MemoryDialer(listener, events, options.routingId, this.#turns, this.#highWaterMark);
  }

  async probe(endpoint: string): Promise<boolean> {
    await this.#turns.settled();
    return this.#listeners.get(endpoint)?.answersProbes() ?? false;
  }

  #freeName(): string {
    do this.#wildcards += 1;
    while (this.#listeners.has(`memory://${this.#wildcards}`));
    return `memory://${this.#wildcards}`;
  }
}

function parseName(endpoint: string): string {
  const name = /^memory:\/\/(.+)$/s.exec(endpoint)?.[1];
  if (name === undefined) {
    throw invalidArgument(
      `${JSON.stringify(endpoint)} is not a memory endpoint; write it as memory://greeter`,
    );
  }
  return name;
}
