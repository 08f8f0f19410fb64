import { invalidArgument } from "../../core/error.js";
import { type Balancer, checkBalancer } from "../../naming/balancer.js";
import { codecs } from "../../wire/codec.js";
import type { ServiceDefinition } from "../../wire/definition.js";
import type { PayloadCodec } from "../../wire/payload-codec.js";
import { showValue } from "../../wire/show-value.js";
import { bindMethod, checkService, methodsOf } from "../bound-method.js";
import { noOptions } from "../call-options.js";
import type { CallerFunction } from "../caller-function.js";
import { InterceptedCalls } from "../interception/intercepted-calls.js";
import { checkInterceptors, type Interceptor } from "../interceptor.js";
import { type Transport, type TransportHost, transportOf } from "../transport.js";
import type { Client } from "../types.js";
import { directCall } from "./direct-call.js";

/** How a client makes its calls. */
export interface ClientOptions {
  /** The first sees the call first. */
  readonly interceptors?: readonly Interceptor[] | undefined;
  /** How requests and answers travel. Default `protobuf`; the others are for reading along and for odd peers. */
  readonly codec?: "protobuf" | "json" | "msgpack" | undefined;
  /** How calls are spread over the instances of the service. Default: the node's. */
  readonly balancer?: Balancer | undefined;
}

/**
 * Makes a client of a service: an object with a function for each method. Does no I/O. With a node, calls go to the
 * instances that are found through discovery; with a connection, to the endpoints that it was made with.
 *
 * Each call runs at most once unless it is told to be retried, ends within its deadline (10 s unless said; none for a
 * stream of answers), and fails with a HeliographError that says whether it ran: `notProcessed` is true when it surely
 * did not.
 */
export function createClient<S extends ServiceDefinition>(
  where: Transport | TransportHost,
  service: S,
  options: ClientOptions = {},
): Client<S> {
  checkService(service, "createClient(connection, GreeterService)");
  if (options.balancer !== undefined) checkBalancer("balancer", options.balancer);
  const given = transportOf(where, "createClient(node, GreeterService)");
  const used = { name: service.$service, schema: service.$schema };
  const transport = given.channel?.(used, options.balancer) ?? given;
  checkInterceptors(options.interceptors);
  const codec = codecOf(options.codec);
  const interceptors = options.interceptors ?? [];
  const intercepted = new InterceptedCalls(transport, interceptors);
  // Without a prototype, so that it has no members but its methods; and nothing that `await` takes for a promise.
  const client: Record<string, unknown> = Object.create(null);
  for (const [key, method] of methodsOf(service)) {
    const bound = bindMethod(method, codec);
    const through = intercepted.bind(bound);
    client[key] = interceptors.length > 0 ? through : retriedOrDirect(through, directCall(transport, bound));
  }
  // Built from the same members that the type is computed from.
  return client as Client<S>;
}

/** A call that asks for retries goes through what an interceptor's would. */
function retriedOrDirect(retried: CallerFunction, direct: CallerFunction): CallerFunction {
  return (input, options = noOptions) => (options.retry ? retried(input, options) : direct(input, options));
}

function codecOf(name: ClientOptions["codec"] = "protobuf"): PayloadCodec {
  if (name === "protobuf" || name === "json" || name === "msgpack") return codecs[name];
  throw invalidArgument(`codec must be "protobuf", "json" or "msgpack", got ${showValue(name)}`);
}
