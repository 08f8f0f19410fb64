import { afterEach, describe, expect, test } from "vitest";
import { ControlService } from "../../src/gen/heliograph/control/v1/control_heliograph.js";
import { NodeService } from "../../src/gen/heliograph/node/v1/node_heliograph.js";
import {
  Code,
  checkHealth,
  createClient,
  createNode,
  type HeliographError,
  insecure,
  type Logger,
  listInstances,
  type Node,
  type NodeOptions,
  type NodeStatus,
  type SocketFactory,
  serve,
  serveRegistry,
  setHealth,
} from "../../src/index.js";
import { faults, memoryNetwork } from "../../src/testing/index.js";
import type { Note } from "../gen/heliograph/test/v1/call.js";
import { CallService, SecondService } from "../gen/heliograph/test/v1/call_heliograph.js";
import { deferred, silent } from "./rpc-harness.js";

const open: Node[] = [];
let network: SocketFactory = memoryNetwork();

afterEach(async () => {
  await Promise.all(open.splice(0).map((node) => node.close({ graceMs: 0 })));
  network = memoryNetwork();
});

/** On one network of the test, whose registry the first node serves. */
function node(name: string, options: Partial<NodeOptions> = {}): Node {
  const made = createNode({
    name,
    security: insecure(),
    network,
    registries: ["local"],
    logger: silent,
    ...options,
  });
  open.push(made);
  return made;
}

/** A node that answers with its own name. */
async function server(name: string, options: Partial<NodeOptions> = {}): Promise<Node> {
  const made = node(name, options);
  await serve(made, CallService, { call: (note) => ({ ...note, text: name }) });
  return made;
}

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable("the call succeeded"),
    (error: HeliographError) => error,
  );

