import { type Backoff, backoffMs } from "../../core/backoff.js";
import type { Clock, Timer } from "../../core/clock.js";
import { Code } from "../../core/code.js";
import { HeliographError } from "../../core/error.js";
import { RegistryService } from "../../gen/heliograph/discovery/v1/registry_heliograph.js";
import { createClient } from "../../rpc/client/client.js";
import type { Transport } from "../../rpc/transport.js";
import type { Client } from "../../rpc/types.js";

/** How often a node says something, until a registry has said how often it wants to hear it. */
export const HEARTBEAT_MS = 1_000;
/** After the first failed attempt to come back, in milliseconds; it doubles up to one interval of heartbeats. */
const FIRST_WAIT_MS = 50;
/** For so long a registry that was reached may be out of reach, as it is while one hands over to another. */
const HANDOVER_MS = 500;
/** What a registry refuses now, it most likely refuses in a while, too. */
const refusedBackoff: Backoff = { initialMs: 1_000, maxMs: 20_000, factor: 2, jitter: 0.5 };

/** Calls of a registry. */
export type RegistryClient = Client<RegistryService>;

/** Makes a new connection to a registry. It does no I/O before the first call, and fails calls when nobody answers. */
export interface RegistryConnector {
  connect(endpoint: string): Transport & AsyncDisposable;
}

/** One of the streams that run between a node and a registry: its registration, or a watch. */
export interface RegistryStream {
  /** Begins anew with this client; whatever it had begun with another is over. */
  begin(client: RegistryClient): void;
  /** The connection that it had begun with is over. */
  broke?(error: HeliographError): void;
  /** It can't be had at present. Told once for each loss. */
  lost(error: HeliographError): void;
}

/** What a link is made of. */
export interface RegistryLinkParts {
  readonly endpoint: string;
  readonly connector: RegistryConnector;
  readonly clock: Clock;
  /** From 0 up to 1. */
  random(): number;
  /** Told once for each change. */
  lost(error: HeliographError): void;
  back(): void;
  /**
   * Called when nobody listens there, before the registry counts as lost: sees to it that somebody does. When it
   * rejects, the registry is lost for that reason.
   */
  readonly takeOver?: (() => Promise<void>) | undefined;
}

/** One of the streams, and how it fares. */
interface StreamState {
  failures: number;
  /** It has been answered since it began last. */
  answered: boolean;
  begunAt: number;
  /** `lost` was told, and no answer came since. */
  lost: boolean;
  retry: Timer | undefined;
}

/**
 * The streams of one node to one registry, over one connection at a time. When the connection breaks, all begin anew on
 * another: at once after a loss, then with backoff of at most one interval of heartbeats. A stream that fails alone
 * begins anew alone. There is a connection while there are streams.
 */
export class RegistryLink {
  /** How often the registry wants to hear the node: the longest wait before it is tried again. */
  intervalMs = HEARTBEAT_MS;
  private readonly parts: RegistryLinkParts;
  private readonly streams = new Map<RegistryStream, StreamState>();
  private state: "idle" | "connected" | "taking-over" | "waiting" | "closed" = "idle";
  private connection: (Transport & AsyncDisposable) | undefined;
  private client: RegistryClient | undefined;
  /** When the first answer came over the connection that there is. */
  private upAt: number | undefined;
  private failures = 0;
  /** When it was last reached for a while; undefined when it was not since it counts as lost. */
  private brokenAt: number | undefined;
  private triedToServe = false;
  private timer: Timer | undefined;
  /** Why the registry is lost; undefined while it is not, as far as the node was told. */
  private told: HeliographError | undefined;
  private readonly closing = new Set<Promise<void>>();

  constructor(parts: RegistryLinkParts) {
    this.parts = parts;
  }

  add(stream: RegistryStream): void {
    if (this.state === "closed" || this.streams.has(stream)) return;
    const state = { failures: 0, answered: false, begunAt: 0, lost: false, retry: undefined };
    this.streams.set(stream, state);
    if (this.state === "idle") this.connect();
    else if (this.client !== undefined) this.begin(stream, state, this.client);
    else if (this.told !== undefined) this.isLost(stream, state, this.told);
  }

  /** The stream has something else to say than what was refused. True when it waited, and begins now. */
  hurry(stream: RegistryStream): boolean {
    const state = this.streams.get(stream);
    if (state?.retry === undefined || this.client === undefined) return false;
    this.begin(stream, state, this.client);
    return true;
  }

  /** The stream is not wanted any more. */
  remove(stream: RegistryStream): void {
    const state = this.streams.get(stream);
    if (state === undefined) return;
    state.retry?.clear();
    this.streams.delete(stream);
    if (this.streams.size === 0) this.rest();
    else this.judge();
  }

  /** Something has come over the stream. */
  answered(stream: RegistryStream, client: RegistryClient): void {
    const state = this.streams.get(stream);
    if (state === undefined || client !== this.client) return;
    this.upAt ??= this.parts.clock.now();
    state.answered = true;
    state.lost = false;
    this.judge();
  }

  /** The stream says nothing, though it should have. It is not begun anew: the answer may still come. */
  late(stream: RegistryStream, client: RegistryClient, error: HeliographError): void {
    const state = this.streams.get(stream);
    if (state !== undefined && client === this.client) this.isLost(stream, state, error);
  }

  /** The stream has ended, and is still wanted. */
  failed(stream: RegistryStream, client: RegistryClient, error: HeliographError): void {
    const state = this.streams.get(stream);
    if (state === undefined || client !== this.client) return;
    // Also what a registry says that is going to close.
    if (error.code === Code.Unavailable) this.broke(error);
    else this.again(stream, state, client, refused(this.parts.endpoint, error));
  }

