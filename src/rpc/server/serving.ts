import { Code } from "../../core/code.js";
import { HeliographError } from "../../core/error.js";
import type { Condition, ServedService } from "../../naming/instance.js";
import { checkReach, type Security } from "../../socket/security.js";
import type { SocketFactory } from "../../socket/socket.js";
import type { ServiceDefinition } from "../../wire/definition.js";
import { checkService } from "../bound-method.js";
import { drainingError } from "../refusals.js";
import { checkServeOptions, type ServeOptions } from "../serve-options.js";
import type { MethodCounts } from "./method-stats.js";
import { RpcServer } from "./server.js";
import type { ServerShared } from "./server-shared.js";
import type { ServiceStats } from "./service-stats.js";

const ANY_PORT = "tcp://127.0.0.1:*";

/** A service that is being served. */
export interface Served extends AsyncDisposable {
  /** Where the node listens, with real ports. */
  readonly endpoints: readonly string[];
  /** Counts of what it keeps for repeated calls and resumable streams, as they are when they are asked for. */
  readonly stats: ServiceStats;
  /** Takes the service away: later calls get UNIMPLEMENTED, calls in flight go on. The node listens on. */
  stop(): Promise<void>;
}

/** What a node's methods have come to. */
export interface ServingCounts {
  /** Since when it is counted, in microseconds since 1970. */
  readonly sinceUs: number;
  /** Each method that is served; those of the kit, and what is not served, once they were called. */
  readonly methods: readonly MethodCounts[];
}

/**
 * The serving side of a node: its services, and the endpoints that they share. Services of the kit's own stand beside
 * them: they are not listed, and go on while the others are paused or drained.
 */
export class Serving {
  private readonly shared: ServerShared;
  private readonly sockets: SocketFactory;
  private readonly security: Security;
  private readonly servers = new Map<string, Promise<RpcServer>>();
  private readonly bound: RpcServer[] = [];
  private readonly listeners = new Set<() => void>();
  private now: Condition = "serving";
  private left = false;
  private sinceUs: number;
  private closing: Promise<void> | undefined;

  constructor(shared: ServerShared, sockets: SocketFactory, security: Security) {
    this.shared = shared;
    this.sockets = sockets;
    this.security = security;
    this.sinceUs = shared.clock.wallUs();
  }

  get endpoints(): string[] {
    return this.bound.map((server) => server.endpoint);
  }

  get services(): string[] {
    return this.served.map(({ name }) => name);
  }

  /** What is served, with the hash of each schema. */
  get served(): readonly ServedService[] {
    return this.shared.router.served;
  }

  /** What is served. */
  get definitions(): ServiceDefinition[] {
    return this.shared.router.definitions();
  }

  /** Of any service that is served, the kit's own too. */
  definition(name: string): ServiceDefinition | undefined {
    return this.shared.router.definition(name);
  }

  /** Whether it takes calls: `draining` once it is to close, too. */
  get condition(): Condition {
    return this.now;
  }

  /** Calls for which a handler runs or will, those of the kit's own services left out. */
  get callsInFlight(): number {
    return this.shared.router.own.calls;
  }

  /** Clients that are connected and have said who they are. */
  get sessions(): number {
    return this.bound.reduce((sum, server) => sum + server.sessionCount, 0);
  }

  /**
   * Tells when a service was added or taken away, and when the condition has changed.
   *
   * @returns ends it
   */
  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  counts(): ServingCounts {
    return { sinceUs: this.sinceUs, methods: this.shared.router.counts() };
  }

  /** Begins to count anew; calls in flight stay counted as such. */
  resetCounts(): void {
    this.sinceUs = this.shared.clock.wallUs();
    this.shared.router.resetCounts();
  }

  /**
   * Listens for the kit's own services, where nothing of the user's is served yet.
   *
   * @throws HeliographError as `add`
   */
  async open(endpoint?: string): Promise<void> {
    if (this.closing !== undefined) throw closed();
    const where = endpoint ?? (this.servers.size === 0 ? (this.sockets.anyEndpoint ?? ANY_PORT) : undefined);
    if (where === undefined) return;
    checkReach(this.security, where, "listen on");
    await this.listen(where);
    this.changed();
  }

