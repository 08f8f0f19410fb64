import { afterEach, describe, expect, test } from "vitest";
import { dns } from "../../src/discovery/addresses/dns.js";
import { fixed } from "../../src/discovery/addresses/fixed.js";
import {
  Code,
  createClient,
  createNode,
  HeliographError,
  insecure,
  type Node,
  type NodeOptions,
  serve,
} from "../../src/index.js";
import type { Balancer, PickedCall } from "../../src/naming/balancer.js";
import { consistentHash } from "../../src/naming/consistent-hash.js";
import { leastPending } from "../../src/naming/least-pending.js";
import { outlierEjection } from "../../src/naming/outlier-ejection.js";
import { powerOfTwo } from "../../src/naming/power-of-two.js";
import { priority } from "../../src/naming/priority.js";
import { random } from "../../src/naming/random.js";
import { roundRobin } from "../../src/naming/round-robin.js";
import { sticky } from "../../src/naming/sticky.js";
import type { HandlerContext } from "../../src/rpc/context.js";
import { memoryNetwork } from "../../src/testing/index.js";
import { CallService } from "../gen/heliograph/test/v1/call_heliograph.js";
import { DnsServer } from "../support/dns-server.js";
import { until } from "../support/within.js";
import { deferred, silent } from "./rpc-harness.js";

const SOON_MS = 20_000;
const network = memoryNetwork();
const opened: Node[] = [];
let groups = 0;

afterEach(async () => {
  await Promise.all(opened.splice(0).map((node) => node.close({ graceMs: 0 })));
});

function nodeOf(name: string, rest: Partial<NodeOptions> = {}): Node {
  const node = createNode({ name, security: insecure(), network, registries: [], logger: silent, ...rest });
  opened.push(node);
  return node;
}

type Handler = (name: string, ctx: HandlerContext) => Promise<void> | void;

/** A node that serves calls with its name. */
async function server(name: string, endpoint: string, handler: Handler, rest: Partial<NodeOptions> = {}) {
  const node = nodeOf(name, rest);
  await serve(
    node,
    CallService,
    {
      call: async (note, ctx) => {
        await handler(name, ctx);
        return { ...note, text: name };
      },
    },
    { endpoint },
  );
  return node;
}

/** Names of the instances that a node has connections to. */
function connectionsOf(node: Node): ReadonlySet<string> {
  const names = new Set<string>();
  void (async () => {
    for await (const status of node.status()) {
      if (status.kind === "connected") names.add(status.peer.node);
      if (status.kind === "disconnected" && status.peer !== undefined) names.delete(status.peer.node);
    }
  })();
  return names;
}

function clientOf(caller: Node, balancer: Balancer) {
  const client = createClient(caller, CallService, { balancer });
  const ask = async (key = ""): Promise<string> => {
    try {
      return (await client.call({}, { metadata: { key } })).text;
    } catch (thrown) {
      return HeliographError.from(thrown).message;
    }
  };
  const asks = async (times: number) => {
    const counts: Record<string, number> = {};
    for (let call = 0; call < times; call++) {
      const name = await ask();
      counts[name] = (counts[name] ?? 0) + 1;
    }
    return counts;
  };
  return { client, ask, asks };
}

/** Instances, and a client that is connected to all of them. */
async function groupOf(names: readonly string[], balancer: Balancer, handler: Handler = () => {}) {
  const group = groups++;
  const endpointOf = (name: string) => `memory://balancing-${group}-${name}`;
  const start = (name: string) => server(name, endpointOf(name), handler);
  const nodes = new Map<string, Node>();
  for (const name of names) nodes.set(name, await start(name));
  const addresses = names.map((name, index) => ({
    services: [CallService],
    endpoints: [endpointOf(name)],
    labels: { priority: String(index) },
  }));
  const caller = nodeOf("caller", { resolvers: [fixed(addresses)], backoff: { initialMs: 5, maxMs: 5 } });
  const connected = connectionsOf(caller);
  // Any call makes the node look for instances.
  await clientOf(caller, random()).ask();
  await until(SOON_MS, "all connections", () => connected.size === names.length);
  return { ...clientOf(caller, balancer), nodes, start, connected };
}

const key = ({ metadata }: PickedCall) => metadata?.text("key");

