import { afterEach, describe, expect, test } from "vitest";
import { registryHandlers } from "../../src/discovery/registry/registry-service.js";
import type { Condition, RegisterRequest } from "../../src/gen/heliograph/discovery/v1/registry.js";
import { RegistryService } from "../../src/gen/heliograph/discovery/v1/registry_heliograph.js";
import {
  type Clock,
  Code,
  connectTo,
  createClient,
  createNode,
  insecure,
  type LimitOptions,
  type Logger,
  type SocketFactory,
  serve,
} from "../../src/index.js";
import { fakeClock, memoryNetwork } from "../../src/testing/index.js";
import { Registrant, Spectator } from "../support/registry-peers.js";

const ENDPOINT = "memory://registry";
const GREETER = "test.Greeter";
const HEARTBEAT_MS = 1_000;

const clock = fakeClock();
const warnings: string[] = [];
const logger: Logger = {
  debug() {},
  info() {},
  warn: (fields, message) => warnings.push(`${message}: ${String(fields["error"])}`),
  error: (fields, message) => warnings.push(`${message}: ${String(fields["error"])}`),
};
const owned: (() => unknown)[] = [];

afterEach(async () => {
  const closing = Promise.all(
    owned
      .splice(0)
      .reverse()
      .map((close) => close()),
  );
  await clock.advanceAsync(10_000);
  await closing;
  warnings.length = 0;
  expect(clock.timers).toBe(0);
});

/** A clock on which all happens later than it should, as when the loop was blocked. */
class LateClock implements Clock {
  lateMs = 0;
  now = () => clock.now() + this.lateMs;
  wallUs = () => clock.wallUs() + this.lateMs * 1_000;
  after = (ms: number, fn: () => void) => clock.after(ms, fn);
}

interface Setup {
  readonly probe?: (endpoint: string, timeoutMs: number) => Promise<boolean>;
  readonly of?: Clock;
}

async function startRegistry(network: SocketFactory, { probe, of = clock }: Setup = {}) {
  const here = { host: "here", processId: 1 };
  const registry = registryHandlers({
    clock: of,
    logger,
    instance: "r",
    here,
    probe,
    heartbeatMs: HEARTBEAT_MS,
  });
  const node = createNode({ name: "registry", security: insecure(), network, clock, logger, registries: [] });
  await serve(node, RegistryService, registry.handlers, { endpoint: ENDPOINT });
  const stop = async () => {
    registry.close();
    await node.close({ graceMs: 0 });
  };
  owned.push(stop);
  return { registry, stop };
}

function setUpOn(network: SocketFactory) {
  /** A program of its own; `close` breaks its connection. */
  const program = (limits: LimitOptions = {}) => {
    const connection = connectTo([ENDPOINT], { security: insecure(), network, clock, logger, limits });
    const close = () => connection.close();
    owned.push(close);
    return { client: createClient(connection, RegistryService), close };
  };
  const shared = program();
  const { client } = shared;
  return {
    client,
    program,
    register: (of = client) => new Registrant(of),
    watch: (service = "", part = {}) => new Spectator(client, { service, ...part }),
    settle: (ms = 0) => clock.advanceAsync(ms),
    list: async (service = "") => {
      const answer = client.list({ service });
      await clock.advanceAsync(0);
      return answer;
    },
  };
}

async function setUp(options: Setup = {}) {
  const network = memoryNetwork();
  return { ...(await startRegistry(network, options)), ...setUpOn(network), network };
}

/** Lets time pass, while these say each second that they live. */
async function beat(ms: number, ...registrants: readonly Registrant[]): Promise<void> {
  for (let at = 0; at < ms; at += HEARTBEAT_MS) {
    await clock.advanceAsync(Math.min(HEARTBEAT_MS, ms - at));
    for (const each of registrants) each.heartbeat();
  }
  await clock.advanceAsync(0);
}

