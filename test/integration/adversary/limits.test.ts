import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Code, createNode, insecure, type Node, serve } from "../../../src/index.js";
import { initialLimits } from "../../../src/wire/limits.js";
import { EchoRequest, EchoResponse } from "../../gen/heliograph/test/v1/echo.js";
import { EchoService } from "../../gen/heliograph/test/v1/echo_heliograph.js";
import { echoClient } from "../../support/echo-client.js";
import { Random } from "../../support/random.js";

const MIB = 1024 * 1024;
const CHUNK = initialLimits.chunkBytes;
/** What the data's own field takes in a message: its tag and its length. */
const overhead = (bytes: number) =>
  EchoRequest.encode(EchoRequest.create({ data: Buffer.alloc(bytes) })).finish().length - bytes;
/** Data that makes a message of exactly so many bytes. */
const dataFor = (messageBytes: number) => messageBytes - overhead(messageBytes - 4);

describe.each([
  ["within one chunk", 100_000],
  ["in chunks", 3 * MIB],
])("a message limit %s", (_where, messageBytes) => {
  const random = new Random(7);
  const source = random.bytes(64 * 1024);
  let node: Node;
  let endpoint: string;
  let served = 0;

  beforeAll(async () => {
    node = createNode({ name: "limited", security: insecure(), limits: { messageBytes } });
    const handlers = {
      echo: (request: EchoRequest) => {
        served++;
        const data = request.answerBytes > 0 ? filled(request.answerBytes) : request.data;
        return EchoResponse.create({ data });
      },
    };
    const service = await serve(node, EchoService, handlers);
    endpoint = service.endpoints[0] ?? "";
  });
  afterAll(() => node.close());

  function filled(bytes: number): Buffer {
    const data = Buffer.alloc(bytes);
    for (let at = 0; at < bytes; at += source.length) source.copy(data, at);
    return data;
  }

  test.each([-1, 0])("a request of the limit %i arrives", async (more) => {
    const { connection, client } = echoClient(endpoint);
    await using _ = connection;
    const data = filled(dataFor(messageBytes + more));
    const answer = await client.echo({ data });
    expect(answer.data.length).toBe(data.length);
    expect(hash(answer.data)).toBe(hash(data));
  });

  test("a request one byte above the limit never leaves, and says so", async () => {
    const { connection, client } = echoClient(endpoint);
    await using _ = connection;
    await client.echo({});
    const before = served;
    await expect(client.echo({ data: filled(dataFor(messageBytes + 1)) })).rejects.toMatchObject({
      code: Code.ResourceExhausted,
      reason: "MESSAGE_TOO_LARGE",
      notProcessed: true,
    });
    expect((await client.echo({ data: filled(10) })).data.length).toBe(10);
    expect(served).toBe(before + 1);
  });

  test.each([-1, 0])("an answer of the client's limit %i arrives", async (more) => {
    const { connection, client } = echoClient(endpoint, { limits: { messageBytes } });
    await using _ = connection;
    const answerBytes = dataFor(messageBytes + more);
    expect(hash((await client.echo({ answerBytes })).data)).toBe(hash(filled(answerBytes)));
  });

  test("an answer one byte above the client's limit ends its call, and only that", async () => {
    const { connection, client } = echoClient(endpoint, { limits: { messageBytes } });
    await using _ = connection;
    const large = client.echo({ answerBytes: dataFor(messageBytes + 1) });
    const small = client.echo({ answerBytes: 5 });
    await expect(large).rejects.toMatchObject({
      code: Code.ResourceExhausted,
      reason: "MESSAGE_TOO_LARGE",
      notProcessed: false,
    });
    expect((await small).data.length).toBe(5);
  });
});

describe("a message", () => {
  const sizes = [
    0,
    1,
    16_383,
    16_384,
    16_385,
    CHUNK - 1,
    CHUNK,
    CHUNK + 1,
    2 * CHUNK,
    2 * CHUNK + 1,
    5 * MIB,
  ];

  test.each(sizes)("of %i bytes of data travels there and back", async (bytes) => {
    await using node = createNode({ name: "sizes", security: insecure() });
    const handlers = { echo: ({ data }: EchoRequest) => EchoResponse.create({ data }) };
    const { endpoints } = await serve(node, EchoService, handlers);
    const { connection, client } = echoClient(endpoints);
    await using _ = connection;
    // By the size of the encoded message where that matters: the data's own field takes some of it.
    for (const size of new Set([bytes, Math.max(0, bytes - overhead(bytes))])) {
      const data = new Random(size).bytes(Math.min(size, 70_001));
      const whole = Buffer.alloc(size, data.length > 0 ? data : 0);
      expect(hash((await client.echo({ data: whole })).data)).toBe(hash(whole));
    }
  });

  test("that is empty as a whole is one all the same", async () => {
    await using node = createNode({ name: "empty", security: insecure() });
    const { endpoints } = await serve(node, EchoService, { echo: () => EchoResponse.create({}) });
    const { connection, client } = echoClient(endpoints);
    await using _ = connection;
    expect(await client.echo({})).toEqual(EchoResponse.create({}));
  });

  test("in chunks leaves room for 20 others at a time", async () => {
    await using node = createNode({ name: "many", security: insecure() });
    const handlers = { echo: ({ data }: EchoRequest) => EchoResponse.create({ data }) };
    const { endpoints } = await serve(node, EchoService, handlers);
    const { connection, client } = echoClient(endpoints);
    await using _ = connection;
    const calls = Array.from({ length: 20 }, async (_unused, i) => {
      const data = Buffer.alloc(CHUNK * 3 + i * 1_000, i + 1);
      return hash((await client.echo({ data })).data) === hash(data);
    });
    expect(await Promise.all(calls)).toEqual(Array.from({ length: 20 }, () => true));
  });
});

function hash(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
