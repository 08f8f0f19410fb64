import type { Clock } from "../../core/clock.js";
import type { Balancer } from "../../naming/balancer.js";
import type {
  BidiStreamMethod,
  ClientStreamMethod,
  ServerStreamMethod,
  UnaryMethod,
} from "../../wire/definition.js";
import type { BoundMethod } from "../bound-method.js";
import type { Transport, TransportCallOptions } from "../transport.js";
import type { MessageSource, ResponseStream } from "../types.js";

/** The way of a client with a balancer of its own: it shares all else with the others. */
export class BalancedTransport implements Transport {
  readonly clock: Clock;
  private readonly inner: Transport;
  private readonly balancer: Balancer;

  constructor(inner: Transport, balancer: Balancer) {
    this.clock = inner.clock;
    this.inner = inner;
    this.balancer = balancer;
  }

  unary(method: BoundMethod<UnaryMethod>, request: unknown, options: TransportCallOptions): Promise<unknown> {
    return this.inner.unary(method, request, this.balanced(options));
  }

  serverStream(
    method: BoundMethod<ServerStreamMethod>,
    request: unknown,
    options: TransportCallOptions,
  ): ResponseStream<unknown> {
    return this.inner.serverStream(method, request, this.balanced(options));
  }

  clientStream(
    method: BoundMethod<ClientStreamMethod>,
    requests: MessageSource<unknown>,
    options: TransportCallOptions,
  ): Promise<unknown> {
    return this.inner.clientStream(method, requests, this.balanced(options));
  }

  bidiStream(
    method: BoundMethod<BidiStreamMethod>,
    requests: MessageSource<unknown>,
    options: TransportCallOptions,
  ): ResponseStream<unknown> {
    return this.inner.bidiStream(method, requests, this.balanced(options));
  }

  private balanced(options: TransportCallOptions): TransportCallOptions {
    return options.balancer === undefined ? { ...options, balancer: this.balancer } : options;
  }
}