describe("a registry", () => {
  test("answers an announcement with its version, how often it wants to hear the node, and who it is itself", async () => {
    const { register, settle, registry } = await setUp();
    const a = register();
    a.announce("a", { version: 3 });
    await settle();
    expect(a.answers).toEqual([
      {
        version: 3n,
        heartbeatMs: HEARTBEAT_MS,
        registry: {
          instance: "r",
          epoch: BigInt(registry.registry.epoch),
          revision: 1n,
          complete: false,
        },
      },
    ]);
  });

  test("answers no heartbeats, and lists what they told", async () => {
    const { register, settle, list } = await setUp();
    const a = register();
    a.announce("a", { labels: { zone: "eu-1" } });
    await settle(400);
    a.heartbeat(7);
    await settle(300);
    expect(a.answers).toHaveLength(1);
    const { instances, registry } = await list(GREETER);
    expect(registry?.revision).toBe(1n);
    expect(instances).toMatchObject([
      {
        announcement: { instance: "a", node: "greeter", labels: new Map([["zone", "eu-1"]]) },
        load: { callsInFlight: 7 },
        heardMsAgo: 300,
      },
    ]);
    expect((await list("other")).instances).toEqual([]);
  });

  test("tells a watcher who is there, and of each change", async () => {
    const { register, watch, settle } = await setUp();
    const watcher = watch(GREETER);
    const [a, b] = [register(), register()];
    a.announce("a");
    await settle();
    expect(watcher.news()).toEqual(["snapshot", "a alive"]);
    b.announce("b", { services: [] });
    await beat(2_500, a);
    expect(watcher.news()).toEqual([]);
    a.announce("a", { version: 2, condition: "draining" });
    await settle();
    expect(watcher.news()).toEqual(["a alive"]);
    a.leave();
    await settle();
    expect(watcher.news()).toEqual(["-a"]);
    expect(a.end).toBe("left");
  });

  test("tells in one message what has changed in one turn", async () => {
    const { register, watch, settle } = await setUp();
    const watcher = watch();
    await settle();
    const count = watcher.responses.length;
    const all = Array.from({ length: 20 }, () => register());
    for (const [index, each] of all.entries()) each.announce(`i${index}`);
    await settle();
    expect(watcher.responses).toHaveLength(count + 1);
    expect(watcher.responses.at(-1)?.changed).toHaveLength(20);
    expect(watcher.responses.at(-1)?.registry?.revision).toBe(20n);
  });

  test("answers an announcement after its watchers were told", async () => {
    const { register, watch, settle } = await setUp();
    const watcher = watch();
    await settle();
    const seen: number[] = [];
    const a = register();
    a.answers.push = (...answers) => {
      seen.push(watcher.responses.at(-1)?.changed.length ?? 0);
      return answers.length;
    };
    a.announce("a");
    await settle();
    expect(seen).toEqual([1]);
  });

  test("knows two nodes of one name apart", async () => {
    const { register, watch, settle } = await setUp();
    const watcher = watch();
    const [a, b] = [register(), register()];
    a.announce("a", { node: "twin" });
    b.announce("b", { node: "twin" });
    await settle();
    a.leave();
    await settle();
    expect(watcher.news()).toEqual(["snapshot", "a alive", "b alive", "-a"]);
  });

  test("is complete after three intervals, and says so to those who watch", async () => {
    const { watch, settle } = await setUp();
    const watcher = watch(GREETER);
    await settle(2_900);
    expect(watcher.news()).toEqual(["snapshot"]);
    await settle(110);
    expect(watcher.news()).toEqual(["complete"]);
    const late = watch(GREETER);
    await settle();
    expect(late.news()).toEqual(["snapshot", "complete"]);
  });
});

