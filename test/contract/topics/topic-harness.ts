import { afterEach, expect } from "vitest";
import {
  type ClientConnection,
  type ConnectOptions,
  connectTo,
  createNode,
  type Delivery,
  type HeliographError,
  insecure,
  type Node,
  type NodeOptions,
  type SocketFactory,
  serve,
} from "../../../src/index.js";
import { type FaultyNetwork, faults, memoryNetwork } from "../../../src/testing/index.js";
import { CallService } from "../../gen/heliograph/test/v1/call_heliograph.js";
import type { Sample } from "../../gen/heliograph/test/v1/topics.js";
import { silent } from "../rpc-harness.js";

const opened: AsyncDisposable[] = [];

afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each[Symbol.asyncDispose]();
});

/** Closed after the test. */
export function own<T extends AsyncDisposable>(resource: T): T {
  opened.push(resource);
  return resource;
}

/** A node that others can be connected to, before it publishes anything. */
export interface Home {
  readonly node: Node;
  readonly endpoint: string;
  /** Between those who connect and the node. */
  readonly network: FaultyNetwork;
  connect(options?: Partial<ConnectOptions>): ClientConnection;
}

export async function home(options: Partial<NodeOptions> = {}, endpoint = "memory://*"): Promise<Home> {
  const sockets: SocketFactory | undefined = endpoint.startsWith("memory:") ? memoryNetwork() : undefined;
  const node = createNode({
    name: "publisher",
    security: insecure(),
    registries: [],
    logger: silent,
    ...(sockets && { network: sockets }),
    ...options,
  });
  own({ [Symbol.asyncDispose]: () => node.close({ graceMs: 0 }) });
  const { endpoints } = await serve(node, CallService, {}, { endpoint });
  const network = faults(sockets && { network: sockets });
  return {
    node,
    endpoint: endpoints[0]!,
    network,
    connect: (more = {}) =>
      own(
        connectTo(endpoints, {
          security: insecure(),
          network,
          logger: silent,
          backoff: { initialMs: 1, maxMs: 10 },
          ...more,
        }),
      ),
  };
}

/** The next so many. */
export async function take<T>(from: AsyncIterator<T, undefined>, count: number): Promise<T[]> {
  const taken: T[] = [];
  while (taken.length < count) {
    const { done, value } = await from.next();
    if (done === true) break;
    taken.push(value);
  }
  return taken;
}

/** All until the end. */
export async function rest<T>(from: AsyncIterable<T>): Promise<T[]> {
  const taken: T[] = [];
  for await (const each of from) taken.push(each);
  return taken;
}

export const numbers = (deliveries: readonly Delivery<Sample>[]): number[] =>
  deliveries.map(({ message }) => message.number);

export const upTo = (last: number, first = 1): number[] =>
  Array.from({ length: last - first + 1 }, (_, n) => first + n);

export const failure = (promise: Promise<unknown>): Promise<HeliographError> =>
  promise.then(
    () => expect.unreachable("it did not fail"),
    (error: HeliographError) => error,
  );

export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