describe("calls of a client", () => {
  test("go round", async () => {
    const { ask, asks } = await groupOf(["a", "b", "c"], roundRobin());
    await ask();
    expect(await asks(30)).toEqual({ a: 10, b: 10, c: 10 });
  });

  test("go where fewest are under way", async () => {
    const gate = deferred();
    const running: Record<string, number> = {};
    const { client, ask } = await groupOf(["a", "b", "c"], leastPending(), async (name, ctx) => {
      if (ctx.requestMetadata.text("key") !== "held") return;
      running[name] = (running[name] ?? 0) + 1;
      await gate.promise;
    });
    await ask();
    const calls = Array.from({ length: 30 }, () => client.call({}, { metadata: { key: "held" } }));
    const total = () => Object.values(running).reduce((sum, count) => sum + count, 0);
    await until(SOON_MS, "30 calls", () => total() === 30);
    expect(running).toEqual({ a: 10, b: 10, c: 10 });
    gate.resolve();
    await Promise.all(calls);
  });

  test("avoid an instance that is slow", async () => {
    const { ask, asks } = await groupOf(["a", "b", "c"], powerOfTwo(), (name, ctx) =>
      name === "b" ? ctx.sleep(100) : undefined,
    );
    await ask();
    expect((await asks(100))["b"] ?? 0).toBeLessThanOrEqual(2);
  });

  test("stay with an instance by their key", async () => {
    for (const balancer of [consistentHash({ key }), sticky({ key })]) {
      const { ask } = await groupOf(["a", "b", "c"], balancer);
      const keys = Array.from({ length: 12 }, (_, index) => `key ${index}`);
      const round = async () => {
        const places: string[] = [];
        for (const each of keys) places.push(await ask(each));
        return places;
      };
      await ask();
      const places = await round();
      expect(new Set(places)).toEqual(new Set(["a", "b", "c"]));
      expect(await round()).toEqual(places);
    }
  });

  test("go to the next group when one has nobody, and come back when it has", async () => {
    const { ask, asks, nodes, start, connected } = await groupOf(["a", "b"], priority());
    await ask();
    expect(await asks(5)).toEqual({ a: 5 });
    await nodes.get("a")?.close();
    expect(await asks(5)).toEqual({ b: 5 });
    await start("a");
    await until(SOON_MS, "the connection to come back", () => connected.has("a"));
    expect(await asks(5)).toEqual({ a: 5 });
  });

  test("leave an instance alone whose calls fail, and go on elsewhere", async () => {
    const { asks } = await groupOf(["a", "b", "c"], outlierEjection(), (name) => {
      if (name === "b") throw new HeliographError(Code.Internal, "my disk is full");
    });
    const counts = await asks(60);
    expect(counts["INTERNAL: heliograph.test.v1.CallService/Call: my disk is full"]).toBe(5);
    expect(await asks(30)).toEqual({ a: 15, c: 15 });
  });
});

test("records of DNS lead to the instances that are there", async () => {
  const real = { network: undefined };
  const ports = new Map<string, number>();
  for (const name of ["a", "b"]) {
    const { endpoints } = await server(name, "tcp://127.0.0.1:*", () => {}, real);
    ports.set(name, Number(endpoints[0]?.split(":").at(-1)));
  }
  let there = ["a"];
  await using names = await DnsServer.start((question) => {
    if (question !== "SRV greeter.test")
      return question === "A here.test" ? [{ type: "A", address: "127.0.0.1" }] : [];
    return there.map((name) => ({ type: "SRV", target: "here.test", port: ports.get(name) ?? 0 }));
  });
  const resolver = dns({
    host: "greeter.test",
    srv: true,
    services: [CallService],
    servers: [names.address],
    intervalMs: 20,
  });
  const caller = nodeOf("caller", { ...real, resolvers: [resolver] });
  const connected = connectionsOf(caller);
  const { ask, asks } = clientOf(caller, roundRobin());
  expect(await ask()).toBe("a");
  there = ["b", "a"];
  await until(SOON_MS, "both", () => connected.has("a") && connected.has("b"));
  expect(await asks(10)).toEqual({ a: 5, b: 5 });
  there = ["b"];
  await until(SOON_MS, "one to be gone", () => !connected.has("a"));
  expect(await asks(5)).toEqual({ b: 5 });
});
