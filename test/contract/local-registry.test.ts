import { createServer } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { GreeterService } from "../../examples/gen/example/v1/greeter_heliograph.js";
import { systemClock } from "../../src/core/clock.js";
import { localRegistry } from "../../src/discovery/registries/local-registry.js";
import { registryHandlers } from "../../src/discovery/registry/registry-service.js";
import { RegistryService } from "../../src/gen/heliograph/discovery/v1/registry_heliograph.js";
import { NodeService } from "../../src/gen/heliograph/node/v1/node_heliograph.js";
import {
  type Clock,
  Code,
  createClient,
  createNode,
  HeliographError,
  insecure,
  type SocketFactory,
  serve,
  watchInstances,
} from "../../src/index.js";
import type { OpenResolver } from "../../src/naming/resolver.js";
import type { Dialer, Listener } from "../../src/socket/socket.js";
import { fakeClock, memoryNetwork, zmqSockets } from "../../src/testing/index.js";
import { Random } from "../support/random.js";
import {
  announcementOf,
  type RecordingHost,
  recordingHost,
  type Seen,
  watching,
} from "../support/resolver-host.js";
import { connectorOn } from "../support/small-registry.js";
import { until } from "../support/within.js";
import { silent } from "./rpc-harness.js";

const SERVICE = "example.v1.GreeterService";
const ENDPOINT = "memory://registry";

/** The sockets of one process, which may be killed. */
class Process implements SocketFactory {
  private readonly network: SocketFactory;
  private readonly sockets = new Set<Listener | Dialer>();
  private dead = false;

  constructor(network: SocketFactory) {
    this.network = network;
  }

  get anyEndpoint(): string | undefined {
    return this.network.anyEndpoint;
  }

  listen: SocketFactory["listen"] = async (endpoint, events) => {
    if (this.dead) throw new HeliographError(Code.Unavailable, "killed");
    const listener = await this.network.listen(endpoint, events);
    this.sockets.add(listener);
    return listener;
  };

  dial: SocketFactory["dial"] = (endpoint, events, options) => {
    const dialer = this.network.dial(this.dead ? "memory://nowhere" : endpoint, events, options);
    this.sockets.add(dialer);
    return dialer;
  };

  /** Its connections break, its endpoints are free, and nothing of it is heard of again. */
  async kill(): Promise<void> {
    this.dead = true;
    await Promise.all([...this.sockets].map((socket) => socket.close({ lingerMs: 0 })));
  }
}

/** A node that shares the local registry with others. */
interface Member {
  readonly name: string;
  readonly process: Process;
  readonly host: RecordingHost;
  readonly resolver: Required<OpenResolver>;
  readonly seen: Seen;
  serves: boolean;
}

class Machine {
  readonly members: Member[] = [];
  private readonly network: SocketFactory;
  private readonly clock: Clock;
  private readonly endpoint: string;
  private readonly random = new Random(11);

  constructor(network: SocketFactory, clock: Clock, endpoint = ENDPOINT) {
    this.network = network;
    this.clock = clock;
    this.endpoint = endpoint;
  }

  get serving(): readonly Member[] {
    return this.members.filter(({ serves }) => serves);
  }

  get names(): readonly string[] {
    return this.members.map(({ name }) => name).sort();
  }

  /** Starts nodes in the same moment. */
  start(count: number): readonly Member[] {
    const first = this.members.length;
    for (let n = 0; n < count; n++) this.add(`node-${String(first + n).padStart(3, "0")}`);
    return this.members.slice(first);
  }

  add(name: string): Member {
    const process = new Process(this.network);
    const host = recordingHost(this.clock);
    const resolver = localRegistry({
      endpoint: this.endpoint,
      connector: connectorOn(process, this.clock),
      serveRegistry: () => this.serveRegistry(member),
      random: () => this.random.next(),
    }).open(host) as Required<OpenResolver>;
    const seen = watching(resolver, SERVICE);
    const member: Member = { name, process, host, resolver, seen, serves: false };
    const endpoints = [`tcp://192.0.2.1:${5_000 + this.members.length}`];
    resolver.announce(announcementOf(name, { endpoints, host: "here" })).catch(() => {});
    this.members.push(member);
    return member;
  }

  async close(member: Member): Promise<void> {
    this.members.splice(this.members.indexOf(member), 1);
    await member.resolver.withdraw();
    await member.resolver.close();
  }

  kill(member: Member): Promise<void> {
    this.members.splice(this.members.indexOf(member), 1);
    this.killed.push(member);
    return member.process.kill();
  }

  readonly killed: Member[] = [];

