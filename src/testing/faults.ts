import { type Clock, systemClock } from "../core/clock.js";
import { invalidArgument } from "../core/error.js";
import { failedDialer } from "../socket/failed-dialer.js";
import { memoryNetwork } from "../socket/memory-socket.js";
import type {
  Dialer,
  DialerEvents,
  DialOptions,
  Listener,
  ListenerEvents,
  SocketFactory,
} from "../socket/socket.js";
import { warn } from "../socket/warn.js";
import { showValue } from "../wire/show-value.js";
import type { CallDirection } from "./call-faults.js";
import { type FaultOptions, type FaultRates, faultRates, faultSeed, noFaults } from "./fault-options.js";
import { type FaultStats, noFaultsYet, showStats } from "./fault-stats.js";
import { FaultyDialer, type FaultyDialerHost } from "./faulty-dialer.js";
import { FaultyListener, type FaultyListenerHost } from "./faulty-listener.js";
import { seededRandom } from "./random.js";

/**
 * A network on which things go wrong, on those connections that are dialed through it. Where an endpoint is left out, all
 * of them are meant. What is listened to through it can be made to stand still, too, for all who dial it: give a node a
 * network of its own, `faults({ network })`, to have one process hang among others.
 */
export interface FaultyNetwork extends SocketFactory {
  readonly seed: number;
  /** What has gone wrong so far. */
  readonly stats: FaultStats;
  /** Breaks the connections. What was under way is lost, calls in flight end with UNAVAILABLE, later ones connect again. */
  cut(endpoint?: string): void;
  /**
   * Lets connections, also new ones, stand still: nothing arrives, nothing is lost, and no probe is answered, as where a
   * process is stopped.
   */
  pause(endpoint?: string): void;
  /** As `pause`, but connections open and probes are answered, as where a process is busy and its event loop blocked. */
  stall(endpoint?: string): void;
  /** Lets what was paused or stalled go on. */
  resume(endpoint?: string): void;
  /** Refuses new connections, as if nobody listened. Those that there are stay. */
  refuse(endpoint?: string): void;
  /** Lets new connections be made again. */
  accept(endpoint?: string): void;
  /** Loses the next messages of calls: requests, so that no handler sees them, or answers, of calls that have run. */
  dropNext(count: number, direction: CallDirection): void;
  /** Nothing goes wrong from here on. What was lost stays lost. */
  heal(): void;
  /** The seed and what has gone wrong: for the output of a test that fails. */
  toString(): string;
}

/**
 * Makes a network on which calls get lost, late, doubled or out of order, and connections break: for
 * `connectTo(endpoints, { network, … })`. With a node's `network` it is the same as the one below it.
 *
 * @throws HeliographError INVALID_ARGUMENT that quotes the option
 */
export function faults(options: FaultOptions = {}): FaultyNetwork {
  return new Faults(options);
}

const ALL = "*";

class Faults implements FaultyNetwork, FaultyDialerHost, FaultyListenerHost {
  readonly probe?: NonNullable<SocketFactory["probe"]>;
  readonly seed: number;
  readonly sockets: SocketFactory;
  readonly clock: Clock;
  readonly counts = noFaultsYet();
  readonly onError: (error: unknown) => void;
  rates: FaultRates;
  readonly #dialers = new Set<FaultyDialer>();
  readonly #listeners = new Set<FaultyListener>();
  readonly #paused = new Set<string>();
  readonly #stalled = new Set<string>();
  readonly #refused = new Set<string>();
  readonly #drops = { requests: 0, answers: 0 };

  constructor(options: FaultOptions) {
    this.rates = faultRates(options);
    this.seed = faultSeed(options.seed);
    this.clock = options.clock ?? systemClock;
    this.onError = options.onError ?? warn;
    this.sockets = options.network ?? memoryNetwork({ onError: this.onError });
    const { sockets } = this;
    if (sockets.probe) {
      const probe = sockets.probe.bind(sockets);
      this.probe = (endpoint, timeoutMs) => this.#probe(probe, endpoint, timeoutMs);
    }
  }

  get anyEndpoint(): string | undefined {
    return this.sockets.anyEndpoint;
  }

  get stats(): FaultStats {
    return structuredClone(this.counts);
  }

