import { afterEach, describe, expect, test } from "vitest";
import { NodeService } from "../../src/gen/heliograph/node/v1/node_heliograph.js";
import {
  Code,
  connectTo,
  createClient,
  createNode,
  insecure,
  type Node,
  notify,
  type ScatterAnswer,
  type SocketFactory,
  scatter,
  serve,
} from "../../src/index.js";
import { memoryNetwork } from "../../src/testing/index.js";
import { dynamicService } from "../../src/wire/dynamic-service.js";
import type { Note } from "../gen/heliograph/test/v1/call.js";
import { CallService, SecondService } from "../gen/heliograph/test/v1/call_heliograph.js";
import { numbered, numberedAt, renamed, same } from "../support/other-schemas.js";
import { all, failure, silent } from "./rpc-harness.js";

const open: AsyncDisposable[] = [];
const security = insecure();

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one[Symbol.asyncDispose]();
});

function own<T extends AsyncDisposable>(resource: T): T {
  open.push(resource);
  return resource;
}

/** One way for clients to reach servers. */
interface Way {
  /** A node that can be found that way. */
  node(name: string): Node;
  /** What clients of these servers are made with. */
  caller(...servers: readonly Node[]): Node | ReturnType<typeof connectTo>;
  readonly network: SocketFactory | undefined;
}

function plain(network?: SocketFactory): Way {
  const common = { security, logger: silent, ...(network && { network }) };
  return {
    network,
    node: (name) => own(createNode({ name, registries: [], ...common })),
    caller: (...servers) => own(connectTo(endpointsOf(servers), common)),
  };
}

/** Nodes on a machine of their own, that find each other in its registry. */
function discovery(): Way {
  const network = memoryNetwork();
  const node = (name: string) =>
    own(createNode({ name, security, network, logger: silent, registries: ["local"] }));
  return { network, node, caller: () => node("caller") };
}

function endpointsOf(nodes: readonly Node[]): string[] {
  return nodes.flatMap(({ endpoints }) => endpoints);
}

/** A server of CallService by that schema, and of SecondService, that gives back what it got. */
async function server(
  way: Way,
  schema: Uint8Array,
  { name = "notes", endpoint }: { name?: string; endpoint?: string } = {},
) {
  const node = way.node(name);
  const echo = (note: unknown) => note;
  async function* each(notes: AsyncIterable<unknown>) {
    yield* notes;
  }
  async function sum(notes: AsyncIterable<unknown>) {
    const [first] = await all(notes);
    return first;
  }
  const one = (note: unknown) => [note];
  const handlers = { call: echo, look: echo, count: one, watch: one, sum, chat: each };
  const at = endpoint === undefined ? {} : { endpoint };
  await serve(node, dynamicService(schema, CallService.$service), handlers as object, at);
  await serve(node, SecondService, { call: (note) => note });
  return node;
}

/** Calls of CallService that have come to this server, whether it could read them or not. */
async function reached(node: Node, { network }: Way): Promise<number> {
  const connection = own(connectTo(node.endpoints, { security, ...(network && { network }) }));
  const { methods } = await createClient(connection, NodeService).stats({});
  const own_ = methods.filter(({ method }) => method.startsWith(`${CallService.$service}/`));
  return own_.reduce((sum, { calls }) => sum + Number(calls), 0);
}

const incompatible = {
  code: Code.FailedPrecondition,
  reason: "SCHEMA_INCOMPATIBLE",
  notProcessed: true,
  rawMessage: expect.stringContaining(numberedAt),
};

type Where = Parameters<typeof createClient>[0];

/** A client of CallService that takes `Note.text` for a number. */
function numberedClient(where: Where, schema: Uint8Array) {
  const client: object = createClient(where, dynamicService(schema, CallService.$service));
  return client as { call(note: { text: number }): Promise<{ text: number }> };
}

/** Every kind of call; each gives the texts that come back. */
const kinds: Record<string, (where: Where, text: string) => Promise<string[]>> = {
  "unary call": async (where, text) => [(await createClient(where, CallService).call({ text })).text],
  "call that is retried": async (where, text) => [
    (await createClient(where, CallService).look({ text }, { retry: { attempts: 3 } })).text,
  ],
  "compressed call": async (where, text) => [
    (await createClient(where, CallService).call({ text }, { compression: "gzip" })).text,
  ],
  "stream of answers": async (where, text) =>
    (await all(createClient(where, CallService).count({ text }))).map((note) => note.text),
  "stream that resumes": async (where, text) =>
    (await all(createClient(where, CallService).watch({ text }))).map((note) => note.text),
  "stream of requests": async (where, text) => [
    (await createClient(where, CallService).sum([{ text }])).text,
  ],
  "stream both ways": async (where, text) =>
    (await all(createClient(where, CallService).chat([{ text }]))).map((note) => note.text),
  "one-way call": async (where, text) => {
    await notify(where, CallService.call, { text });
    return [text];
  },
  "call to all": async (where, text) => {
    const answers = await all(scatter(where, CallService.call, { text }));
    return answers.map((answer) => {
      if (answer.error !== undefined) throw answer.error;
      return answer.message.text;
    });
  },
};

