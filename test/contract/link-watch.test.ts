import { afterEach, describe, expect, test } from "vitest";
import { backoffFrom } from "../../src/core/backoff.js";
import {
  type Clock,
  Code,
  createClient,
  createNode,
  type HeliographError,
  insecure,
  type Node,
  serve,
} from "../../src/index.js";
import type { InstanceInfo } from "../../src/naming/instance.js";
import { makeParts } from "../../src/node/parts.js";
import { Calling } from "../../src/rpc/client/calling.js";
import {
  type FakeClock,
  type FaultyNetwork,
  fakeClock,
  faults,
  memoryNetwork,
} from "../../src/testing/index.js";
import { CallService } from "../gen/heliograph/test/v1/call_heliograph.js";
import { at, HandSource } from "../support/hand-source.js";
import { failure, silent } from "./rpc-harness.js";

const INTERVAL_MS = 1_000;

describe("an instance that hangs", () => {
  let clock: FakeClock;
  /** Of the calling process alone: its timers come late by so much. */
  let stoodStillMs = 0;
  let network: FaultyNetwork;
  let source: HandSource;
  let calling: Calling;
  const nodes: Node[] = [];
  /** Why connections ended. */
  const endings: HeliographError[] = [];

  afterEach(async () => {
    network.heal();
    network.resume();
    await calling.close();
    const closing = Promise.all(nodes.splice(0).map((node) => node.close({ graceMs: 0 })));
    await clock.advanceAsync(2_000);
    await closing;
  });

  /** Two instances whose handlers say who they are, of which the first answers only when it is asked for "now". */
  async function two(delayMs = 0) {
    clock = fakeClock();
    const memory = memoryNetwork();
    network = faults({ network: memory, clock, delayMs });
    source = new HandSource();
    const infos: InstanceInfo[] = [];
    for (const name of ["one", "two"]) {
      const node = createNode({
        name,
        security: insecure(),
        clock,
        logger: silent,
        network: name === "one" ? network : memory,
      });
      nodes.push(node);
      const { endpoints } = await serve(
        node,
        CallService,
        {
          async call(note, ctx) {
            if (note.text === "wait") await ctx.sleep(100_000);
            return { ...note, text: name };
          },
        },
        { endpoint: `memory://${name}` },
      );
      infos.push(at(endpoints[0]!, { node: name, instance: node.instance, epoch: node.epoch }));
    }
    stoodStillMs = 0;
    endings.length = 0;
    const own: Clock = {
      now: () => clock.now() + stoodStillMs,
      wallUs: () => clock.wallUs(),
      after: (ms, fn) => clock.after(ms, fn),
    };
    const { self, shared, stallMs } = makeParts("caller", {
      security: insecure(),
      logger: silent,
      clock: own,
    });
    calling = new Calling({
      self,
      sockets: network,
      shared,
      clock: own,
      stallMs,
      backoff: backoffFrom(undefined),
      connectTimeoutMs: 2_000,
      intervalMs: INTERVAL_MS,
      source,
      balancer: { name: "first", picker: () => ({ pick: ([first]) => first }) },
      host: "",
      events: {
        connected() {},
        disconnected: (_endpoint, _peer, error) => endings.push(error),
        handshakeFailed() {},
        unreachable() {},
      },
      judge: () => undefined,
      everywhere: new Set(),
    });
    source.say(...infos);
    const client = createClient(calling, CallService);
    const who = async () => (await settled(client.call({ text: "" }))).text;
    const settled = async <T>(promise: Promise<T>) => {
      promise.catch(() => {});
      await clock.advanceAsync(20 + 6 * delayMs);
      return promise;
    };
    await settled(client.call({ text: "" }));
    await clock.advanceAsync(0);
    const wait = (timeoutMs: number) => {
      const call = client.call({ text: "wait" }, { timeoutMs, instance: nodes[0]!.instance });
      return call.then(
        () => expect.unreachable("answered"),
        (error: HeliographError) => error,
      );
    };
    return { client, who, wait, infos };
  }

  test("is stalled within two intervals while its link answers: it gets no calls, and keeps its session", async () => {
    const { who, wait } = await two();
    expect(await who()).toBe("one");
    const waits = wait(60_000);
    await clock.advanceAsync(10);
    network.stall("memory://one");
    await clock.advanceAsync(2 * INTERVAL_MS);
    expect(await who()).toBe("two");
    await clock.advanceAsync(10 * INTERVAL_MS);
    expect(await who()).toBe("two");
    network.resume("memory://one");
    await clock.advanceAsync(INTERVAL_MS);
    expect(await who()).toBe("one");
    void waits;
  });

  test("takes calls again with the first thing that it says, also from whom it has just answered", async () => {
    const { client, infos } = await two();
    source.say(infos[0]!);
    const answered = client.call({ text: "" }).then(() => client.call({ text: "" }));
    answered.catch(() => {});
    network.stall("memory://one");
    await clock.advanceAsync(4 * INTERVAL_MS);
    network.resume("memory://one");
    await clock.advanceAsync(10);
    expect((await answered).text).toBe("one");
  });

  test("is named in the error of a call whose time is over meanwhile", async () => {
    const { wait } = await two();
    const waits = wait(5_000);
    await clock.advanceAsync(10);
    network.stall("memory://one");
    await clock.advanceAsync(5_000);
    const error = await waits;
    expect(error).toMatchObject({ code: Code.DeadlineExceeded, reason: "PEER_STALLED" });
    expect(error.message).toContain(
      "is stalled: its connection stands, and its event loop has answered nothing for",
    );
  });

  test("is named as others see it, too, where they know more", async () => {
    const { wait, infos } = await two();
    const [one, other] = infos as [InstanceInfo, InstanceInfo];
    void wait(60_000);
    await clock.advanceAsync(10);
    network.stall("memory://one");
    await clock.advanceAsync(1.2 * INTERVAL_MS);
    source.say({ ...one, state: "stalled" }, other);
    await clock.advanceAsync(10);
    const waits = wait(100);
    await clock.advanceAsync(200);
    expect((await waits).message).toMatch(/has been silent for \d+ ms; it is said to be stalled$/);
  });

  test("is dead within three intervals when its link is silent, too: what it was asked fails then", async () => {
    const { who, wait } = await two();
    const waits = wait(60_000);
    await clock.advanceAsync(10);
    network.pause("memory://one");
    await clock.advanceAsync(2.5 * INTERVAL_MS);
    expect(await who()).toBe("two");
    await clock.advanceAsync(INTERVAL_MS);
    expect(await waits).toMatchObject({ code: Code.Unavailable, notProcessed: false });
    expect(endings).toMatchObject([{ reason: "PEER_GONE" }]);
    expect(endings[0]?.message).toContain("it is taken for dead");
  });

  test("is said to be dead: whoever asks why its connection ended is told", async () => {
    const { infos } = await two();
    const [one, other] = infos as [InstanceInfo, InstanceInfo];
    source.say({ ...one, state: "dead" }, other);
    source.say(other);
    await clock.advanceAsync(10);
    expect(endings).toMatchObject([{ reason: "INSTANCE_GONE" }]);
    expect(endings[0]?.message).toContain("is not there any more: it was taken for dead");
  });

  test.each(["drains", "is not known any more"])(
    "while it %s is dead as soon: what it was asked fails then",
    async (why) => {
      const { who, wait, infos } = await two();
      const waits = wait(60_000);
      await clock.advanceAsync(10);
      if (why === "drains") void nodes[0]!.close({ graceMs: 60_000 });
      else source.say(...infos.slice(1));
      await clock.advanceAsync(INTERVAL_MS);
      expect(await who()).toBe("two");
      network.pause("memory://one");
      await clock.advanceAsync(4 * INTERVAL_MS);
      const ended = await Promise.race([waits, Promise.resolve("waits")]);
      expect(ended).toMatchObject({ code: Code.Unavailable, notProcessed: false });
    },
  );

  test("is not suspected for the slow link to it: it has the time that a PING takes there", async () => {
    const { who, wait } = await two(600);
    const waits = wait(600_000);
    const called: string[] = [];
    for (let offset = 0; offset < 2 * INTERVAL_MS; offset += 200) {
      await clock.advanceAsync(3 * INTERVAL_MS + offset);
      called.push(await who());
    }
    expect(new Set(called)).toEqual(new Set(["one"]));
    network.pause("memory://one");
    await clock.advanceAsync(8 * INTERVAL_MS);
    expect(await waits).toMatchObject({ code: Code.Unavailable, notProcessed: false });
  });

  test("has hung before: that makes no slow link of it, and it is dead as soon as any other", async () => {
    const { who, wait } = await two();
    const waits = wait(600_000);
    await clock.advanceAsync(10);
    for (let i = 0; i < 3; i++) {
      network.stall("memory://one");
      await clock.advanceAsync(5 * INTERVAL_MS);
      network.resume("memory://one");
      await clock.advanceAsync(INTERVAL_MS);
      expect(await who()).toBe("one");
    }
    network.pause("memory://one");
    await clock.advanceAsync(3.5 * INTERVAL_MS);
    expect(await Promise.race([waits, Promise.resolve("waits")])).toMatchObject({ code: Code.Unavailable });
  });

  test("is not suspected for being idle", async () => {
    const { who } = await two();
    network.pause("memory://one");
    await clock.advanceAsync(5 * INTERVAL_MS);
    network.resume("memory://one");
    await clock.advanceAsync(10);
    expect(await who()).toBe("one");
  });

  test("is not suspected for a call that takes long and says nothing meanwhile", async () => {
    const { who, wait } = await two();
    const waits = wait(600_000);
    const looked: string[] = [];
    for (let offset = 0; offset < INTERVAL_MS; offset += 50) {
      await clock.advanceAsync(3 * INTERVAL_MS + offset);
      looked.push(await who());
    }
    expect(new Set(looked)).toEqual(new Set(["one"]));
    void waits;
  });

  test("is asked when somebody else suspects it, and chosen again once it has said something", async () => {
    const { who, infos } = await two();
    const [one, other] = infos as [InstanceInfo, InstanceInfo];
    source.say({ ...one, state: "suspect" }, other);
    expect(await who()).toBe("two");
    await clock.advanceAsync(INTERVAL_MS);
    expect(await who()).toBe("one");
    network.stall("memory://one");
    source.say({ ...one, state: "stalled" }, other);
    await clock.advanceAsync(INTERVAL_MS);
    expect(await who()).toBe("two");
  });

  test("is waited for when somebody else suspects it and there is no other: its own word counts, and comes soon", async () => {
    const { who, infos } = await two();
    const [one] = infos as [InstanceInfo];
    for (const state of ["suspect", "stalled", "dead"] as const) {
      source.say({ ...one, state });
      expect(await who()).toBe("one");
    }
    network.stall("memory://one");
    source.say({ ...one, state: "stalled" });
    const waits = failure(who());
    await clock.advanceAsync(2 * INTERVAL_MS);
    const error = await waits;
    expect(error).toMatchObject({ code: Code.Unavailable, notProcessed: true });
    expect(error.message).toContain("is stalled");
  });

  test("is excused when it is this process that stood still", async () => {
    const { who, wait } = await two();
    const waits = wait(60_000);
    await clock.advanceAsync(10);
    const looked: string[] = [];
    stoodStillMs += 10 * INTERVAL_MS;
    for (let i = 0; i < 8; i++) {
      await clock.advanceAsync(INTERVAL_MS / 4);
      looked.push(await who());
    }
    expect(new Set(looked)).toEqual(new Set(["one"]));
    void waits;
  });
});