describe("a node that a registry hears no more", () => {
  test("is suspect at once when its connection breaks, and dead after three intervals", async () => {
    const { register, watch, settle, program } = await setUp();
    const watcher = watch();
    const { client, close } = program();
    register(client).announce("a");
    await settle(500);
    watcher.news();
    await close();
    await settle();
    expect(watcher.news()).toEqual(["a suspect"]);
    await settle(2_490);
    expect(watcher.news()).toEqual([]);
    await settle(20);
    expect(watcher.news()).toEqual(expect.arrayContaining(["a dead"]));
  });

  test("is suspect at once when it cancels", async () => {
    const { register, watch, settle } = await setUp();
    const watcher = watch();
    const a = register();
    a.announce("a");
    await settle();
    a.cancel();
    await settle();
    expect(watcher.news()).toEqual(["snapshot", "a alive", "a suspect"]);
  });

  test("is suspect after two intervals, dead after three, and alive when it is heard again", async () => {
    const { register, watch, settle } = await setUp();
    await settle(3_010);
    const watcher = watch();
    const a = register();
    a.announce("a");
    await settle(1_990);
    watcher.news();
    await settle(20);
    expect(watcher.news()).toEqual(["a suspect"]);
    await settle(970);
    expect(watcher.news()).toEqual([]);
    await settle(20);
    expect(watcher.news()).toEqual(["a dead"]);
    await settle(30_000);
    a.heartbeat();
    await settle();
    expect(watcher.news()).toEqual(["a alive"]);
  });

  test("is forgotten ten minutes after its death, and has to register again if it comes back", async () => {
    const { register, watch, settle } = await setUp();
    const watcher = watch();
    const a = register();
    a.announce("a");
    await settle(603_100);
    expect(watcher.news().at(-1)).toBe("-a");
    a.heartbeat();
    await settle();
    expect(a.end).toMatchObject({ code: Code.NotFound, reason: "REGISTRATION_REFUSED", origin: "peer" });
  });

  test("is heard on its latest stream only; the one before ends", async () => {
    const { register, watch, settle, program } = await setUp();
    const watcher = watch();
    const old = program();
    const before = register(old.client);
    before.announce("a");
    await settle();
    const after = register();
    after.announce("a");
    await settle();
    expect(before.end).toMatchObject({ code: Code.Aborted, reason: "REGISTRATION_REFUSED" });
    await old.close();
    await beat(2_000, after);
    expect(watcher.news()).toEqual(["snapshot", "a alive"]);
  });

  test("is taken for stalled while its link answers, without losing its place", async () => {
    const asked: string[] = [];
    let answers = true;
    const probe = async (endpoint: string, timeoutMs: number) => {
      asked.push(`${endpoint} ${timeoutMs}`);
      return answers;
    };
    const { register, watch, settle } = await setUp({ probe });
    const watcher = watch();
    const [a, b] = [register(), register()];
    a.announce("a", { endpoints: ["memory://a", "tcp://127.0.0.1:1"] });
    b.announce("b", { host: "elsewhere", endpoints: ["tcp://127.0.0.1:1", "ipc:///b"] });
    await settle(1_520);
    // Endpoints of loopback lead nowhere on another host.
    expect(asked).toEqual(["memory://a 500", "tcp://127.0.0.1:1 500"]);
    expect(watcher.news()).toEqual(["snapshot", "a alive", "b alive", "a stalled"]);
    await settle(5_000);
    expect(watcher.news()).toEqual(["b suspect", "b dead", "complete"]);
    answers = false;
    await settle(2_000);
    expect(watcher.news()).toEqual(["a suspect"]);
    answers = true;
    await settle(500);
    expect(watcher.news()).toEqual(["a stalled"]);
    a.heartbeat();
    await settle();
    expect(watcher.news()).toEqual(["a alive"]);
  });

  test("is probed with so many others at a time, and no more", async () => {
    let running = 0;
    let most = 0;
    const probe = (_: string, timeoutMs: number) =>
      new Promise<boolean>((resolve) => {
        running++;
        most = Math.max(most, running);
        clock.after(timeoutMs / 10, () => {
          running--;
          resolve(true);
        });
      });
    const { register, settle, list } = await setUp({ probe });
    for (let index = 0; index < 600; index++) register().announce(`i${index}`);
    await settle(1_800);
    expect(most).toBe(256);
    const { instances } = await list();
    expect(new Set(instances.map(({ state }) => state))).toEqual(new Set([2]));
    expect(instances).toHaveLength(600);
  });
});

