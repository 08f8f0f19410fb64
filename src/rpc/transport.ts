import type { Clock } from "../core/clock.js";
import { invalidArgument } from "../core/error.js";
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
   * Every server that is known now, for calls that go to each of them. Does no I/O.
   *
   * @throws HeliographError CANCELLED, reason CONNECTION_CLOSED
   */
  instances?(): readonly Instance[];
}

/**
 * @param usage how to call the function that was given it
 * @throws HeliographError INVALID_ARGUMENT unless it is a transport
 */
export function requireTransport(transport: Transport, usage: string): void {
  if (typeof transport?.unary === "function") return;
  throw invalidArgument(
    `the first argument must be a connection, as connectTo() makes it and as in ${usage}, got ${showValue(transport)}`,
  );
}
