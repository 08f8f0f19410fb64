import { afterEach, describe, expect, test } from "vitest";
import { backoffFrom } from "../../src/core/backoff.js";
import {
  type Balancer,
  type Client,
  Code,
  createClient,
  createNode,
  type Handlers,
  HeliographError,
  insecure,
  type Node,
  serve,
} from "../../src/index.js";
import type { InstanceInfo } from "../../src/naming/instance.js";
import { roundRobin } from "../../src/naming/round-robin.js";
import { makeParts } from "../../src/node/parts.js";
import { Calling } from "../../src/rpc/client/calling.js";
import {
  type FakeClock,
  type FaultyNetwork,
  fakeClock,
  faults,
  memoryNetwork,
} from "../../src/testing/index.js";
import { Note } from "../gen/heliograph/test/v1/call.js";
import { CallService } from "../gen/heliograph/test/v1/call_heliograph.js";
import { at, HandSource } from "../support/hand-source.js";
import { failure, silent } from "./rpc-harness.js";

describe("a call that waits in vain for an instance", () => {
  let clock: FakeClock;
  let network: FaultyNetwork;
  let source: HandSource;
  let calling: Calling;
  let nodes: Node[] = [];

  afterEach(async () => {
    network.heal();
    await calling.close();
    const closing = Promise.all(nodes.map((node) => node.close({ graceMs: 0 })));
    nodes = [];
    await clock.advanceAsync(2_000);
    await closing;
    expect(clock.timers).toBe(0);
  });

  function begin(
    over: { judge?: () => HeliographError; balancer?: Balancer } = {},
  ): Client<typeof CallService> {
    clock = fakeClock();
    network = faults({ network: memoryNetwork(), clock });
    source = new HandSource();
    const options = { security: insecure(), logger: silent, clock, network };
    const { self, sockets, shared, stallMs } = makeParts("caller", options);
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
      balancer: over.balancer ?? roundRobin(),
      host: "",
      everywhere: new Set(),
      events: { connected() {}, disconnected() {}, handshakeFailed() {}, unreachable() {} },
      judge: over.judge ?? (() => undefined),
    });
    return createClient(calling, CallService);
  }

  async function server(name: string, handlers: Handlers<typeof CallService>): Promise<InstanceInfo> {
    const node = createNode({ name, security: insecure(), clock, network, logger: silent, registries: [] });
    nodes.push(node);
    const endpoint = `memory://${name}`;
    await serve(node, CallService, handlers, { endpoint });
    return at(endpoint, { node: name, instance: node.instance, epoch: node.epoch });
  }

  const settle = () => clock.advanceAsync(0);

  test("has an error of its own, with its path, where none goes with its client", async () => {
    const client = begin({
      judge: () =>
        new HeliographError(Code.FailedPrecondition, "other files", { reason: "SCHEMA_INCOMPATIBLE" }),
    });
    const errors = [client.call({}), client.call({}), client.look({})].map((call) => failure(call));
    source.say(await server("server", { call: (note) => note }));
    await settle();
    const [one, two, other] = await Promise.all(errors);
    for (const error of [one, two, other])
      expect(error).toMatchObject({ code: Code.FailedPrecondition, reason: "SCHEMA_INCOMPATIBLE" });
    expect(one).not.toBe(two);
    expect(one?.message).toBe(`FAILED_PRECONDITION: ${CallService.call.path}: other files`);
    expect(other?.message).toBe(`FAILED_PRECONDITION: ${CallService.look.path}: other files`);
    expect((await failure(client.call({}))).message).toContain(CallService.call.path);
  });

  test("says so when the balancer chooses none of those that there are", async () => {
    const nobody: Balancer = { name: "nobody", picker: () => ({ pick: () => undefined }) };
    const client = begin({ balancer: nobody });
    const infos = [await server("one", {}), await server("two", {}), await server("three", {})];
    source.say(...infos);
    const three = failure(client.call({}, { timeoutMs: 5_000 }));
    await clock.advanceAsync(6_000);
    expect(await three).toMatchObject({ code: Code.DeadlineExceeded });
    expect((await three).message).toContain("the balancer chose none of 3 instances");
    source.say(...infos.slice(0, 1));
    const one = failure(client.call({}, { timeoutMs: 5_000 }));
    await clock.advanceAsync(6_000);
    expect((await one).message).toContain("the balancer did not choose the one instance");
  });

  test("ends at once when the balancer gives back what is none of them, which is said", async () => {
    const info: Balancer = { name: "info", picker: () => ({ pick: ([one]) => one?.info as never }) };
    const client = begin({ balancer: info });
    source.say(await server("server", {}));
    const call = failure(client.call({}));
    await settle();
    expect(await call).toMatchObject({ code: Code.InvalidArgument, reason: "BAD_OPTION" });
    expect((await call).message).toContain("must return one of its candidates, or undefined");
  });

  describe("of a stream that resumes, when its server", () => {
    const counting: Handlers<typeof CallService> = {
      async *watch(_, ctx) {
        yield Note.create({ number: 1n });
        await ctx.sleep(3_000);
        yield Note.create({ number: 2n });
      },
    };

    /** A stream that has had its first answer, and whose connection has broken. */
    async function broken() {
      const client = begin();
      const info = await server("server", counting);
      source.say(info);
      const stream = client.watch({})[Symbol.asyncIterator]();
      const one = stream.next();
      await settle();
      expect((await one).value?.number).toBe(1n);
      const ends: (string | bigint | undefined)[] = [];
      stream.next().then(
        ({ value }) => ends.push(value?.number),
        (error) => ends.push(error.reason),
      );
      network.refuse();
      network.cut();
      await clock.advanceAsync(100);
      return { info, ends };
    }

    test("has left ends at once", async () => {
      const { info, ends } = await broken();
      const draining: InstanceInfo = { ...info, version: 2, condition: "draining" };
      source.say(draining);
      await settle();
      expect(ends).toEqual([]);
      source.say();
      await settle();
      expect(ends).toEqual(["STREAM_GONE"]);
    });

    test("has been replaced by another where it was ends at once", async () => {
      const { info, ends } = await broken();
      const place = { endpoints: [`tcp://192.0.2.1:${5_000}`], host: "a" };
      source.say({ ...info, ...place, version: 2, state: "suspect" });
      await settle();
      source.say(at("", { ...info, ...place, instance: "another", epoch: info.epoch + 1 }));
      await settle();
      expect(ends).toEqual(["STREAM_GONE"]);
    });

    test("is merely lost goes on when that is back", async () => {
      const { info, ends } = await broken();
      source.say({ ...info, state: "dead" });
      await settle();
      source.say();
      await clock.advanceAsync(5_000);
      expect(ends).toEqual([]);
      network.heal();
      source.say(info);
      await clock.advanceAsync(2_000);
      expect(ends).toEqual([2n]);
    });
  });

  test("ends with the connection of a server that has left before", async () => {
    const client = begin();
    const info = await server("server", {
      async *watch(_, ctx) {
        yield Note.create({ number: 1n });
        await ctx.sleep(60_000);
      },
    });
    source.say(info);
    const stream = client.watch({})[Symbol.asyncIterator]();
    const one = stream.next();
    await settle();
    await one;
    source.say({ ...info, version: 2, condition: "draining" });
    source.say();
    const end = failure(stream.next());
    const ended: string[] = [];
    void end.then(({ reason }) => ended.push(reason));
    await clock.advanceAsync(1_000);
    expect(ended).toEqual([]);
    network.refuse();
    network.cut();
    await clock.advanceAsync(100);
    expect(ended).toEqual(["STREAM_GONE"]);
  });
});