describe("a registry whose own loop was blocked", () => {
  test("takes nobody for dead who could not be heard, and notices later who is gone", async () => {
    const of = new LateClock();
    const { register, watch, settle } = await setUp({ of });
    const watcher = watch();
    const a = register();
    a.announce("a");
    register().announce("b");
    await settle();
    await beat(3_020, a);
    watcher.news();
    const c = register();
    c.announce("c");
    await settle(100);
    of.lateMs = 10_000;
    await beat(1_500, a);
    expect(watcher.news()).toEqual(["c alive"]);
    await settle(500);
    expect(watcher.news()).toEqual(["c suspect"]);
  });

  test("takes nobody for dead whose connection broke meanwhile, though it notices that first", async () => {
    const of = new LateClock();
    const { register, watch, settle } = await setUp({ of });
    const watcher = watch();
    const a = register();
    a.announce("a");
    await settle();
    await beat(3_020, a);
    watcher.news();
    of.lateMs = 10_000;
    a.cancel();
    await settle();
    expect(watcher.news()).toEqual(["a suspect"]);
    await settle(HEARTBEAT_MS);
    expect(watcher.news()).toEqual([]);
    await settle(2 * HEARTBEAT_MS);
    expect(watcher.news()).toEqual(["a dead"]);
  });
});

describe("a watch", () => {
  test("that reads slowly is told of all anew, and never waited for", async () => {
    const { register, settle, registry, program } = await setUp();
    const slow = new Spectator(program({ streamCreditMessages: 16 }).client, { service: GREETER }, true);
    const chatty = register();
    for (let version = 1; version <= 40; version++) {
      chatty.announce("chatty", { version });
      await settle();
    }
    const many = program();
    for (let index = 0; index < 1_500; index++)
      register(index % 2 === 0 ? many.client : undefined).announce(`i${index}`);
    await settle();
    expect(registry.registry.size).toBe(1_501);
    expect(slow.responses).toHaveLength(1);
    slow.read();
    await settle();
    expect(slow.responses.length).toBeLessThan(40);
    const news = slow.news();
    const anew = news.lastIndexOf("snapshot");
    expect(anew).toBeGreaterThan(0);
    expect(new Set(news.slice(anew + 1)).size).toBe(1_501);
    expect(slow.responses.at(-1)?.registry?.revision).toBe(1_540n);
  });

  test("goes on where it stopped, and begins anew with another registry", async () => {
    const { register, watch, settle, stop, network } = await setUp();
    const first = watch(GREETER);
    register().announce("a");
    await settle();
    const { epoch = 0n, revision = 0n } = first.responses.at(-1)?.registry ?? {};
    first.stop();
    register().announce("b");
    await settle();
    const second = watch(GREETER, { epoch, revision });
    await settle();
    expect(second.news()).toEqual(["b alive"]);
    await stop();
    await startRegistry(network);
    const third = setUpOn(network).watch(GREETER, { epoch, revision });
    await settle();
    expect(third.news()).toEqual(["snapshot"]);
    expect(third.responses[0]?.registry?.epoch).toBeGreaterThan(epoch);
  });

  test("of a service with too long a name is refused", async () => {
    const { watch, settle } = await setUp();
    const watcher = watch("s".repeat(300));
    await settle();
    expect(watcher.end).toMatchObject({ code: Code.InvalidArgument, reason: "REGISTRATION_REFUSED" });
  });
});

describe("a registry that goes", () => {
  test("ends all streams with DRAINING, and says nothing of those that it knew", async () => {
    const { register, watch, settle, registry, client } = await setUp();
    const watcher = watch();
    const a = register();
    a.announce("a");
    await settle();
    watcher.news();
    registry.close();
    await settle();
    const draining = { code: Code.Unavailable, reason: "DRAINING", origin: "peer" };
    expect([a.end, watcher.end]).toMatchObject([draining, draining]);
    expect(watcher.news()).toEqual([]);
    await expect(client.list({})).rejects.toMatchObject(draining);
    const late = register();
    late.announce("b");
    const later = watch();
    await settle();
    expect([late.end, later.end]).toMatchObject([draining, draining]);
  });
});

