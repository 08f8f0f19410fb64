import { afterEach, describe, expect, test } from "vitest";
import { backoffFrom } from "../../src/core/backoff.js";
import {
  Code,
  createClient,
  createNode,
  type Handlers,
  type HeliographError,
  insecure,
  type Node,
  scatter,
  serve,
} from "../../src/index.js";
import type { Balancer } from "../../src/naming/balancer.js";
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
import type { LimitOptions } from "../../src/wire/limits.js";
import { Note } from "../gen/heliograph/test/v1/call.js";
import { CallService } from "../gen/heliograph/test/v1/call_heliograph.js";
import { at, HandSource } from "../support/hand-source.js";
import { deferred, silent } from "./rpc-harness.js";

const first: Balancer = { name: "first", picker: () => ({ pick: ([one]) => one }) };

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable("the call succeeded"),
    (error: HeliographError) => error,
  );

/** What becomes of single calls, on a clock that the test moves. */
describe("a call through a channel", () => {
  let clock: FakeClock;
  let network: FaultyNetwork;
  let source: HandSource;
  let calling: Calling;
  let disconnected: HeliographError[] = [];
  const nodes: Node[] = [];

  afterEach(async () => {
    network.heal();
    await calling.close();
    const closing = Promise.all(nodes.splice(0).map((node) => node.close({ graceMs: 0 })));
    await clock.advanceAsync(2_000);
    await closing;
  });

  function begin(balancer = first): ReturnType<typeof createClient<typeof CallService>> {
    clock = fakeClock();
    network = faults({ network: memoryNetwork(), clock });
    source = new HandSource();
    disconnected = [];
    const { self, sockets, shared, stallMs } = makeParts("caller", {
      security: insecure(),
      logger: silent,
      clock,
      network,
    });
    calling = new Calling({
      self,
      sockets,
      shared,
      clock,
      stallMs,
      backoff: backoffFrom({ jitter: 0 }),
      connectTimeoutMs: 2_000,
      intervalMs: 1_000,
      source,
      balancer,
      host: "",
      events: {
        connected() {},
        disconnected: (_, __, error) => disconnected.push(error),
        handshakeFailed() {},
        unreachable() {},
      },
      judge: () => undefined,
      everywhere: new Set(),
    });
    return createClient(calling, CallService);
  }

  /** A server, and what a source tells of it. */
  async function server(
    handlers: Handlers<typeof CallService>,
    name = "server",
    limits: LimitOptions = {},
  ): Promise<{ node: Node; info: InstanceInfo }> {
    const node = createNode({ name, security: insecure(), clock, network, limits, logger: silent });
    nodes.push(node);
    const { endpoints } = await serve(node, CallService, handlers, { endpoint: `memory://${name}` });
    const { instance, epoch } = node;
    return { node, info: at(endpoints[0] ?? "", { node: name, instance, epoch }) };
  }

  const settle = () => clock.advanceAsync(0);

  test("fails with what its balancer throws, and harms no other", async () => {
    const client = begin({
      name: "picky",
      picker: () => ({
        pick([one], { request }) {
          if ((request as Note).text === "bad") throw new Error("no key");
          return one;
        },
      }),
    });
    const { info } = await server({ call: (note) => note });
    const good = client.call({ text: "good" });
    const bad = failure(client.call({ text: "bad" }));
    const better = client.call({ text: "better" });
    source.say(info);
    await settle();
    expect((await bad).message).toContain("no key");
    expect((await good).text).toBe("good");
    expect((await better).text).toBe("better");
    expect(disconnected).toEqual([]);
  });

  test("goes on where it was, of a stream that resumes, also when only the address is known", async () => {
    const client = begin();
    const asked = deferred();
    const { info } = await server({
      async *watch() {
        yield Note.create({ number: 1n });
        await asked.promise;
        yield Note.create({ number: 2n });
      },
    });
    source.say(at(info.endpoints[0] ?? ""));
    const stream = client.watch({})[Symbol.asyncIterator]();
    const one = stream.next();
    await settle();
    expect((await one).value?.number).toBe(1n);
    const two = stream.next();
    network.cut();
    await settle();
    asked.resolve();
    await clock.advanceAsync(1_000);
    expect((await two).value?.number).toBe(2n);
  });

  test("with an idempotency key is made again at the same server, also when only the address is known", async () => {
    const client = begin();
    let runs = 0;
    const { info } = await server({
      async call(note, ctx) {
        runs++;
        await ctx.sleep(500);
        return note;
      },
    });
    source.say(at(info.endpoints[0] ?? ""));
    const call = client.call(
      { text: "once" },
      { idempotencyKey: "k", retry: { attempts: 3, backoff: { initialMs: 100 } } },
    );
    call.catch(() => {});
    await clock.advanceAsync(100);
    network.cut();
    await clock.advanceAsync(2_000);
    expect((await call).text).toBe("once");
    expect(runs).toBe(1);
  });

  test("of a stream that a server keeps for a while hurries on", async () => {
    const client = begin();
    const { info } = await server({
      async *watch(_, ctx) {
        yield Note.create({ number: 1n });
        await ctx.sleep(27_000);
        yield Note.create({ number: 2n });
      },
    });
    source.say(info);
    const stream = client.watch({})[Symbol.asyncIterator]();
    const one = stream.next();
    await settle();
    await one;
    const two = stream.next();
    network.refuse();
    network.cut();
    await clock.advanceAsync(28_000);
    network.heal();
    await clock.advanceAsync(1_000);
    expect((await two).value?.number).toBe(2n);
  });

  test("reaches the newest life of an instance", async () => {
    const client = begin();
    const { info } = await server({ call: (note) => note });
    source.say({ ...info, epoch: info.epoch - 1 });
    const early = failure(client.call({ text: "early" }));
    await clock.advanceAsync(3_000);
    expect(await early).toMatchObject({ code: Code.Unavailable });
    source.say(info);
    const late = client.call({ text: "late" });
    late.catch(() => {});
    await clock.advanceAsync(3_000);
    expect((await late).text).toBe("late");
  });

  test("is refused at once at an instance that has gone", async () => {
    const client = begin();
    const { info } = await server({
      async call(note, ctx) {
        if (note.text === "long") await ctx.sleep(5_000);
        return note;
      },
    });
    source.say(info);
    const long = client.call({ text: "long" });
    await settle();
    const [instance] = await calling.instances({ name: CallService.$service, schema: CallService.$schema });
    source.say();
    const late = failure(createClient(instance!, CallService).call({ text: "late" }, { timeoutMs: 60_000 }));
    const told: unknown[] = [];
    void late.then((error) => told.push(error.reason));
    await settle();
    expect(told).toEqual(["INSTANCE_GONE"]);
    await clock.advanceAsync(5_000);
    expect((await long).text).toBe("long");
  });

  test("takes the same connection and the same watch, whatever the balancer of its client", async () => {
    begin();
    const { info } = await server({ call: (note) => note });
    source.say(info);
    for (let i = 0; i < 5; i++) {
      const client = createClient(calling, CallService, { balancer: { ...first } });
      const answer = client.call({ text: `${i}` });
      await settle();
      expect((await answer).text).toBe(`${i}`);
    }
    expect(source.watched).toHaveLength(1);
  });

  test("is chosen for by its own balancer, else by its client's", async () => {
    begin();
    const one = await server({ call: (note) => ({ ...note, text: "one" }) }, "one");
    const two = await server({ call: (note) => ({ ...note, text: "two" }) }, "two");
    source.say(one.info, two.info);
    const named = (name: string): Balancer => ({
      name,
      picker: () => ({ pick: (all) => all.find(({ info }) => info.node === name) ?? all[0] }),
    });
    const client = createClient(calling, CallService, { balancer: named("two") });
    const warm = Promise.all([client.call({}), client.call({})]);
    await settle();
    await warm;
    const answers = Promise.all([client.call({}), client.call({}, { balancer: named("one") })]);
    await settle();
    expect((await answers).map(({ text }) => text)).toEqual(["two", "one"]);
  });

  test("counts for its balancer only when it was sent", async () => {
    const ends: (Code | undefined)[] = [];
    const client = begin({
      name: "counting",
      picker: () => ({ pick: ([one]) => one, ended: (_, code) => ends.push(code) }),
    });
    const { info } = await server({ call: (note) => note }, "server", { messageBytes: 1_024 });
    source.say(info);
    const good = client.call({});
    await settle();
    await good;
    expect(ends).toEqual([undefined]);
    const tooLarge = failure(client.call({ data: new Uint8Array(2_000) }));
    expect(await tooLarge).toMatchObject({ reason: "MESSAGE_TOO_LARGE" });
    expect(ends).toEqual([undefined]);
  });

  test("to all says why nobody is known", async () => {
    begin();
    const answers = (async () => {
      for await (const _ of scatter(calling, CallService.call, {})) expect.unreachable("somebody answered");
    })();
    const failed = failure(answers);
    await settle();
    source.fail("the registry is away");
    await clock.advanceAsync(2_000);
    expect(await failed).toMatchObject({ code: Code.Unavailable, reason: "NO_INSTANCE" });
    expect((await failed).message).toContain("the registry is away");
  });

  test("ends with CANCELLED when its node is closed, and so do its connections", async () => {
    const client = begin();
    const { info } = await server({ call: (note, ctx) => ctx.sleep(5_000).then(() => note) });
    const idle = await server({ call: (note) => note }, "idle");
    source.say(info, idle.info);
    const under = failure(client.call({}));
    await settle();
    await calling.close();
    expect(await under).toMatchObject({ code: Code.Cancelled });
    expect(disconnected.map(({ reason }) => reason)).toEqual(["CONNECTION_CLOSED", "CONNECTION_CLOSED"]);
  });

  test("leaves a connection that ends because its server drains, and is told so", async () => {
    const client = begin();
    const { node, info } = await server({ call: (note) => note });
    source.say(info);
    const call = client.call({});
    await settle();
    await call;
    const closing = node.close({ graceMs: 100 });
    await clock.advanceAsync(3_000);
    await closing;
    expect(disconnected.map(({ reason }) => reason)).toEqual(["DRAINING"]);
  });

  test("finds an instance that has refused one as soon as it says that it serves again", async () => {
    const client = begin();
    const { node, info } = await server({ call: (note) => note });
    source.say(info);
    const warm = client.call({});
    await settle();
    await warm;
    node.serving.pause();
    const refused = failure(client.call({}));
    await settle();
    expect(await refused).toMatchObject({ reason: "PAUSED" });
    source.say({ ...info, version: 2, condition: "paused" });
    node.serving.resume();
    source.say({ ...info, version: 3 });
    const again = client.call({});
    await settle();
    expect(await again).toBeDefined();
  });
});
