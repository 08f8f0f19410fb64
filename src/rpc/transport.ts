import type { Clock } from "../core/clock.js";
import { invalidArgument } from "../core/error.js";
import type { Balancer } from "../naming/balancer.js";
import type { InstanceInfo } from "../naming/instance.js";
import type {
  BidiStreamMethod,
  ClientStreamMethod,
  ServerStreamMethod,
  UnaryMethod,
} from "../wire/definition.js";
import { showValue } from "../wire/show-value.js";
import type { BoundMethod } from "./bound-method.js";
import type { CallOptions } from "./call-options.js";
import type { Peer } from "./context.js";
import type { MessageSource, ResponseStream } from "./types.js";

/** What the attempts of one call with an idempotency key share. */
export interface AttemptGroup {
  /** The server that one of them was sent to: the others may only go to the same. Set by the transport. */
  identity?: { readonly instance: string; readonly epoch: number };
}

/** What a transport is told of a call. */
export interface TransportCallOptions extends CallOptions {
  readonly attemptGroup?: AttemptGroup | undefined;
  /** Of a unary call: its promise resolves once the request has left, and the server sends no answer but its end. */
  readonly oneWay?: boolean | undefined;
}

/** One of the servers that a transport leads to. */
export interface Instance {
  /** Where it listens, as the transport was told. */
  readonly endpoint: string;
  /** Who answered there last; undefined before anybody has. */
  readonly peer: Peer | undefined;
  /** Leads to this one alone. It is closed with the transport that it belongs to. */
  readonly transport: Transport;
  /** What discovery knows of it; undefined where there is none. */
  readonly info?: InstanceInfo | undefined;
}

/** A service as a client uses it. */
export interface UsedService {
  /** Full name, such as `example.v1.GreeterService`. */
  readonly name: string;
  /** Its descriptor set in base64. */
  readonly schema: string;
  /** Names of the rpcs that are used; all of its schema's when left out. */
  readonly methods?: readonly string[] | undefined;
}

/**
 * What a client calls through: a connection, or anything that stands in for one. Requests are whole messages.
 * Every call ends within its deadline; one without ends with its session, unless it is a stream that resumes.
 */
export interface Transport {
  /** What deadlines are measured by. */
  readonly clock: Clock;
  /** At most once: only what was surely not processed is repeated behind the caller's back. */
  unary(method: BoundMethod<UnaryMethod>, request: unknown, options: TransportCallOptions): Promise<unknown>;
  /** The call is made when the first answer is asked for. */
  serverStream(
    method: BoundMethod<ServerStreamMethod>,
    request: unknown,
    options: TransportCallOptions,
  ): ResponseStream<unknown>;
  clientStream(
    method: BoundMethod<ClientStreamMethod>,
    requests: MessageSource<unknown>,
    options: TransportCallOptions,
  ): Promise<unknown>;
  /** The call is made when the first answer is asked for. */
  bidiStream(
    method: BoundMethod<BidiStreamMethod>,
    requests: MessageSource<unknown>,
    options: TransportCallOptions,
  ): ResponseStream<unknown>;
  /**
   * Every server of the service that is known, for calls that go to each of them. Waits for the first answer where
   * servers have to be found first, at most as long as a call waits for a connection.
   *
   * @throws HeliographError CANCELLED, reason CONNECTION_CLOSED; UNAVAILABLE, reason NO_INSTANCE, when nobody has said
   *   who there is
   */
  instances?(service: UsedService): readonly Instance[] | Promise<readonly Instance[]>;
  /** The way that calls of this service take, with a balancer of their own. Without it, all take the same. */
  channel?(service: UsedService, balancer: Balancer | undefined): Transport;
}

/** What leads to servers beside other things, such as a node, or one of the instances of a service. */
export interface TransportHost {
  readonly transport: Transport;
}

/**
 * @param usage how to call the function that was given it
 * @throws HeliographError INVALID_ARGUMENT unless it is a transport, or has one
 */
export function transportOf(where: Transport | TransportHost, usage: string): Transport {
  const given: Partial<Transport & TransportHost> | undefined = where;
  if (typeof given?.transport?.unary === "function") return given.transport;
  if (typeof given?.unary === "function") return where as Transport;
  throw invalidArgument(
    `the first argument must be a node or a connection, as in ${usage}, got ${showValue(where)}`,
  );
}
