import { Code } from "../core/code.js";
import { HeliographError, invalidArgument } from "../core/error.js";
import { codecs } from "../wire/codec.js";
import type { Init, Method, ServiceDefinition, UnaryMethod } from "../wire/definition.js";
import { fillMessage } from "../wire/fill-message.js";
import type { PayloadCodec } from "../wire/payload-codec.js";
import { showValue } from "../wire/show-value.js";
import { type BoundMethod, bindMethod, checkService, methodsOf } from "./bound-method.js";
import { type CallOptions, noOptions } from "./call-options.js";
import { InterceptedCalls } from "./intercepted-calls.js";
import { checkInterceptors, type Interceptor } from "./interceptor.js";
import type { Transport } from "./transport.js";
import type { Client } from "./types.js";

/** How a client makes its calls. */
export interface ClientOptions {
  /** The first sees the call first. */
  readonly interceptors?: readonly Interceptor[] | undefined;
  /** How requests and answers travel. Default `protobuf`; the others are for reading along and for odd peers. */
  readonly codec?: "protobuf" | "json" | "msgpack" | undefined;
}

/**
 * Makes a client of a service: an object with a function for each method. Does no I/O.
 *
 * Each call is made at most once, ends within its deadline (10 s unless said), and fails with a HeliographError
 * that says whether it ran: `notProcessed` is true when it surely did not.
 */
export function createClient<S extends ServiceDefinition>(
  transport: Transport,
  service: S,
  options: ClientOptions = {},
): Client<S> {
  checkService(service, "createClient(connection, GreeterService)");
  if (typeof transport?.unary !== "function") {
    throw invalidArgument(
      `the first argument of createClient() must be a connection, as connectTo() makes it, got ${showValue(transport)}`,
    );
  }
  checkInterceptors(options.interceptors);
  const codec = codecOf(options.codec);
  const interceptors = options.interceptors ?? [];
  const intercepted = interceptors.length === 0 ? undefined : new InterceptedCalls(transport, interceptors);
  // Without a prototype, so that it has no members but its methods; and nothing that `await` takes for a promise.
  const client: Record<string, unknown> = Object.create(null);
  for (const [key, method] of methodsOf(service)) {
    if (method.kind !== "unary") {
      client[key] = () => Promise.reject(unserved(method));
      continue;
    }
    const bound = bindMethod(service, method, codec);
    client[key] = intercepted === undefined ? direct(transport, bound) : intercepted.bind(bound);
  }
  // Built from the same members that the type is computed from.
  return client as Client<S>;
}

type AnyCall = (request: Init<unknown>, options?: CallOptions) => Promise<unknown>;

function direct(transport: Transport, method: BoundMethod<UnaryMethod>): AnyCall {
  return (request, options = noOptions) => {
    try {
      return transport.unary(method, fillMessage(method.input, request), options);
    } catch (error) {
      // A promise also of what is refused at once: a caller has one place for errors.
      return Promise.reject(error);
    }
  };
}

/** The types don't have such a method; plain JavaScript should hear why. */
function unserved({ path, kind }: Method): HeliographError {
  return new HeliographError(Code.Unimplemented, `${path} is a ${kind}, which this version can't call yet`, {
    reason: "UNSERVED_KIND",
    notProcessed: true,
  });
}

function codecOf(name: ClientOptions["codec"] = "protobuf"): PayloadCodec {
  if (name === "protobuf" || name === "json" || name === "msgpack") return codecs[name];
  throw invalidArgument(`codec must be "protobuf", "json" or "msgpack", got ${showValue(name)}`);
}
