import { afterEach, expect, test } from "vitest";
import { NodeService } from "../../src/gen/heliograph/node/v1/node_heliograph.js";
import {
  Code,
  connectTo,
  createClient,
  createNode,
  insecure,
  type Logger,
  type Node,
  type NodeStatus,
  serve,
} from "../../src/index.js";
import type { Resolver } from "../../src/naming/resolver.js";
import { memoryNetwork } from "../../src/testing/index.js";
import { dynamicService } from "../../src/wire/dynamic-service.js";
import { Note } from "../gen/heliograph/test/v1/call.js";
import { CallService, SecondService } from "../gen/heliograph/test/v1/call_heliograph.js";
import { at, HandSource } from "../support/hand-source.js";
import { numbered, numberedAt, renamed, same } from "../support/other-schemas.js";

const open: AsyncDisposable[] = [];

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one[Symbol.asyncDispose]();
});

const network = memoryNetwork();

/** A server of CallService by that schema, which answers with what has no fields. */
async function server(schema: Uint8Array): Promise<Node> {
  const service = dynamicService(schema, CallService.$service);
  const node = createNode({ name: "notes", security: insecure(), network, registries: [] });
  open.push(node);
  await serve(node, service, { call: () => Note.create() } as object);
  await serve(node, SecondService, { call: () => Note.create() });
  return node;
}

/** How often it was asked for its schemas. */
async function asked(node: Node): Promise<number> {
  const { methods } = await createClient(connect(node), NodeService).stats({});
  return Number(methods.find(({ method }) => method.endsWith("NodeService/Schema"))?.calls ?? 0n);
}

function connect({ endpoints }: Node) {
  const connection = connectTo(endpoints, { security: insecure(), network });
  open.push(connection);
  return connection;
}

test("a client whose schema would be misread is refused, with the path of the field, each time", async () => {
  const node = await server(numbered());
  const connection = connect(node);
  const second = createClient(connection, SecondService);
  await second.call({});
  const client = createClient(connection, CallService);
  for (const call of [client.call({}), client.call({}, { waitForReady: true }), client.sum([])]) {
    await expect(call).rejects.toMatchObject({
      code: Code.FailedPrecondition,
      reason: "SCHEMA_INCOMPATIBLE",
      notProcessed: true,
      rawMessage: expect.stringContaining(numberedAt),
    });
  }
  expect(await asked(node)).toBe(1);
  // What else is served there has nothing to do with it.
  await second.call({});
});

test("a client whose schema differs and is understood is served", async () => {
  const node = await server(renamed());
  const client = createClient(connect(node), CallService);
  await client.call({});
  await client.call({});
  expect(await asked(node)).toBe(1);
});

test("a client of the same schema asks for nothing", async () => {
  const node = await server(same);
  await createClient(connect(node), CallService).call({});
  expect(await asked(node)).toBe(0);
});

test("a client is judged anew when another server answers", async () => {
  const first = await server(numbered());
  const [endpoint = ""] = first.endpoints;
  const connection = connect(first);
  const client = createClient(connection, CallService);
  await createClient(connection, SecondService).call({});
  await expect(client.call({})).rejects.toMatchObject({ reason: "SCHEMA_INCOMPATIBLE" });
  await first.close();
  const node = createNode({ name: "notes", security: insecure(), network, registries: [] });
  open.push(node);
  await serve(node, CallService, { call: () => Note.create() }, { endpoint });
  await client.call({}, { waitForReady: true });
});

/** A node that knows these servers. */
function caller(...servers: readonly Node[]): Node {
  return listener(servers, { debug() {}, info() {}, warn() {}, error() {} });
}

/** The same, with a logger. */
function listener(servers: readonly Node[], logger: Logger): Node {
  const source = new HandSource();
  source.say(...servers.map(({ endpoints }) => at(endpoints[0] ?? "")));
  const resolver: Resolver = {
    name: "by hand",
    open: () => ({ watch: (service, listener) => source.watch(service, listener), close: async () => {} }),
  };
  const node = createNode({
    name: "caller",
    security: insecure(),
    network,
    registries: [],
    resolvers: [resolver],
    logger,
  });
  open.push(node);
  return node;
}

test("a node sends no call to an instance whose schema would be misread, and all to the others", async () => {
  const [bad, good] = [await server(numbered()), await server(renamed())];
  const client = createClient(caller(bad, good), CallService);
  for (let i = 0; i < 10; i++) await client.call({ text: "a" });
});

test("a node says so when the schemas of all instances would be misread", async () => {
  const node = await server(numbered());
  const client = createClient(caller(node), CallService);
  await expect(client.call({ text: "a" })).rejects.toMatchObject({
    code: Code.FailedPrecondition,
    reason: "SCHEMA_INCOMPATIBLE",
    notProcessed: true,
  });
});

test("an instance that gets no calls because of its schema is told of once, though others answer", async () => {
  const [bad, good] = [await server(numbered()), await server(renamed())];
  const warned: (readonly [object, string])[] = [];
  const node = listener([bad, good], {
    debug() {},
    info() {},
    warn: (...line) => warned.push(line),
    error() {},
  });
  const told: NodeStatus[] = [];
  const events = (async () => {
    for await (const event of node.status()) if (event.kind === "schema-incompatible") told.push(event);
  })();
  await Promise.all([1, 2].map(() => createClient(node, CallService).call({ text: "a" })));
  await expect.poll(() => warned.length).toBe(1);
  const [fields, text] = warned[0] ?? [];
  expect(text).toBe("no calls are sent there: the schemas don't go together");
  expect(fields).toMatchObject({ service: CallService.$service, endpoint: bad.endpoints[0] });
  await createClient(node, SecondService).call({});
  await node.close();
  await events;
  expect(told).toMatchObject([
    {
      service: CallService.$service,
      endpoint: bad.endpoints[0],
      peer: { node: "notes", instance: bad.instance },
      error: { reason: "SCHEMA_INCOMPATIBLE" },
    },
  ]);
});