  private async serveRegistry(member: Member): Promise<AsyncDisposable> {
    const { process, host } = member;
    const common = { security: insecure(), network: process, clock: this.clock, logger: host.logger };
    const node = createNode({ name: "registry", registries: [], ...common });
    const { instance } = node;
    const { handlers, close } = registryHandlers({
      clock: this.clock,
      logger: host.logger,
      instance,
      here: { host: "here", processId: 1 },
    });
    const end = async () => {
      member.serves = false;
      close();
      await node.close({ graceMs: 0 });
    };
    try {
      await serve(node, RegistryService, handlers, { endpoint: this.endpoint });
    } catch (error) {
      await end();
      throw error;
    }
    member.serves = true;
    return { [Symbol.asyncDispose]: end };
  }
}

describe("a local registry", () => {
  const clock = fakeClock();
  let machine: Machine | undefined;

  afterEach(async () => {
    const all = [...(machine?.members ?? []), ...(machine?.killed ?? [])];
    machine = undefined;
    const closing = Promise.all(all.map(({ resolver }) => resolver.close()));
    await clock.advanceAsync(20_000);
    await closing;
    expect(clock.timers).toBe(0);
  });

  function begin(network = memoryNetwork()): Machine {
    machine = new Machine(network, clock);
    return machine;
  }

  test("is served by the first node that finds nobody there, and asked by all", async () => {
    const here = begin();
    here.start(1);
    await clock.advanceAsync(1_000);
    here.start(2);
    await clock.advanceAsync(1_000);
    expect(here.serving.map(({ name }) => name)).toEqual(["node-000"]);
    for (const { seen, host } of here.members) {
      expect(seen.lists.at(-1)).toEqual(here.names);
      expect(host.told).toEqual([]);
    }
  });

  test("is served by one of a hundred nodes that start in the same moment, and known to all before the clock moves", async () => {
    const here = begin();
    here.start(100);
    await clock.advanceAsync(0);
    expect(here.serving).toHaveLength(1);
    for (const { seen, host } of here.members) {
      expect(seen.lists.at(-1)).toEqual(here.names);
      expect(host.told).toEqual([]);
      expect(host.warnings).toEqual([]);
    }
  });

  test("is taken over when its process is killed, and no watcher loses a living node", async () => {
    const here = begin();
    here.start(40);
    await clock.advanceAsync(10_000);
    for (const { seen } of here.members) (seen.lists as string[][]).length = 0;
    const [owner] = here.serving as [Member];
    await here.kill(owner);
    await clock.advanceAsync(100);
    const [next, ...others] = here.serving;
    expect(others).toEqual([]);
    expect(next).not.toBe(owner);
    await clock.advanceAsync(10_000);
    for (const { seen, host } of here.members) {
      for (const list of seen.lists) expect(list).toEqual(expect.arrayContaining([...here.names]));
      expect(seen.lists.at(-1)).toEqual(here.names);
      expect(seen.failures).toEqual([]);
      expect(host.told).toEqual([]);
    }
  });

  test("is handed over by a node that closes: all are registered again soon, and only that node is gone", async () => {
    const here = begin();
    here.start(10);
    await clock.advanceAsync(10_000);
    for (const { seen } of here.members) (seen.lists as string[][]).length = 0;
    const [owner] = here.serving as [Member];
    const closing = here.close(owner);
    await clock.advanceAsync(100);
    await closing;
    expect(here.serving).toHaveLength(1);
    const late = here.add("late");
    await clock.advanceAsync(0);
    expect(late.seen.lists.at(-1)).toEqual(here.names);
    for (const { seen, host } of here.members) {
      if (seen === late.seen) continue;
      for (const list of seen.lists)
        expect(list).toEqual(expect.arrayContaining(here.names.filter((name) => name !== "late")));
      expect(seen.lists.at(-1)).toEqual(here.names);
      expect(host.told).toEqual([]);
    }
  });

  test("goes from hand to hand until the last node closes", async () => {
    const here = begin();
    here.start(8);
    await clock.advanceAsync(1_000);
    while (here.members.length > 1) {
      const [owner] = here.serving as [Member];
      const closing = here.members.length % 2 === 0 ? here.close(owner) : here.kill(owner);
      await clock.advanceAsync(1_000);
      await closing;
      expect(here.serving).toHaveLength(1);
    }
    await clock.advanceAsync(4_000);
    const [last] = here.members as [Member];
    expect(last.seen.lists.at(-1)).toEqual([last.name]);
    const closing = here.close(last);
    await clock.advanceAsync(1_000);
    await closing;
    expect(last.serves).toBe(false);
  });

  test("that can't be served counts as lost, for the reason why", async () => {
    const network = memoryNetwork();
    const host = recordingHost(clock);
    const resolver = localRegistry({
      endpoint: ENDPOINT,
      connector: connectorOn(network, clock),
      serveRegistry: async () => {
        throw new HeliographError(Code.PermissionDenied, "port 7700 is not for you", {
          reason: "BAD_OPTION",
        });
      },
    }).open(host) as Required<OpenResolver>;
    const announced = resolver.announce(announcementOf("a")).catch((error) => error);
    await clock.advanceAsync(10_000);
    expect((await announced).rawMessage).toBe(
      "nobody serves the registry at memory://registry, and this node can't either: port 7700 is not for you",
    );
    expect(host.told).toEqual(["lost"]);
    await resolver.close();
  });

  test("whose endpoint is taken by who does not listen is tried as seldom as any other", async () => {
    let attempts = 0;
    const host = recordingHost(clock);
    const resolver = localRegistry({
      endpoint: ENDPOINT,
      connector: connectorOn(memoryNetwork(), clock),
      serveRegistry: async () => {
        attempts++;
        throw new HeliographError(Code.Unavailable, "taken", { reason: "ENDPOINT_TAKEN" });
      },
    }).open(host) as Required<OpenResolver>;
    resolver.announce(announcementOf("a")).catch(() => {});
    await clock.advanceAsync(10_000);
    expect(attempts).toBeGreaterThanOrEqual(10);
    expect(attempts).toBeLessThanOrEqual(30);
    expect(host.told).toEqual(["lost"]);
    expect(host.lostWith[0]?.rawMessage).toContain("nobody listens at memory://registry");
    await resolver.close();
  });

  test("is not served by a node that was closed while it began to", async () => {
    let disposed = 0;
    let begun = (_registry: AsyncDisposable) => {};
    const resolver = localRegistry({
      endpoint: ENDPOINT,
      connector: connectorOn(memoryNetwork(), clock),
      serveRegistry: () =>
        new Promise((resolve) => {
          begun = resolve;
        }),
    }).open(recordingHost(clock)) as Required<OpenResolver>;
    resolver.announce(announcementOf("a")).catch(() => {});
    await clock.advanceAsync(0);
    const closing = resolver.close();
    expect(resolver.close()).toBe(closing);
    await clock.advanceAsync(0);
    begun({
      [Symbol.asyncDispose]: async () => {
        disposed++;
      },
    });
    await closing;
    expect(disposed).toBe(1);
    await clock.advanceAsync(10_000);
    expect(clock.timers).toBe(0);
  });
});

