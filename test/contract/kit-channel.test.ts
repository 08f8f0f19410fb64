import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { HealthService } from "../../src/gen/heliograph/health/v1/health_heliograph.js";
import { NodeService } from "../../src/gen/heliograph/node/v1/node_heliograph.js";
import {
  Code,
  checkHealth,
  createClient,
  createNode,
  insecure,
  type Node,
  type SocketFactory,
  scatter,
  serve,
} from "../../src/index.js";
import type { InstanceInfo } from "../../src/naming/instance.js";
import { type FakeClock, fakeClock, memoryNetwork } from "../../src/testing/index.js";
import { CallService } from "../gen/heliograph/test/v1/call_heliograph.js";
import { at, HandSource } from "../support/hand-source.js";
import { failure, silent } from "./rpc-harness.js";

/** How long a link is kept after the last call that named its instance. */
const LINGER_MS = 10_000;

/** What all instances serve, and none announces: calls name the instance that is meant. */
describe("a service of every instance", () => {
  let clock: FakeClock;
  let source: HandSource;
  let network: SocketFactory;
  let caller: Node;
  let servers: Node[] = [];
  let dials: string[] = [];

  beforeEach(() => {
    clock = fakeClock();
    source = new HandSource();
    dials = [];
    const memory = memoryNetwork();
    network = {
      anyEndpoint: memory.anyEndpoint,
      listen: (...args) => memory.listen(...args),
      dial: (endpoint, ...args) => {
        dials.push(endpoint);
        return memory.dial(endpoint, ...args);
      },
    };
    const resolver = {
      name: "by hand",
      open: () => ({
        watch: (service: string, listener: Parameters<HandSource["watch"]>[1]) =>
          source.watch(service, listener),
        close: async () => {},
      }),
    };
    caller = node("caller", [resolver]);
  });

  afterEach(async () => {
    const closing = Promise.all([caller, ...servers].map((each) => each.close({ graceMs: 0 })));
    servers = [];
    await clock.advanceAsync(2_000);
    await closing;
    expect(clock.timers).toBe(0);
  });

  function node(name: string, resolvers: Parameters<typeof createNode>[0]["resolvers"] = []): Node {
    return createNode({
      name,
      security: insecure(),
      network,
      clock,
      logger: silent,
      registries: [],
      resolvers,
    });
  }

  async function serversOf(count: number): Promise<InstanceInfo[]> {
    return Promise.all(
      Array.from({ length: count }, async (_, i) => {
        const server = node(`server-${i}`);
        servers.push(server);
        await serve(server, CallService, { call: (note) => note }, { endpoint: `memory://server-${i}` });
        const { name, instance, epoch } = server;
        return at(`memory://server-${i}`, { node: name, instance, epoch });
      }),
    );
  }

  async function done<T>(work: Promise<T>): Promise<T> {
    work.catch(() => {});
    await clock.advanceAsync(200);
    return work;
  }

  const connected = () => servers.filter(({ serving }) => serving.sessions > 0).map(({ name }) => name);

  test("is called by one connection, of 200 instances, which ends a while after the last call", async () => {
    const infos = await serversOf(200);
    source.say(...infos);
    expect((await done(checkHealth(caller, infos[7]))).status).toBe("serving");
    expect(dials).toEqual(["memory://server-7"]);
    expect(connected()).toEqual(["server-7"]);
    await clock.advanceAsync(LINGER_MS - 1_000);
    await done(checkHealth(caller, infos[7]));
    await clock.advanceAsync(LINGER_MS - 1_000);
    expect(connected()).toEqual(["server-7"]);
    expect(dials).toHaveLength(1);
    await clock.advanceAsync(1_000);
    expect(connected()).toEqual([]);
  });

  test("is followed for as long as anybody is asked, and after that asked for anew", async () => {
    const infos = await serversOf(2);
    source.say(...infos);
    await done(checkHealth(caller, infos[0]));
    await done(checkHealth(caller, infos[1]));
    expect(source.watched).toEqual([""]);
    await clock.advanceAsync(LINGER_MS + 2_000);
    expect(source.listening).toBe(0);
    await done(checkHealth(caller, infos[1]));
    expect(source.watched).toEqual(["", ""]);
    expect(connected()).toEqual(["server-1"]);
  });

  test("keeps its connection while a stream goes on, however long", async () => {
    const infos = await serversOf(2);
    source.say(...infos);
    const stream = createClient(caller, HealthService)
      .watch({}, { instance: infos[0]?.instance })
      [Symbol.asyncIterator]();
    await done(stream.next());
    await clock.advanceAsync(6 * LINGER_MS);
    expect(connected()).toEqual(["server-0"]);
    await done(Promise.resolve(stream.return?.()));
    await clock.advanceAsync(LINGER_MS);
    expect(connected()).toEqual([]);
  });

  test("refuses calls that don't say which instance is meant, before anybody is asked", async () => {
    source.say(...(await serversOf(1)));
    const error = await failure(checkHealth(caller));
    expect(error).toMatchObject({ code: Code.InvalidArgument, reason: "BAD_OPTION" });
    expect(error.message).toContain("heliograph.health.v1.HealthService/Check");
    expect(error.message).toContain("{ instance: info.instance }");
    const stream = createClient(caller, HealthService).watch({})[Symbol.asyncIterator]();
    expect(await failure(stream.next())).toMatchObject({ reason: "BAD_OPTION" });
    expect([source.watched, dials]).toEqual([[], []]);
  });

  test("says of an instance that is not known that it is not", async () => {
    source.say(...(await serversOf(1)));
    const error = await failure(done(checkHealth(caller, { instance: "nobody" })));
    expect(error).toMatchObject({ code: Code.Unavailable, reason: "NO_INSTANCE", notProcessed: true });
    expect(error.message).toContain("no instance nobody of heliograph.health.v1.HealthService is known");
    expect(dials).toEqual([]);
  });

  test("waits for an instance that begins later, if told to", async () => {
    source.say();
    const [info] = await serversOf(1);
    const ping = createClient(caller, NodeService).ping(
      {},
      { instance: info?.instance, waitForReady: true, timeoutMs: 60_000 },
    );
    ping.catch(() => {});
    await clock.advanceAsync(5_000);
    if (info !== undefined) source.say(info);
    await clock.advanceAsync(200);
    expect((await ping).timeUs).toBeGreaterThan(0n);
  });

  test("finds an instance among addresses of which nobody knows who is there", async () => {
    const infos = await serversOf(3);
    source.say(...infos.map(({ endpoints }) => at(endpoints[0] ?? "")));
    expect((await done(checkHealth(caller, infos[2]))).status).toBe("serving");
    await clock.advanceAsync(LINGER_MS);
    expect(connected()).toEqual([]);
  });

  test("is asked of all instances at a time, whose connections end afterwards", async () => {
    const infos = await serversOf(5);
    source.say(...infos, at("memory://dead", { node: "dead", instance: "dead", epoch: 1, state: "dead" }));
    const answers = (async () => {
      const from: (string | undefined)[] = [];
      for await (const { peer } of scatter(caller, NodeService.ping, {})) from.push(peer?.node);
      return from.sort();
    })();
    expect(await done(answers)).toEqual(servers.map(({ name }) => name));
    expect(dials).toHaveLength(5);
    await clock.advanceAsync(LINGER_MS);
    expect(connected()).toEqual([]);
  });

  test("keeps what is asked of all until those have answered that are waited for", async () => {
    const [info] = await serversOf(1);
    const late = at("memory://late", { node: "late", instance: "late", epoch: 1 });
    source.say(...(info === undefined ? [] : [info]), late);
    const ended: unknown[] = [];
    const answers = (async () => {
      for await (const { error } of scatter(
        caller,
        NodeService.ping,
        {},
        { waitForReady: true, timeoutMs: 3 * LINGER_MS },
      ))
        ended.push(error?.code);
    })();
    await clock.advanceAsync(2 * LINGER_MS);
    expect(ended).toEqual([undefined]);
    await clock.advanceAsync(LINGER_MS + 1_000);
    await answers;
    expect(ended).toEqual([undefined, Code.DeadlineExceeded]);
  });
});
