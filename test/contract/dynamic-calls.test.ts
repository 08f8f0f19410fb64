import { afterEach, describe, expect, test } from "vitest";
import type { CallOptions, MessageSource, ResponseStream } from "../../src/index.js";
import {
  type Client,
  type ClientConnection,
  connectTo,
  createClient,
  createNode,
  insecure,
  type Node,
  serve,
} from "../../src/index.js";
import { memoryNetwork } from "../../src/testing/index.js";
import { dynamicService } from "../../src/wire/dynamic-service.js";
import type { DynamicMessage } from "../../src/wire/dynamic-type.js";
import { Note } from "../gen/heliograph/test/v1/call.js";
import { CallService } from "../gen/heliograph/test/v1/call_heliograph.js";

/** What `createClient` makes of the dynamic CallService. */
interface DynamicClient {
  call(request: DynamicMessage, options?: CallOptions): Promise<DynamicMessage>;
  count(request: DynamicMessage, options?: CallOptions): ResponseStream<DynamicMessage>;
  sum(requests: MessageSource<DynamicMessage>): Promise<DynamicMessage>;
  chat(requests: MessageSource<DynamicMessage>): ResponseStream<DynamicMessage>;
}

const dynamic = dynamicService(CallService.$schema, CallService.$service);
const open: (Node | ClientConnection)[] = [];

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

async function connect(service: typeof CallService | typeof dynamic): Promise<ClientConnection> {
  const network = memoryNetwork();
  const node = createNode({ name: "notes", security: insecure(), network, registries: [] });
  open.push(node);
  const handlers = {
    call: (request: DynamicMessage) =>
      Note.fromPartial({ text: `${request["text"]}!`, nested: { value: 1 } }),
    async *count(request: DynamicMessage) {
      for (let i = 0n; i < (request["number"] as bigint); i++) yield Note.fromPartial({ number: i });
    },
    async sum(requests: AsyncIterable<DynamicMessage>) {
      let number = 0n;
      for await (const request of requests) number += request["number"] as bigint;
      return Note.fromPartial({ number });
    },
    async *chat(requests: AsyncIterable<DynamicMessage>) {
      for await (const request of requests) yield Note.fromPartial({ list: [request["text"] as string] });
    },
  };
  await serve(node, service, handlers as object);
  const connection = connectTo(node.endpoints, { security: insecure(), network });
  open.push(connection);
  return connection;
}

async function all<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

describe.each(["protobuf", "json", "msgpack"] as const)("a dynamic service, in %s,", (codec) => {
  test("is called as a generated one is, in all four ways", async () => {
    const connection = await connect(CallService);
    const client = createClient(connection, dynamic, { codec }) as unknown as DynamicClient;
    expect(await client.call({ text: "a" })).toEqual(Note.fromPartial({ text: "a!", nested: { value: 1 } }));
    expect(await all(client.count({ number: 3n }))).toMatchObject([
      { number: 0n },
      { number: 1n },
      { number: 2n },
    ]);
    expect(await client.sum([{ number: 1n }, { number: 2n }])).toMatchObject({ number: 3n });
    expect(await all(client.chat([{ text: "a" }, { text: "b" }]))).toMatchObject([
      { list: ["a"] },
      { list: ["b"] },
    ]);
  });

  test("is served as a generated one is", async () => {
    const connection = await connect(dynamic);
    const client: Client<typeof CallService> = createClient(connection, CallService, { codec });
    expect(await client.call({ text: "a" })).toEqual(Note.fromPartial({ text: "a!", nested: { value: 1 } }));
    expect(await all(client.count({ number: 2n }))).toMatchObject([{ number: 0n }, { number: 1n }]);
    expect(await client.sum([{ number: 1n }, { number: 2n }])).toMatchObject({ number: 3n });
    expect(await all(client.chat([{ text: "a" }]))).toMatchObject([{ list: ["a"] }]);
  });
});

test("a dynamic request of another type is refused before it is sent, with the field", async () => {
  const connection = await connect(CallService);
  const client = createClient(connection, dynamic) as unknown as DynamicClient;
  await expect(client.call({ text: 5 })).rejects.toThrow(
    "can't encode the request: heliograph.test.v1.Note.text: expected a string, got 5",
  );
});