  async add(service: ServiceDefinition, handlers: object, options: ServeOptions): Promise<Served> {
    if (this.left) throw closed();
    checkService(service, "serve(node, GreeterService, { … })");
    checkServeOptions(options);
    const endpoint =
      options.endpoint ?? (this.servers.size === 0 ? (this.sockets.anyEndpoint ?? ANY_PORT) : undefined);
    if (endpoint !== undefined) checkReach(this.security, endpoint, "listen on");
    const { clock, router } = this.shared;
    const { remove, replies, streams } = router.add(service, handlers, options);
    try {
      if (endpoint !== undefined) await this.listen(endpoint);
      else await Promise.all(this.servers.values());
      if (this.left) throw closed();
    } catch (error) {
      remove();
      throw error;
    }
    this.changed();
    let stopped = false;
    const stop = async () => {
      if (stopped) return;
      stopped = true;
      remove();
      this.changed();
    };
    return {
      endpoints: this.endpoints,
      get stats() {
        replies.expire(clock.now());
        return { idempotency: replies.stats, streams: streams.stats };
      },
      stop,
      [Symbol.asyncDispose]: stop,
    };
  }

  /**
   * Serves one of the kit's own services wherever the node listens, now or later.
   *
   * @returns takes it away
   */
  addKit(service: ServiceDefinition, handlers: object): () => void {
    const { router } = this.shared;
    return router.add(service, handlers, {}, router.kit).remove;
  }

  /** Refuses new calls with UNAVAILABLE, reason PAUSED, not processed. Calls in flight go on. Of no effect in a drain. */
  pause(): void {
    if (this.now === "serving") this.become("paused", pausedError);
  }

  /** Takes calls again. A drain that still waits ends; only `leave` and `close` are for good. */
  resume(): void {
    if (this.left || this.now === "serving") return;
    this.become("serving", undefined);
    this.shared.router.own.wake();
  }

  /**
   * Refuses new calls with UNAVAILABLE, reason DRAINING, not processed; resolves when those in flight have ended. When
   * the grace is over those that are left end with the same error. Sessions stay open. Always ends.
   *
   * @returns how many were ended so
   */
  async quiesce(graceMs: number): Promise<number> {
    const { own } = this.shared.router;
    if (this.now !== "draining") this.become("draining", drainedError);
    await this.untilIdle(graceMs);
    // It was resumed, or `close` has a grace of its own.
    if (this.now !== "draining" || this.left) return 0;
    const { calls } = own;
    for (const server of this.bound) server.cancelCalls(drainedError(), (call) => !call.kit);
    return calls;
  }

  /** Begins to close: it is `draining`, and adds nothing. What is called before `close` is still taken. */
  leave(): void {
    this.left = true;
    this.become("draining", this.shared.router.own.refusal);
  }

  /** Drains every endpoint and closes it. Always ends. */
  close(graceMs: number): Promise<void> {
    this.left = true;
    this.closing ??= this.shutDown(graceMs);
    return this.closing;
  }

  private async shutDown(graceMs: number): Promise<void> {
    // The sessions say it themselves: what is called before they have is still taken.
    this.become("draining", this.shared.router.own.refusal);
    await Promise.allSettled(this.servers.values());
    await Promise.all(this.bound.map((server) => server.close(graceMs)));
    this.shared.detached.cancel(drainingError(), () => true);
    this.shared.deadlines.close();
  }

  private become(condition: Condition, refusal: (() => HeliographError) | undefined): void {
    this.shared.router.own.refusal = refusal;
    if (this.now === condition) return;
    this.now = condition;
    this.changed();
  }

  private changed(): void {
    for (const listener of [...this.listeners]) listener();
  }

  private untilIdle(ms: number): Promise<void> {
    const { clock, router } = this.shared;
    return new Promise((resolve) => {
      const done = () => {
        forget();
        timer.clear();
        resolve();
      };
      const forget = router.own.whenIdle(done);
      const timer = clock.after(ms, done);
      if (router.own.idle) done();
    });
  }

  private async listen(endpoint: string): Promise<void> {
    let server = this.servers.get(endpoint);
    if (server === undefined) {
      server = this.bind(endpoint);
      this.servers.set(endpoint, server);
      server.catch(() => this.servers.delete(endpoint));
    }
    await server;
  }

  private async bind(endpoint: string): Promise<RpcServer> {
    const server = new RpcServer(this.shared);
    await server.listen(this.sockets, endpoint);
    this.bound.push(server);
    return server;
  }
}

function closed(): HeliographError {
  return new HeliographError(Code.FailedPrecondition, "the node was closed", { reason: "CONNECTION_CLOSED" });
}

function pausedError(): HeliographError {
  return new HeliographError(Code.Unavailable, "the server is paused", {
    reason: "PAUSED",
    notProcessed: true,
  });
}

function drainedError(): HeliographError {
  return new HeliographError(Code.Unavailable, "the server drains, and takes no calls", {
    reason: "DRAINING",
    notProcessed: true,
  });
}