  /** Ends everything. Always ends. */
  async close(): Promise<void> {
    this.state = "closed";
    for (const { retry } of this.streams.values()) retry?.clear();
    this.streams.clear();
    this.drop();
    await Promise.all(this.closing);
  }

  private connect(): void {
    const { connector, endpoint } = this.parts;
    this.timer = undefined;
    try {
      this.connection = connector.connect(endpoint);
      this.client = createClient(this.connection, RegistryService);
    } catch (error) {
      this.wait(HeliographError.from(error));
      return;
    }
    this.state = "connected";
    for (const [stream, state] of [...this.streams]) this.begin(stream, state, this.client);
  }

  private begin(stream: RegistryStream, state: StreamState, client: RegistryClient): void {
    state.retry?.clear();
    state.retry = undefined;
    state.answered = false;
    state.begunAt = this.parts.clock.now();
    stream.begin(client);
  }

  /** The connection, and with it all streams. */
  private broke(error: HeliographError): void {
    const { clock, takeOver } = this.parts;
    for (const stream of [...this.streams.keys()]) stream.broke?.(error);
    // A registry that takes connections and breaks them off again and again is one that fails.
    const hasLasted = this.upAt !== undefined && clock.now() - this.upAt >= FIRST_WAIT_MS;
    if (hasLasted) this.brokenAt = clock.now();
    else if (this.upAt !== undefined) this.brokenAt ??= clock.now();
    this.drop();
    if (hasLasted) {
      this.failures = 0;
      this.triedToServe = false;
      this.connect();
    } else if (takeOver !== undefined && isRefused(error) && !this.triedToServe) {
      this.triedToServe = true;
      void this.serve(takeOver);
    } else this.wait(unreachable(this.parts.endpoint, error));
  }

  private async serve(takeOver: () => Promise<void>): Promise<void> {
    this.state = "taking-over";
    let problem: HeliographError | undefined;
    try {
      await takeOver();
    } catch (error) {
      problem = HeliographError.from(error);
    }
    if (this.state !== "taking-over") return;
    if (this.streams.size === 0) this.state = "idle";
    else if (problem === undefined) this.connect();
    else this.wait(problem);
  }

  private wait(error: HeliographError): void {
    this.drop();
    this.failures++;
    this.triedToServe = false;
    const backoff: Backoff = { initialMs: FIRST_WAIT_MS, maxMs: this.intervalMs, factor: 2, jitter: 0.5 };
    const waitMs = backoffMs(backoff, this.failures, this.parts.random());
    this.state = "waiting";
    this.timer = this.parts.clock.after(waitMs, () => this.connect());
    if (this.brokenAt !== undefined && this.parts.clock.now() - this.brokenAt < HANDOVER_MS) return;
    this.brokenAt = undefined;
    for (const [stream, state] of [...this.streams]) this.isLost(stream, state, error);
  }

  /** One stream alone. */
  private again(
    stream: RegistryStream,
    state: StreamState,
    client: RegistryClient,
    error: HeliographError,
  ): void {
    const { clock, random } = this.parts;
    if (state.answered && clock.now() - state.begunAt >= FIRST_WAIT_MS) {
      state.failures = 0;
      this.begin(stream, state, client);
      return;
    }
    state.failures++;
    const waitMs = backoffMs(refusedBackoff, state.failures, random());
    state.retry = clock.after(waitMs, () => this.begin(stream, state, client));
    this.isLost(stream, state, error);
  }

  private isLost(stream: RegistryStream, state: StreamState, error: HeliographError): void {
    if (this.told === undefined) {
      this.told = error;
      this.parts.lost(error);
    }
    if (state.lost) return;
    state.lost = true;
    stream.lost(error);
  }

  private judge(): void {
    if (this.told === undefined || this.upAt === undefined) return;
    if ([...this.streams.values()].some(({ lost }) => lost)) return;
    this.told = undefined;
    this.parts.back();
  }

  /** Nobody wants anything at present. */
  private rest(): void {
    if (this.state === "closed") return;
    this.drop();
    if (this.state !== "taking-over") this.state = "idle";
    this.failures = 0;
    this.triedToServe = false;
  }

  private drop(): void {
    this.timer?.clear();
    this.timer = undefined;
    const { connection } = this;
    this.connection = undefined;
    this.client = undefined;
    this.upAt = undefined;
    for (const state of this.streams.values()) {
      state.retry?.clear();
      state.retry = undefined;
    }
    if (connection === undefined) return;
    const closing: Promise<void> = Promise.resolve(connection[Symbol.asyncDispose]())
      .catch(() => {})
      .finally(() => this.closing.delete(closing));
    this.closing.add(closing);
  }
}

/** Nobody listens there. */
function isRefused({ origin, reason }: HeliographError): boolean {
  return origin === "local" && reason === "NO_INSTANCE";
}

/** What its connection says is written for callers, who may start a server or wait for one. */
function unreachable(endpoint: string, error: HeliographError): HeliographError {
  const { cause } = error;
  const why = cause instanceof HeliographError ? cause.rawMessage : error.rawMessage;
  const { code, reason } = error;
  return new HeliographError(code, `the registry at ${endpoint} can't be reached: ${why}`, {
    reason,
    cause: error,
  });
}

function refused(endpoint: string, error: HeliographError): HeliographError {
  const { code, rawMessage, reason, origin } = error;
  return new HeliographError(code, `the registry at ${endpoint} does not do its part: ${rawMessage}`, {
    reason,
    origin,
    cause: error,
  });
}
