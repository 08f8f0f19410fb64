import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { type CallOptions, Code, createClient } from "../../src/index.js";
import { faults, memoryNetwork } from "../../src/testing/index.js";
import { Note } from "../gen/heliograph/test/v1/call.js";
import { CallService } from "../gen/heliograph/test/v1/call_heliograph.js";
import { failure, harness, type RpcCase } from "./rpc-harness.js";

const network = memoryNetwork();
const memory: RpcCase = { name: "memory", network, endpoint: () => "memory://*" };
const { serve, connect, client: clientOf } = harness(memory);

/** Half of it can be compressed, and what is left takes a thread to decompress. */
const data = randomBytes(100_000).fill(0, 50_000);

/** A client of a server with large answers, over a link that breaks. */
async function setup() {
  const link = faults({ network });
  const server = await serve(
    {
      call(_note, ctx) {
        ctx.responseMetadata.set("answer", "here");
        return Note.create({ data });
      },
    },
    { serve: { compression: "gzip" } },
  );
  const client = clientOf(server, { connect: { network: link } });
  // Nothing is compressed before WELCOME.
  await client.call({});
  return { link, client };
}

test("an answer that is here is given to the caller, though the connection breaks while it is decompressed", async () => {
  const { link, client } = await setup();
  const answer = client.call({}, { onHeader: () => queueMicrotask(() => link.cut()) });
  expect((await answer).data).toEqual(new Uint8Array(data));
});

test("a call whose answer is decompressed ends when its caller cancels it", async () => {
  const { client } = await setup();
  const controller = new AbortController();
  const onHeader = () => queueMicrotask(() => controller.abort());
  const error = await failure(client.call({}, { onHeader, signal: controller.signal }));
  expect(error).toMatchObject({ code: Code.Cancelled, reason: "CALL_CANCELLED" });
});

test("a call with a key that is being compressed is bound to no server yet: it goes on when that one closes", async () => {
  const answers = (text: string) => ({ call: () => Note.create({ text }) });
  const first = await serve(answers("first"));
  const second = await serve(answers("second"));
  const client = createClient(connect([first.endpoint, second.endpoint]), CallService);
  expect(await client.call({})).toMatchObject({ text: "first" });
  const options: CallOptions = {
    idempotencyKey: "key",
    retry: { attempts: 2 },
    compression() {
      void first.node.close({ graceMs: 0 });
      return "gzip";
    },
  };
  // Enough for the first server to be gone by then.
  expect(await client.call({ data: randomBytes(8 * 1024 * 1024) }, options)).toMatchObject({
    text: "second",
  });
});

test("a compression function that closes the connection, or cancels, ends its call", async () => {
  const server = await serve({ call: () => Note.create() });
  const connection = connect([server.endpoint]);
  const client = createClient(connection, CallService);
  await client.call({});
  const controller = new AbortController();
  const cancel = () => {
    controller.abort();
    return "gzip" as const;
  };
  const close = () => {
    void connection.close();
    return "gzip" as const;
  };
  const cancelled = await failure(client.call({}, { compression: cancel, signal: controller.signal }));
  expect(cancelled).toMatchObject({ code: Code.Cancelled, notProcessed: true });
  const closed = await failure(client.call({}, { compression: close, timeoutMs: Number.POSITIVE_INFINITY }));
  expect(closed).toMatchObject({ reason: "CONNECTION_CLOSED", notProcessed: true });
});