describe("what makes no sense", () => {
  const refused = (code: Code, text: RegExp) => ({
    code,
    reason: "REGISTRATION_REFUSED",
    message: expect.stringMatching(text),
  });

  test("ends the stream of its node with what is wrong, and harms nobody else", async () => {
    const { register, watch, settle } = await setUp();
    const watcher = watch();
    const [a, b] = [register(), register()];
    a.announce("a");
    b.announce("b", { endpoints: ["nowhere"] });
    await settle();
    expect(b.end).toMatchObject(refused(Code.InvalidArgument, /"nowhere" is not an endpoint/));
    expect(watcher.news()).toEqual(["snapshot", "a alive"]);
    expect(warnings).toEqual([expect.stringMatching(/an announcement was refused: .*"nowhere"/)]);
  });

  test("makes suspect what was well before", async () => {
    const { register, watch, settle } = await setUp();
    const watcher = watch();
    const a = register();
    a.announce("a");
    await settle();
    a.announce("a", { version: 2, node: "" });
    await settle();
    expect(a.end).toMatchObject(refused(Code.InvalidArgument, /node must have/));
    expect(watcher.news()).toEqual(["snapshot", "a alive", "a suspect"]);
  });

  test.each<[string, RegisterRequest, object]>([
    [
      "a heartbeat before the announcement",
      {
        said: {
          $case: "heartbeat",
          value: { loopLagMs: 0, loopUtilization: 0, callsInFlight: 0, memoryBytes: 0n },
        },
      },
      refused(Code.InvalidArgument, /first message of a stream must be an announcement/),
    ],
    [
      "nothing at all",
      {},
      refused(Code.InvalidArgument, /first message of a stream must be an announcement/),
    ],
  ])("%s is refused", async (_, request, error) => {
    const { register, settle } = await setUp();
    const a = register();
    a.say(request);
    await settle();
    expect(a.end).toMatchObject(error);
  });

  test("a condition that is not known is refused", async () => {
    const { register, settle } = await setUp();
    const a = register();
    const said = {
      $case: "announcement" as const,
      value: {
        node: "n",
        instance: "a",
        epoch: 1n,
        version: 1n,
        endpoints: [],
        services: [],
        labels: new Map<string, string>(),
        host: "",
        condition: 9 as unknown as Condition,
        kit: "",
        processId: 0,
      },
    };
    a.say({ said });
    await settle();
    expect(a.end).toMatchObject({ code: Code.InvalidArgument, reason: "MALFORMED_MESSAGE" });
  });

  test("a second instance on one stream is refused", async () => {
    const { register, settle, list } = await setUp();
    const a = register();
    a.announce("a");
    a.announce("b");
    await settle();
    expect(a.end).toMatchObject(
      refused(Code.InvalidArgument, /stream is that of instance a, and can't announce b/),
    );
    expect((await list()).instances).toHaveLength(1);
  });

  test("an older announcement on another stream is refused, and the newer one stays", async () => {
    const { register, settle, watch } = await setUp();
    const watcher = watch();
    const [a, ghost] = [register(), register()];
    a.announce("a", { epoch: 2_000 });
    await settle();
    ghost.announce("a", { epoch: 1_000, version: 9 });
    await settle();
    expect(ghost.end).toMatchObject(refused(Code.AlreadyExists, /newer than epoch 1000/));
    expect(watcher.news()).toEqual(["snapshot", "a alive"]);
  });

  test("what a later version may say counts as a sign of life", async () => {
    const { register, settle, watch } = await setUp();
    const watcher = watch();
    const a = register();
    a.announce("a");
    await settle(1_900);
    a.say({});
    await settle(500);
    expect(watcher.news()).toEqual(["snapshot", "a alive"]);
    expect(a.end).toBeUndefined();
  });

  test.each([9, 60_001, 12.5, Number.NaN])("heartbeatMs of %s is refused", (heartbeatMs) => {
    const here = { host: "", processId: 1 };
    expect(() => registryHandlers({ clock, logger, instance: "r", here, heartbeatMs })).toThrow(
      expect.objectContaining({
        reason: "BAD_OPTION",
        message: expect.stringContaining(String(heartbeatMs)),
      }),
    );
  });
});
