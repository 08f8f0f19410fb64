import { Buffer } from "node:buffer";
import type { Clock } from "../../core/clock.js";
import { Code } from "../../core/code.js";
import { HeliographError, invalidArgument } from "../../core/error.js";
import type { ServedService } from "../../naming/instance.js";
import type { Compression } from "../../wire/compression.js";
import type { Method, ServiceDefinition } from "../../wire/definition.js";
import type { PayloadType } from "../../wire/payload-codec.js";
import { sameBytes } from "../../wire/same-bytes.js";
import { schemaHash } from "../../wire/schema-hash.js";
import { methodsOf } from "../bound-method.js";
import type { HandlerContext } from "../context.js";
import type { Interceptor } from "../interceptor.js";
import { Lanes } from "../kept/lanes.js";
import type { Reply, ReplyWaiter } from "../kept/reply.js";
import { ReplyWindow } from "../kept/reply-window.js";
import { ResumableRuns } from "../kept/resumable-runs.js";
import { REPLY_WINDOW_BYTES, REPLY_WINDOW_MS, type ServeOptions } from "../serve-options.js";
import { LatencyBatch } from "./latency-batch.js";
import { type MethodCounts, MethodStats } from "./method-stats.js";
import { ServiceGroup } from "./service-group.js";

export type AnyHandler = (request: unknown, ctx: HandlerContext) => unknown;

/** A method that is served. */
export interface Route {
  readonly method: Method;
  readonly path: string;
  readonly pathBytes: Buffer;
  readonly input: PayloadType;
  readonly output: PayloadType;
  /** Undefined when the service was served without it. */
  readonly handler: AnyHandler | undefined;
  /** The service's calls share it. */
  readonly lanes: Lanes;
  readonly interceptors: readonly Interceptor[];
  readonly compression: Compression;
  readonly idleTimeoutMs: number | undefined;
  /** What is kept for calls with an idempotency key. The service's methods share it. */
  readonly replies: ReplyWindow<ReplyWaiter, Reply>;
  /** Its resumable streams. The service's methods share it. */
  readonly streams: ResumableRuns;
  readonly stats: MethodStats;
  /** Who is paused with it. */
  readonly group: ServiceGroup;
}

interface RoutedService {
  readonly service: ServiceDefinition;
  readonly group: ServiceGroup;
}

/** A service in the router. */
export interface Routed {
  readonly replies: ReplyWindow<ReplyWaiter, Reply>;
  readonly streams: ResumableRuns;
  /** Takes the service away again. */
  remove(): void;
}

/** All methods that one node serves, by path. Services come and go. */
export class Router {
  /** What the node's user serves. */
  readonly own = new ServiceGroup();
  /** What each node serves by itself. */
  readonly kit = new ServiceGroup();
  /** How long calls took that have just ended. */
  readonly latencies: LatencyBatch;
  private readonly routes = new Map<string, Route>();
  private readonly services = new Map<string, RoutedService>();
  /** Requests of what is not served, and others that could not become a call of any method. */
  private readonly unserved = new MethodStats("");
  private latest: Route | undefined;
  private listed: readonly ServedService[] | undefined;

  constructor(clock: Clock) {
    this.latencies = new LatencyBatch(clock);
  }

  add(
    service: ServiceDefinition,
    handlers: object,
    options: ServeOptions,
    group: ServiceGroup = this.own,
  ): Routed {
    const name = service.$service;
    const taken = this.services.get(name);
    if (taken !== undefined) {
      throw invalidArgument(
        taken.group === this.kit
          ? `each node serves ${name} itself`
          : `${name} is already served by this node`,
      );
    }
    const methods = methodsOf(service);
    refuseUnknownHandlers(name, methods, handlers);
    const lanes = new Lanes(options.maxConcurrent ?? 256);
    const { windowMs = REPLY_WINDOW_MS, maxBytes = REPLY_WINDOW_BYTES } = options.idempotency ?? {};
    const replies = new ReplyWindow<ReplyWaiter, Reply>(windowMs, maxBytes);
    const streams = new ResumableRuns();
    const added: string[] = [];
    for (const [key, method] of methods) {
      const route: Route = {
        method,
        path: method.path,
        pathBytes: Buffer.from(method.path, "latin1"),
        input: { message: method.input, schema: service.$schema, role: "request" },
        output: { message: method.output, schema: service.$schema, role: "response" },
        handler: handlerOf(name, handlers, key),
        lanes,
        interceptors: options.interceptors ?? [],
        compression: options.compression ?? "none",
        idleTimeoutMs: options.idleTimeoutMs,
        replies,
        streams,
        stats: new MethodStats(method.path),
        group,
      };
      this.routes.set(method.path, route);
      added.push(method.path);
    }
    this.services.set(name, { service, group });
    this.listed = undefined;
    let removed = false;
    const remove = () => {
      // Somebody else may serve it by now.
      if (removed) return;
      removed = true;
      this.latest = undefined;
      this.listed = undefined;
      this.services.delete(name);
      for (const path of added) this.routes.delete(path);
    };
    return { replies, streams, remove };
  }