  async listen(endpoint: string, events: ListenerEvents): Promise<Listener> {
    const listener = await FaultyListener.listen(this, endpoint, events);
    this.#listeners.add(listener);
    return listener;
  }

  dial(endpoint: string, events: DialerEvents, options: DialOptions): Dialer {
    if (has(this.#refused, endpoint)) {
      this.counts.refused++;
      return failedDialer(events, "refused", undefined, this.onError);
    }
    // Each connection and direction has its own chance, so that what happens on one changes nothing on another.
    this.counts.connections++;
    const seed = this.seed + Math.imul(this.counts.connections, 0x9e3779b9);
    const random = { requests: seededRandom(seed), answers: seededRandom(~seed) };
    const dialer = new FaultyDialer(this, endpoint, events, options, random, this.standsStill(endpoint));
    this.#dialers.add(dialer);
    return dialer;
  }

  forget(dialer: FaultyDialer): void {
    this.#dialers.delete(dialer);
  }

  forgetListener(listener: FaultyListener): void {
    this.#listeners.delete(listener);
  }

  standsStill(endpoint: string): boolean {
    return this.stalls(endpoint) || !this.answersProbes(endpoint);
  }

  stalls(endpoint: string): boolean {
    return has(this.#stalled, endpoint) && this.answersProbes(endpoint);
  }

  answersProbes(endpoint: string): boolean {
    return !has(this.#paused, endpoint);
  }

  takeDrop(direction: CallDirection): boolean {
    if (this.#drops[direction] === 0) return false;
    this.#drops[direction]--;
    return true;
  }

  cut(endpoint?: string): void {
    for (const dialer of this.#to(endpoint)) dialer.cut(`the connection to ${dialer.endpoint} was cut`);
  }

  pause(endpoint?: string): void {
    this.#paused.add(endpoint ?? ALL);
    this.#hold();
  }

  stall(endpoint?: string): void {
    this.#stalled.add(endpoint ?? ALL);
    this.#hold();
  }

  resume(endpoint?: string): void {
    remove(this.#paused, endpoint);
    remove(this.#stalled, endpoint);
    for (const each of [...this.#dialers, ...this.#listeners]) {
      if (!this.standsStill(each.endpoint)) each.release();
    }
  }

  refuse(endpoint?: string): void {
    this.#refused.add(endpoint ?? ALL);
  }

  accept(endpoint?: string): void {
    remove(this.#refused, endpoint);
  }

  dropNext(count: number, direction: CallDirection): void {
    if (!Number.isInteger(count) || count < 0) {
      throw invalidArgument(`dropNext() takes a whole number of messages, got ${showValue(count)}`);
    }
    if (direction !== "requests" && direction !== "answers") {
      throw invalidArgument(`dropNext() drops "requests" or "answers", got ${showValue(direction)}`);
    }
    this.#drops[direction] = count;
  }

  heal(): void {
    this.rates = noFaults;
    this.#drops.requests = 0;
    this.#drops.answers = 0;
    this.accept();
    this.resume();
  }

  toString(): string {
    return `faults of seed ${this.seed}: ${showStats(this.counts)}`;
  }

  async #probe(
    probe: NonNullable<SocketFactory["probe"]>,
    endpoint: string,
    timeoutMs: number,
  ): Promise<boolean> {
    if (has(this.#refused, endpoint)) return false;
    if (!this.answersProbes(endpoint)) await new Promise<void>((done) => this.clock.after(timeoutMs, done));
    return this.answersProbes(endpoint) && probe(endpoint, timeoutMs);
  }

  #hold(): void {
    for (const each of [...this.#dialers, ...this.#listeners]) {
      if (this.standsStill(each.endpoint)) each.hold();
    }
  }

  #to(endpoint: string | undefined): FaultyDialer[] {
    return [...this.#dialers].filter((dialer) => endpoint === undefined || dialer.endpoint === endpoint);
  }
}

function has(endpoints: ReadonlySet<string>, endpoint: string): boolean {
  return endpoints.has(ALL) || endpoints.has(endpoint);
}

function remove(endpoints: Set<string>, endpoint: string | undefined): void {
  if (endpoint === undefined) endpoints.clear();
  else endpoints.delete(endpoint);
}
