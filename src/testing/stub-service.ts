import type { Clock } from "../core/clock.js";
import { Code } from "../core/code.js";
import { HeliographError, invalidArgument } from "../core/error.js";
import { checkOptionNames } from "../core/option-names.js";
import { type ClientConnection, connectTo } from "../node/connect.js";
import { createNode } from "../node/create-node.js";
import { checkService, methodsOf } from "../rpc/bound-method.js";
import { createClient } from "../rpc/client/client.js";
import type { HandlerContext } from "../rpc/context.js";
import type { Interceptor } from "../rpc/interceptor.js";
import { serve } from "../rpc/server/serve.js";
import type { Client, Handlers } from "../rpc/types.js";
import { memoryNetwork } from "../socket/memory-socket.js";
import { insecure } from "../socket/security.js";
import type { SocketFactory } from "../socket/socket.js";
import type { Method, ServiceDefinition } from "../wire/definition.js";
import type { LimitOptions } from "../wire/limits.js";
import { showValue } from "../wire/show-value.js";
import { type AnyStubCall, type MethodName, noteCall, type StubCall } from "./stub-calls.js";

/** What a stub may be told. */
export interface StubOptions {
  /** Around the calls of `client`; the first sees the call first. */
  readonly interceptors?: readonly Interceptor[] | undefined;
  /** What deadlines are measured by, on both sides: `fakeClock()`. */
  readonly clock?: Clock | undefined;
  /** What both sides accept; see `Limits` for units and defaults. */
  readonly limits?: LimitOptions | undefined;
  /** What calls travel on: `faults()`. Default: a new `memoryNetwork()`. */
  readonly network?: SocketFactory | undefined;
}

/** A service that answers as a test says, and remembers what it was asked. */
export interface StubService<S> extends AsyncDisposable {
  readonly client: Client<S>;
  /** For code that makes its own clients: takes the place of `connectTo(…)`. */
  readonly connection: ClientConnection;
  /** All calls that have reached the service, in the order in which they did; also those without a handler. */
  readonly calls: readonly StubCall<S>[];
  /** Gives a method another handler from here on, or none: it then answers UNIMPLEMENTED. Calls that run go on. */
  on<K extends MethodName<S> & keyof Handlers<S>>(method: K, handler: Handlers<S>[K]): void;
  /** Ends all calls and closes both sides. */
  close(): Promise<void>;
}

/**
 * Serves a service in memory, for tests of code that calls it. Calls are real: messages are encoded and decoded,
 * deadlines, cancellation and limits hold; there are no sockets. A method without a handler answers UNIMPLEMENTED.
 *
 * @throws HeliographError INVALID_ARGUMENT for an unknown handler or a bad option
 */
export async function stubService<S extends ServiceDefinition>(
  service: S,
  handlers: Handlers<S> = {} as Handlers<S>,
  options: StubOptions = {},
): Promise<StubService<S>> {
  checkService(service, "stubService(GreeterService, { … })");
  checkOptionNames("stubService()", options, ["interceptors", "clock", "limits", "network"]);
  const methods = new Map(methodsOf(service));
  const current = new Map<string, AnyHandler>();
  const calls: AnyStubCall[] = [];
  const set = (name: string, handler: unknown): void => {
    if (!methods.has(name)) {
      const known = [...methods.keys()].join(", ");
      throw invalidArgument(`${service.$service} has no method "${name}"; it has ${known}`);
    }
    if (handler === undefined) current.delete(name);
    else if (typeof handler === "function") current.set(name, handler.bind(handlers) as AnyHandler);
    else throw invalidArgument(`the handler ${name} must be a function, got ${showValue(handler)}`);
  };
  // In a plain object every key must be a method; an instance of a class may have others.
  const plain = [Object.prototype, null].includes(Object.getPrototypeOf(handlers));
  for (const name of plain ? Object.keys(handlers) : methods.keys()) set(name, Reflect.get(handlers, name));

  const stubs = [...methods].map(([name, method]) => [
    name,
    (request: unknown, ctx: HandlerContext) => {
      const noted = noteCall(calls, name, method, request, ctx);
      const handler = current.get(name);
      if (handler === undefined) throw unhandled(method);
      return handler(noted, ctx);
    },
  ]);
  const { interceptors, ...both } = options;
  const common = { security: insecure(), ...both, network: options.network ?? memoryNetwork() };
  // Nobody has to find it; and faults are for calls of the service alone.
  const node = createNode({ name: "stub", ...common, registries: [] });
  try {
    const { endpoints } = await serve(node, service, Object.fromEntries(stubs) as Handlers<S>);
    const connection = connectTo(endpoints, common);
    const client = createClient(connection, service, { interceptors });
    const close = async () => {
      // First the callers: nobody then waits for handlers that never return.
      await connection.close();
      await node.close({ graceMs: 0 });
    };
    return {
      client,
      connection,
      // Each is noted under its method's name, with what that method's handler takes.
      calls: calls as unknown as readonly StubCall<S>[],
      on: set,
      close,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await node.close({ graceMs: 0 });
    throw error;
  }
}

type AnyHandler = (request: unknown, ctx: HandlerContext) => unknown;

function unhandled({ path }: Method): HeliographError {
  return new HeliographError(Code.Unimplemented, `${path}: the stub has no handler for it`, {
    reason: "METHOD_UNKNOWN",
    notProcessed: true,
  });
}