  /**
   * As `find`, by the path's bytes in `buf[start, end)`. Most servers are asked for the same method again and again,
   * so the one found last is compared first: that is cheaper than to make a string of it.
   */
  findBytes(buf: Buffer, start: number, end: number): Route {
    const { latest } = this;
    if (latest !== undefined && sameBytes(latest.pathBytes, buf, start, end)) return latest;
    const route = this.find(buf.toString("latin1", start, end));
    this.latest = route;
    return route;
  }

  /** What the node's user serves, with the hash of each schema. The same array until that changes. */
  get served(): readonly ServedService[] {
    this.listed ??= this.definitions().map(({ $service, $schema }) => ({
      name: $service,
      schemaHash: schemaHash($schema),
    }));
    return this.listed;
  }

  /** What the node's user serves. */
  definitions(): ServiceDefinition[] {
    const services = [...this.services.values()];
    return services.filter(({ group }) => group === this.own).map(({ service }) => service);
  }

  /** Of any service that is served, the kit's own too. */
  definition(name: string): ServiceDefinition | undefined {
    return this.services.get(name)?.service;
  }

  /** A request has not become a call: the error says why. `method` is its path. */
  refused(method: Buffer, code: Code): void {
    const { stats } = this.routes.get(method.toString("latin1")) ?? { stats: this.unserved };
    stats.refused(code);
  }

  /** Of each method that the node's user serves, and of what else was asked for. */
  counts(): MethodCounts[] {
    this.latencies.settle();
    const own: MethodCounts[] = [];
    const others: MethodCounts[] = [];
    for (const { stats, group } of this.routes.values())
      (group === this.own ? own : others).push(stats.counts());
    others.push(this.unserved.counts());
    return [...own, ...others.filter(({ calls, inFlight }) => calls + inFlight > 0)];
  }

  resetCounts(): void {
    this.latencies.settle();
    for (const { stats } of this.routes.values()) stats.reset();
    this.unserved.reset();
  }

  /** @throws HeliographError UNIMPLEMENTED, reason METHOD_UNKNOWN, saying what is missing: service, method or handler */
  find(path: string): Route {
    const route = this.routes.get(path);
    if (route?.handler !== undefined) return route;
    throw unimplemented(this.explain(path, route));
  }

  private explain(path: string, route: Route | undefined): string {
    if (route !== undefined) return `${path} is declared, but the server has no handler for it`;
    if (/^\/[^/]+\/[^/]/.test(path)) return `${path} is not served here; write it without the leading "/"`;
    const service = path.slice(0, Math.max(0, path.lastIndexOf("/")));
    if (this.services.has(service)) return `${service} has no method ${path.slice(service.length + 1)}`;
    return service === "" ? `"${path}" is not package.Service/Method` : `${service} is not served here`;
  }
}

function handlerOf(service: string, handlers: object, key: string): AnyHandler | undefined {
  const handler: unknown = Reflect.get(handlers, key);
  // A key such as `toString` would be found on every object.
  if (handler === undefined || handler === Reflect.get(Object.prototype, key)) return undefined;
  if (typeof handler !== "function") {
    throw invalidArgument(`the handler ${service}.${key} must be a function, got ${typeof handler}`);
  }
  return handler.bind(handlers) as AnyHandler;
}

/** In a plain object every key must be a method; an instance of a class may have others. */
function refuseUnknownHandlers(service: string, methods: [string, Method][], handlers: object): void {
  if (typeof handlers !== "object" || handlers === null) {
    throw invalidArgument(`the handlers of ${service} must be an object, got ${String(handlers)}`);
  }
  const prototype: unknown = Object.getPrototypeOf(handlers);
  if (prototype !== Object.prototype && prototype !== null) return;
  const known = methods.map(([key]) => key);
  const unknown = Object.keys(handlers).find((key) => !known.includes(key));
  if (unknown !== undefined) {
    throw invalidArgument(`${service} has no method "${unknown}"; it has ${known.join(", ")}`);
  }
}

function unimplemented(message: string): HeliographError {
  return new HeliographError(Code.Unimplemented, message, { reason: "METHOD_UNKNOWN", notProcessed: true });
}