test("a local registry over tcp is served by one node, and by another when that is killed", async () => {
  const port = await freePort();
  const machine = new Machine(zmqSockets(), systemClock, `tcp://127.0.0.1:${port}`);
  try {
    machine.start(5);
    await Promise.all(machine.members.map(({ seen }) => seen.becomes(...machine.names)));
    const [owner] = machine.serving as [Member];
    await machine.kill(owner);
    await until(20_000, "another to serve", () => machine.serving.length === 1);
    const late = machine.add("late");
    await late.seen.becomes(...machine.names);
    const [next] = machine.serving as [Member];
    await machine.close(next);
    await until(20_000, "a third to serve", () => machine.serving.length === 1);
    machine.add("later");
    await Promise.all(
      machine.members.map(({ seen }) =>
        until(20_000, "all", () => seen.lists.at(-1)?.includes("later") === true),
      ),
    );
    for (const { seen } of machine.members) expect(seen.failures).toEqual([]);
  } finally {
    await Promise.all([...machine.members, ...machine.killed].map(({ resolver }) => resolver.close()));
  }
});

test("who watches a node that serves the registry suspects it at once when it is killed, and sees it say that it serves", async () => {
  const network = memoryNetwork();
  const killed = new Process(network);
  const common = { security: insecure(), registries: ["local"], logger: silent };
  const one = createNode({ name: "one", network: killed, ...common });
  await serve(one, GreeterService, {});
  await using two = createNode({ name: "two", network, ...common });
  await serve(two, GreeterService, {});
  expect([one, two].map((node) => node.describe().registries.map(({ serving }) => serving))).toEqual([
    [true],
    [false],
  ]);
  const info = await createClient(two, NodeService).info({}, { instance: one.instance });
  expect(info.resolvers).toMatchObject([{ name: "registry memory://registry", serving: true }]);
  const seen: string[] = [];
  let at = 0;
  for await (const { kind, instance } of watchInstances(two)) {
    seen.push(`${instance.node} ${kind}`);
    if (seen.length === 2) {
      at = performance.now();
      await killed.kill();
    }
    if (seen.length > 2) break;
  }
  expect(seen.at(-1)).toBe("one suspect");
  expect(performance.now() - at).toBeLessThan(1_000);
  await one.close({ graceMs: 0 });
  await expect.poll(() => two.describe().registries[0]?.serving).toBe(true);
});

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
    server.once("error", reject);
  });
}
