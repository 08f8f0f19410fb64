import { afterEach, describe, expect, test } from "vitest";
import {
  after,
  type ClientConnection,
  checkHealth,
  connectTo,
  createClient,
  createNode,
  type HeliographError,
  insecure,
  listInstances,
  type Node,
  type NodeOptions,
  type SocketFactory,
  serve,
  watchInstances,
} from "../../src/index.js";
import type { Resolver } from "../../src/naming/resolver.js";
import { type FakeClock, fakeClock, memoryNetwork } from "../../src/testing/index.js";
import type { Note } from "../gen/heliograph/test/v1/call.js";
import { CallService } from "../gen/heliograph/test/v1/call_heliograph.js";
import { silent } from "./rpc-harness.js";

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable("it succeeded"),
    (error: HeliographError) => error,
  );

describe("a node that ends", () => {
  let clock: FakeClock;
  let network: SocketFactory;
  const open: AsyncDisposable[] = [];

  function node(options: Partial<NodeOptions> = {}): Node {
    clock = fakeClock();
    network = options.network ?? memoryNetwork();
    const made = createNode({
      name: "node",
      security: insecure(),
      registries: [],
      logger: silent,
      clock,
      ...options,
      network,
    });
    // Handlers that never return would hold the test up.
    open.push({ [Symbol.asyncDispose]: () => made.close({ graceMs: 0 }) });
    return made;
  }

  function connection(): ClientConnection {
    const made = connectTo(["memory://one"], { security: insecure(), network, clock, logger: silent });
    open.push(made);
    return made;
  }

  afterEach(async () => {
    const closing = Promise.all(open.splice(0).map((each) => each[Symbol.asyncDispose]()));
    await clock.advanceAsync(60_000);
    await closing;
  });

  test("ends also when what it owns does not", async () => {
    const one = node();
    one.own({ [Symbol.asyncDispose]: () => new Promise(() => {}) });
    let closed = false;
    void one.close({ graceMs: 500 }).then(() => {
      closed = true;
    });
    await clock.advanceAsync(60_000);
    expect(closed).toBe(true);
    expect(one.state).toBe("closed");
  });

  test.each([
    ["at once", () => Promise.resolve()],
    ["later", () => new Promise<void>((resolve) => setImmediate(resolve))],
  ])("ends by its first grace when what it owns closes it, too, %s", async (_, before) => {
    const one = node();
    const listening = await serve(
      one,
      CallService,
      { call: () => new Promise(() => {}) },
      { endpoint: "memory://one" },
    );
    const call = failure(createClient(connection(), CallService).call({}, { timeoutMs: 60_000 }));
    await clock.advanceAsync(0);
    expect(one.serving.callsInFlight).toBe(1);
    one.own({ [Symbol.asyncDispose]: () => before().then(() => one.close({ graceMs: 30_000 })) });
    one.own({ [Symbol.dispose]: () => void one.close({ graceMs: 30_000 }) });
    const closing = one.close({ graceMs: 500 });
    await clock.advanceAsync(4_000);
    await closing;
    expect(await call).toMatchObject({ reason: "DRAINING" });
    expect(listening.endpoints).toEqual(["memory://one"]);
  });

  test("serves nothing that was about to be served when it was closed", async () => {
    const bound: (() => void)[] = [];
    const memory = memoryNetwork();
    const slow: SocketFactory = {
      ...memory,
      dial: memory.dial.bind(memory),
      listen: async (endpoint, events) => {
        await new Promise<void>((resolve) => {
          bound.push(resolve);
        });
        return memory.listen(endpoint, events);
      },
    };
    const one = node({ network: slow });
    const serving = failure(serve(one, CallService, {}, { endpoint: "memory://late" }));
    await clock.advanceAsync(0);
    const closing = one.close();
    for (const resolve of bound) resolve();
    await clock.advanceAsync(60_000);
    await closing;
    expect((await serving).message).toContain("the node was closed");
    expect(await failure(serve(one, CallService, {}))).toMatchObject({ reason: "CONNECTION_CLOSED" });
  });

  test("ends whatever its resolvers do", async () => {
    const broken: Resolver = {
      name: "broken",
      open: () => ({
        watch: () => () => {},
        announce: () => {
          throw new Error("no way");
        },
        withdraw: () => Promise.reject(new Error("no way back")),
        close: () => Promise.reject(new Error("no end")),
      }),
    };
    const one = node({ resolvers: [broken] });
    await serve(one, CallService, {}, { endpoint: "memory://broken" });
    const closing = one.close();
    await clock.advanceAsync(60_000);
    await closing;
    expect(one.state).toBe("closed");
    expect(one.serving.sessions).toBe(0);
  });

  test("ends from within a handler, after the grace", async () => {
    const one = node();
    const handlers = { call: (note: Note) => one.close({ graceMs: 500 }).then(() => note) };
    await serve(one, CallService, handlers, { endpoint: "memory://one" });
    const call = failure(createClient(connection(), CallService).call({}, { timeoutMs: 60_000 }));
    await clock.advanceAsync(5_000);
    expect(await call).toMatchObject({ reason: "DRAINING" });
    await one.closed;
  });

  test("leaves no timer behind and nobody waiting, however early it is closed", async () => {
    for (let turns = 0; turns < 10; turns++) {
      const one = node({ registries: ["local"] });
      const two = createNode({
        name: "two",
        security: insecure(),
        network,
        clock,
        logger: silent,
        registries: ["local"],
      });
      const work = [
        serve(one, CallService, { call: (note) => note }),
        createClient(two, CallService).call({}),
        listInstances(two, CallService),
        checkHealth(two, one),
        (async () => {
          for await (const _ of watchInstances(two, CallService));
        })(),
      ];
      const settled = Promise.allSettled(work);
      for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
      const closing = Promise.all([one.close({ graceMs: 0 }), two.close({ graceMs: 0 })]);
      await clock.advanceAsync(10_000);
      await closing;
      await settled;
      expect([turns, clock.timers]).toEqual([turns, 0]);
    }
  });

  test("fires no timer of its own any more", async () => {
    const one = node();
    let fired = false;
    after(one, 10, () => {
      fired = true;
    });
    const closing = one.close();
    await clock.advanceAsync(60_000);
    await closing;
    expect(fired).toBe(false);
  });
});