describe("nodes", () => {
  test("log that a registry is back as loud as that it was lost, and that they can be found again", async () => {
    const lines: string[] = [];
    const logger: Logger = { ...silent, warn: (_fields, text) => void lines.push(text) };
    const registries = ["memory://elsewhere"];
    await server("one", { registries, logger });
    expect([...lines].sort()).toEqual([
      "instances can't be looked up there at present",
      "others can't find this node yet: it could be announced nowhere",
    ]);
    lines.length = 0;
    await serveRegistry(node("registry", { registries: [] }), { endpoint: "memory://elsewhere" });
    await expect
      .poll(() => lines, { timeout: 5_000 })
      .toEqual(["instances can be looked up there again", "others can find this node now"]);
  });

  test("find each other, with no address and nothing started first", async () => {
    await server("one");
    await server("two");
    const client = createClient(node("caller"), CallService);
    await expect
      .poll(
        async () =>
          new Set((await Promise.all([1, 2, 3, 4].map(() => client.call({})))).map(({ text }) => text)),
      )
      .toEqual(new Set(["one", "two"]));
  });

  test("call a server that begins later than they do, if they wait for it", async () => {
    const client = createClient(node("caller"), CallService);
    expect(await failure(client.call({}))).toMatchObject({ code: Code.Unavailable, reason: "NO_INSTANCE" });
    const waits = client.call({}, { waitForReady: true });
    await server("late");
    expect((await waits).text).toBe("late");
  });

  test("learn of services that are added and taken away at run time", async () => {
    const one = node("one");
    const caller = node("caller");
    const client = createClient(caller, CallService);
    const served = await serve(one, CallService, { call: (note) => ({ ...note, text: "one" }) });
    expect((await client.call({})).text).toBe("one");
    await served.stop();
    await one.announced();
    await expect.poll(async () => (await listInstances(caller, CallService)).length).toBe(0);
    expect(await failure(client.call({}))).toMatchObject({ code: Code.Unavailable, reason: "NO_INSTANCE" });
    await serve(one, CallService, { call: (note) => ({ ...note, text: "again" }) });
    expect((await client.call({}, { waitForReady: true })).text).toBe("again");
  });

  test("tell what becomes of them", async () => {
    const one = node("one");
    const seen: NodeStatus[] = [];
    const following = (async () => {
      for await (const status of one.status()) seen.push(status);
    })();
    expect(one.state).toBe("idle");
    await serve(one, CallService, {});
    expect(one.state).toBe("running");
    await one.close();
    await following;
    const states = seen.flatMap((status) => (status.kind === "lifecycle" ? [status.state] : []));
    expect(states).toEqual(["starting", "running", "draining", "closed"]);
    await one.closed;
  });

  test("tell of connections that come and go", async () => {
    const one = await server("one");
    const caller = node("caller");
    const seen: string[] = [];
    void (async () => {
      for await (const { kind } of caller.status()) seen.push(kind);
    })();
    await createClient(caller, CallService).call({});
    await one.close();
    await expect
      .poll(() => seen.filter((kind) => /connected/.test(kind)))
      .toEqual(["connected", "disconnected"]);
  });

  test("describe themselves", async () => {
    const one = await server("one", { labels: { zone: "eu-1" } });
    expect(one.describe()).toMatchObject({
      name: "one",
      instance: one.instance,
      state: "running",
      condition: "serving",
      labels: { zone: "eu-1" },
      services: [{ name: "heliograph.test.v1.CallService" }],
      registries: [{ name: "registry memory://registry", connected: true }],
    });
  });

  test("announce that they drain, and are called no more before they refuse anything", async () => {
    const one = await server("one");
    const two = node("two");
    const asked = deferred();
    const answer = deferred();
    await serve(two, CallService, {
      call: async (note) => {
        asked.resolve();
        await answer.promise;
        return { ...note, text: "two" };
      },
    });
    const caller = node("caller");
    const client = createClient(caller, CallService);
    const under = client.call({}, { instance: two.instance });
    await asked.promise;
    const closing = two.close();
    await expect
      .poll(
        async () => (await listInstances(caller, CallService)).find((each) => each.node === "two")?.condition,
      )
      .toBe("draining");
    const texts = await Promise.all(Array.from({ length: 20 }, async () => (await client.call({})).text));
    expect(new Set(texts)).toEqual(new Set(["one"]));
    answer.resolve();
    expect((await under).text).toBe("two");
    await closing;
    expect((await listInstances(caller, CallService)).map((each) => each.instance)).toEqual([one.instance]);
  });

  test("end a stream that waits to go on as soon as its server is known to have left", async () => {
    node("registry");
    const cutting = faults({ network });
    const leaving = node("server");
    const { endpoints } = await serve(leaving, CallService, {
      async *watch(note, ctx) {
        yield note;
        await ctx.sleep(60_000);
      },
    });
    const caller = node("caller", { network: cutting });
    const stream = createClient(caller, CallService).watch({})[Symbol.asyncIterator]();
    await stream.next();
    const end = failure(stream.next());
    cutting.refuse(endpoints[0]);
    cutting.cut(endpoints[0]);
    await leaving.close({ graceMs: 0 });
    expect(await end).toMatchObject({ code: Code.DataLoss, reason: "STREAM_GONE" });
  });

  test("hand the registry over: those that are there stay known", async () => {
    const first = await server("first");
    await server("second");
    await server("third");
    const caller = node("caller");
    const client = createClient(caller, CallService);
    await client.call({});
    await first.close();
    for (let i = 0; i < 50; i++) await client.call({});
    await expect
      .poll(async () => (await listInstances(caller, CallService)).map((each) => each.node).sort())
      .toEqual(["second", "third"]);
    await server("fourth");
    await expect
      .poll(async () => (await listInstances(caller, CallService)).map((each) => each.node).sort())
      .toEqual(["fourth", "second", "third"]);
  });

  test("with one name are told apart", async () => {
    const twins = [await server("twin"), await server("twin")];
    const caller = node("caller");
    const known = await listInstances(caller, CallService);
    expect(known.map((each) => each.instance).sort()).toEqual(twins.map((each) => each.instance).sort());
    const client = createClient(caller, CallService);
    await Promise.all(twins.map(({ instance }) => client.call({}, { instance })));
  });

  test("are not called by name where one instance is to be called, and the error says so", async () => {
    await server("one");
    const error = await failure(createClient(node("caller"), CallService).call({}, { instance: "one" }));
    expect(error).toMatchObject({ code: Code.Unavailable, reason: "NO_INSTANCE", notProcessed: true });
    expect(error.rawMessage).toContain("no instance one of heliograph.test.v1.CallService is known");
    expect(error.rawMessage).toContain("not by the node's name");
  });

  test("pass on that a handler found nobody to call, and not that nothing ran", async () => {
    const middle = node("middle");
    const next = createClient(middle, SecondService);
    let ran = 0;
    const handlers = {
      call: (note: Note) => {
        ran++;
        return next.call(note);
      },
    };
    await serve(middle, CallService, handlers);
    await serve(node("other"), CallService, handlers);
    const error = await failure(createClient(node("caller"), CallService).call({}));
    expect(error).toMatchObject({
      code: Code.Unavailable,
      reason: "NO_INSTANCE",
      origin: "peer",
      notProcessed: false,
      rawMessage: expect.stringContaining("nobody serves heliograph.test.v1.SecondService"),
    });
    expect(ran).toBe(1);
  });

  test("that nobody asks cost nothing: without registries there is nobody to ask", async () => {
    const alone = await server("alone", { registries: [] });
    const client = createClient(node("caller", { registries: [] }), CallService);
    const error = await failure(client.call({}));
    expect(error).toMatchObject({
      code: Code.FailedPrecondition,
      reason: "DISCOVERY_OFF",
      notProcessed: true,
    });
    expect(await failure(client.call({}, { waitForReady: true }))).toMatchObject({ reason: "DISCOVERY_OFF" });
    expect(error.message).toContain("`registries` is []");
    expect(alone.describe().registries).toEqual([]);
  });
});