describe.each<[string, () => Way]>([
  ["over tcp", () => plain()],
  ["in memory", () => plain(memoryNetwork())],
  ["through discovery", discovery],
])("a client whose server has another schema, %s", (_where, makeWay) => {
  test.each(Object.entries(kinds))("is served, when both understand each other: %s", async (_kind, call) => {
    const way = makeWay();
    const node = await server(way, renamed());
    expect(await call(way.caller(node), "a")).toEqual(["a"]);
    await expect.poll(() => reached(node, way), { interval: 5 }).toBe(1);
  });

  test.each(Object.entries(kinds))("is refused, and nothing is sent, when not: %s", async (_kind, call) => {
    const way = makeWay();
    const node = await server(way, numbered());
    // The first that anybody says to that server.
    const caller = way.caller(node);
    expect(await failure(call(caller, "a"))).toMatchObject(incompatible);
    expect(await failure(call(caller, "b"))).toMatchObject(incompatible);
    expect(await reached(node, way)).toBe(0);
  });

  test("is refused whatever others on the same connection call at the same time, who are not", async () => {
    const way = makeWay();
    const schema = numbered();
    const node = await server(way, schema);
    const caller = way.caller(node);
    const fitting = numberedClient(caller, schema);
    const [bad, good, second] = await Promise.all([
      failure(createClient(caller, CallService).call({ text: "a" })),
      fitting.call({ text: 7 }),
      createClient(caller, SecondService).call({ text: "b" }),
    ]);
    expect(bad).toMatchObject(incompatible);
    expect([good.text, second.text]).toEqual([7, "b"]);
    // And in the other order, now that there is a connection.
    expect(await fitting.call({ text: 8 })).toMatchObject({ text: 8 });
    expect(await failure(createClient(caller, CallService).call({}))).toMatchObject(incompatible);
    expect(await reached(node, way)).toBe(2);
  });

  test("is refused though it was made with the older schema, and the server with the newer", async () => {
    const way = makeWay();
    const node = await server(way, same);
    const older = numberedClient(way.caller(node), numbered());
    expect(await failure(older.call({ text: 7 }))).toMatchObject({
      reason: "SCHEMA_INCOMPATIBLE",
      rawMessage: expect.stringContaining("is int32 here and string at the server"),
    });
    expect(await reached(node, way)).toBe(0);
  });

  test("hears from each of several servers whether it understands it", async () => {
    const way = makeWay();
    const [bad, good] = [await server(way, numbered()), await server(way, renamed())];
    const caller = way.caller(bad, good);
    const asked = async () => {
      const answers = await all(scatter(caller, CallService.call, { text: "a" }));
      return new Map(answers.map((answer): [string, ScatterAnswer<Note>] => [answer.endpoint, answer]));
    };
    await expect.poll(async () => (await asked()).size, { interval: 5 }).toBe(2);
    const answers = await asked();
    expect(answers.get(bad.endpoints[0] ?? "")?.error).toMatchObject(incompatible);
    expect(answers.get(good.endpoints[0] ?? "")?.message).toMatchObject({ text: "a" });
    expect(await reached(bad, way)).toBe(0);
  });

  test("is served again once a good one stands in the place of a bad one", async () => {
    const way = makeWay();
    const bad = await server(way, numbered());
    const [endpoint = ""] = bad.endpoints;
    const client = createClient(way.caller(bad), CallService);
    expect(await failure(client.call({}))).toMatchObject(incompatible);
    await bad.close();
    const good = await server(way, renamed(), { endpoint });
    expect(await client.call({ text: "a" }, { waitForReady: true })).toMatchObject({ text: "a" });
    expect((await all(client.count({ text: "b" }))).map(({ text }) => text)).toEqual(["b"]);
    expect(await reached(good, way)).toBe(2);
  });
});

describe("a service that is added while a session stands", () => {
  const handlers = { call: (note: unknown) => note } as object;

  async function connected() {
    const way = discovery();
    const node = way.node("notes");
    await serve(node, SecondService, { call: (note) => note });
    const caller = way.caller();
    await createClient(caller, SecondService).call({ text: "a" });
    const ended: string[] = [];
    void (async () => {
      for await (const { kind } of (caller as Node).status()) if (kind === "disconnected") ended.push(kind);
    })();
    return { way, node, client: createClient(caller, CallService), ended };
  }

  test("is judged by its announcement: an incompatible one is not called, as where it was there before", async () => {
    const { way, node, client, ended } = await connected();
    await serve(node, dynamicService(numbered(), CallService.$service), handlers);
    await expect.poll(() => failure(client.call({})), { interval: 5 }).toMatchObject(incompatible);
    expect(await reached(node, way)).toBe(0);
    expect(ended).toEqual([]);
  });

  test("is called when it goes with the client's", async () => {
    const { node, client, ended } = await connected();
    const early = client.call({ text: "early" }, { waitForReady: true });
    await serve(node, dynamicService(renamed(), CallService.$service), handlers);
    expect(await early).toMatchObject({ text: "early" });
    expect(ended).toEqual([]);
  });
});

describe("a node whose servers have several schemas", () => {
  test("calls those that it understands, and no other", async () => {
    const way = discovery();
    const [bad, good] = [await server(way, numbered()), await server(way, renamed())];
    const client = createClient(way.caller(), CallService);
    for (let i = 0; i < 20; i++) expect(await client.call({ text: `${i}` })).toMatchObject({ text: `${i}` });
    await good.close();
    // Once the caller has heard that the other is gone.
    await expect.poll(() => failure(client.call({})), { interval: 5 }).toMatchObject(incompatible);
    expect(await reached(bad, way)).toBe(0);
  });

  test("waits for one that it understands with a patient call, and says what it has waited for", async () => {
    const way = discovery();
    const bad = await server(way, numbered());
    const client = createClient(way.caller(), CallService);
    expect(await failure(client.call({}, { waitForReady: true, timeoutMs: 100 }))).toMatchObject({
      code: Code.DeadlineExceeded,
      notProcessed: true,
      rawMessage: expect.stringContaining(numberedAt),
    });
    const waiting = client.call({ text: "a" }, { waitForReady: true });
    await server(way, same, { name: "another" });
    expect(await waiting).toMatchObject({ text: "a" });
    expect(await reached(bad, way)).toBe(0);
  });
});
