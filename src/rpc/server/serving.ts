import { Code } from "../../core/code.js";
import { HeliographError } from "../../core/error.js";
import { checkReach, type Security } from "../../socket/security.js";
import type { SocketFactory } from "../../socket/socket.js";
import type { ServiceDefinition } from "../../wire/definition.js";
import { checkService } from "../bound-method.js";
import { drainingError } from "../refusals.js";
import { checkServeOptions, type ServeOptions } from "../serve-options.js";
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

/** The serving side of a node: its services, and the endpoints that they share. */
export class Serving {
  private readonly shared: ServerShared;
  private readonly sockets: SocketFactory;
  private readonly security: Security;
  private readonly servers = new Map<string, Promise<RpcServer>>();
  private readonly bound: RpcServer[] = [];
  private closing: Promise<void> | undefined;

  constructor(shared: ServerShared, sockets: SocketFactory, security: Security) {
    this.shared = shared;
    this.sockets = sockets;
    this.security = security;
  }

  get endpoints(): string[] {
    return this.bound.map((server) => server.endpoint);
  }

  get services(): string[] {
    return this.shared.router.names();
  }

  async add(service: ServiceDefinition, handlers: object, options: ServeOptions): Promise<Served> {
    if (this.closing !== undefined) throw closed();
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
    } catch (error) {
      remove();
      throw error;
    }
    const stop = async () => remove();
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

  /** Drains every endpoint and closes it. Always ends. */
  close(graceMs: number): Promise<void> {
    this.closing ??= this.shutDown(graceMs);
    return this.closing;
  }

  private async shutDown(graceMs: number): Promise<void> {
    await Promise.allSettled(this.servers.values());
    await Promise.all(this.bound.map((server) => server.close(graceMs)));
    this.shared.detached.cancel(drainingError(), "all");
    this.shared.deadlines.close();
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
