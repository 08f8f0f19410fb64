import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { Code } from "../../src/index.js";
import { faults, memoryNetwork } from "../../src/testing/index.js";
import { Note } from "../gen/heliograph/test/v1/call.js";
import { failure, harness, type RpcCase } from "./rpc-harness.js";

const network = memoryNetwork();
const memory: RpcCase = { name: "memory", network, endpoint: () => "memory://*" };
const { serve, client: clientOf } = harness(memory);

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