describe("a node answers for itself", () => {
  test("when it is asked for its health, itself or one of its services", async () => {
    const one = await server("one");
    await server("two");
    const caller = node("caller");
    const [info] = (await listInstances(caller, CallService)).filter(({ node }) => node === "one");
    expect(await checkHealth(caller, info)).toEqual({ status: "serving", reason: "" });
    setHealth(one, CallService, "not-serving", "the database is away");
    expect(await checkHealth(caller, info, { service: CallService })).toEqual({
      status: "not-serving",
      reason: "the database is away",
    });
    expect(await checkHealth(caller, info)).toMatchObject({ status: "serving" });
  });

  test("when it is asked what it has done", async () => {
    const one = await server("one");
    const caller = node("caller");
    const client = createClient(caller, CallService);
    for (let i = 0; i < 3; i++) await client.call({ text: "x" });
    const { methods } = await createClient(caller, NodeService).stats({}, { instance: one.instance });
    const [method] = methods.filter((each) => each.method === "heliograph.test.v1.CallService/Call");
    expect(method).toMatchObject({ calls: 3n, inFlight: 0 });
  });

  test("and obeys orders only when it is to", async () => {
    const one = await server("one");
    const caller = node("caller");
    const control = createClient(caller, ControlService);
    expect(await failure(control.pause({}, { instance: one.instance }))).toMatchObject({
      code: Code.Unimplemented,
    });
  });

  test("when it is paused: calls go elsewhere, and come back", async () => {
    const one = await server("one", { control: true });
    await server("two");
    const caller = node("caller");
    const client = createClient(caller, CallService);
    const control = createClient(caller, ControlService);
    const who = async () =>
      new Set((await Promise.all([1, 2, 3, 4, 5, 6].map(() => client.call({})))).map(({ text }) => text));
    await expect.poll(who).toEqual(new Set(["one", "two"]));
    await control.pause({}, { instance: one.instance });
    expect(one.state).toBe("paused");
    expect(await who()).toEqual(new Set(["two"]));
    expect(await checkHealth(caller, one)).toEqual({ status: "not-serving", reason: "paused" });
    await control.resume({}, { instance: one.instance });
    await expect.poll(who).toEqual(new Set(["one", "two"]));
  });

  test("that it drains as soon as it begins to close, while it still takes calls", async () => {
    const one = await server("one");
    const caller = node("caller");
    const client = createClient(caller, CallService);
    await client.call({});
    const held = deferred<void>();
    one.own({ [Symbol.asyncDispose]: () => held.promise });
    const closing = one.close();
    expect(await checkHealth(caller, one)).toEqual({ status: "not-serving", reason: "draining" });
    expect(one.describe()).toMatchObject({ state: "draining", condition: "draining" });
    await expect
      .poll(() => listInstances(caller, CallService))
      .toMatchObject([{ node: "one", condition: "draining" }]);
    held.resolve();
    await closing;
  });

  test("that it closes, and is not taken back from that by an operator", async () => {
    const one = await server("one", { control: true });
    const control = createClient(node("caller"), ControlService);
    await control.pause({}, { instance: one.instance });
    const held = deferred<void>();
    one.own({ [Symbol.asyncDispose]: () => held.promise });
    const closing = one.close();
    await control.resume({}, { instance: one.instance });
    expect(one.describe().condition).toBe("draining");
    held.resolve();
    await closing;
  });

  test("when it is told to end, and ends after the answer", async () => {
    const one = await server("one", { control: true });
    const caller = node("caller");
    await createClient(caller, ControlService).shutdown({}, { instance: one.instance });
    await one.closed;
    expect(one.state).toBe("closed");
  });
});
