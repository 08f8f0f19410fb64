import { randomUUID } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach } from "vitest";
import {
  type Client,
  type ClientConnection,
  type ClientOptions,
  type ConnectOptions,
  connectTo,
  createClient,
  createNode,
  type Handlers,
  HeliographError,
  insecure,
  type Node,
  type NodeOptions,
  type Served,
  type ServeOptions,
  type SocketFactory,
  serve,
} from "../../src/index.js";
import { memoryNetwork } from "../../src/testing/index.js";
import { CallService } from "../gen/heliograph/test/v1/call_heliograph.js";

/** One way that calls travel. */
export interface RpcCase {
  readonly name: string;
  /** In the place of real sockets. */
  readonly network: SocketFactory | undefined;
  /** An endpoint to listen on that nobody else uses. */
  endpoint(): string;
}

export const tcp: RpcCase = { name: "tcp", network: undefined, endpoint: () => "tcp://127.0.0.1:*" };

export const rpcCases: readonly RpcCase[] = [
  tcp,
  { name: "ipc", network: undefined, endpoint: () => `ipc://${join(tmpdir(), `${randomUUID()}.sock`)}` },
  { name: "inproc", network: undefined, endpoint: () => `inproc://${randomUUID()}` },
  { name: "memory", network: memoryNetwork(), endpoint: () => "memory://*" },
];

export type CallHandlers = Handlers<typeof CallService>;
export type CallClient = Client<typeof CallService>;

/** A node that serves CallService, and what it was told. */
export interface Server {
  readonly node: Node;
  readonly endpoint: string;
  readonly served: Served;
  readonly errors: unknown[];
  readonly unhandled: string[];
  readonly faults: string[];
}

export interface ServerOptions {
  readonly serve?: ServeOptions;
  readonly node?: Partial<NodeOptions>;
}

export interface ClientSetup {
  readonly connect?: Partial<ConnectOptions>;
  readonly client?: ClientOptions;
}

export interface Harness {
  serve(handlers: CallHandlers, options?: ServerOptions): Promise<Server>;
  connect(endpoints: readonly string[], options?: Partial<ConnectOptions>): ClientConnection;
  client(server: Server, setup?: ClientSetup): CallClient;
  /** A server with these handlers and a client of it. */
  pair(
    handlers: CallHandlers,
    options?: ServerOptions & ClientSetup,
  ): Promise<Server & { client: CallClient }>;
  /** Closed after the test. */
  own(resource: AsyncDisposable): void;
}

/** What a suite's tests start nodes and connections with; all of them are closed after each test. */
export function harness(rpcCase: RpcCase): Harness {
  let open: AsyncDisposable[] = [];

  afterEach(async () => {
    const closing = open.reverse();
    open = [];
    await Promise.all(closing.map((each) => each[Symbol.asyncDispose]()));
  });

  const common = { security: insecure(), ...(rpcCase.network && { network: rpcCase.network }) };
  const own = (resource: AsyncDisposable) => void open.push(resource);
  const self: Harness = {
    own,
    async serve(handlers, options = {}) {
      const errors: unknown[] = [];
      const unhandled: string[] = [];
      const faults: string[] = [];
      const node = createNode({
        ...common,
        name: "server",
        onError: (error) => errors.push(error),
        onUnhandled: (path) => unhandled.push(path),
        logger: { ...silent, warn: (fields) => faults.push(String(fields["error"])) },
        ...options.node,
      });
      // Handlers that never return would hold the test up.
      own({ [Symbol.asyncDispose]: () => node.close({ graceMs: 0 }) });
      const served = await serve(node, CallService, handlers, {
        endpoint: rpcCase.endpoint(),
        ...options.serve,
      });
      return { node, endpoint: served.endpoints[0]!, served, errors, unhandled, faults };
    },
    connect(endpoints, options) {
      const connection = connectTo(endpoints, { ...common, logger: silent, ...options });
      own(connection);
      return connection;
    },
    client(server, setup = {}) {
      return createClient(self.connect([server.endpoint], setup.connect), CallService, setup.client);
    },
    async pair(handlers, options = {}) {
      const server = await self.serve(handlers, options);
      return { ...server, client: self.client(server, options) };
    },
  };
  return self;
}

export const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** A promise and what settles it. */
export interface Deferred<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(error: unknown): void;
}

export function deferred<T = void>(): Deferred<T> {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((res, rej) => {
    resolve = res;
    reject = rej;
  });
  return { promise, resolve, reject };
}

/** The error that a call ends with; fails when it succeeds, or throws anything but a HeliographError. */
export async function failure(call: Promise<unknown>): Promise<HeliographError> {
  try {
    await call;
  } catch (error) {
    if (error instanceof HeliographError) return error;
    throw error;
  }
  throw new Error("the call was expected to fail");
}

/** Resolves with the signal's reason once it fires. */
export function fired(signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(signal.reason);
    signal.addEventListener("abort", () => resolve(signal.reason));
  });
}

export const never = (): Promise<never> => new Promise(() => {});

/** All messages of a stream. */
export async function all<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const messages: T[] = [];
  for await (const message of stream) messages.push(message);
  return messages;
}

/** The messages of a stream that fails, and its error. */
export async function untilError<T>(stream: AsyncIterable<T>): Promise<[T[], HeliographError]> {
  const messages: T[] = [];
  const error = await failure(
    (async () => {
      for await (const message of stream) messages.push(message);
    })(),
  );
  return [messages, error];
}
