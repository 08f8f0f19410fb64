import { expect, test } from "vitest";
import { createNode, insecure, serve } from "../../../src/index.js";
import { EchoResponse } from "../../gen/heliograph/test/v1/echo.js";
import { EchoService } from "../../gen/heliograph/test/v1/echo_heliograph.js";
import { echoClient } from "../../support/echo-client.js";
import { plateau } from "../../support/plateau.js";
import { scaled } from "../../support/soak.js";

const CYCLES = scaled(300, 10_000);
/** What a cycle may leave in memory, at most, that garbage and fragmentation don't explain. */
const BYTES_PER_CYCLE = scaled(40_000, 2_000);

const handlers = { echo: ({ text }: { text: string }) => EchoResponse.create({ text }) };

test(`${CYCLES} clients that open, call and close leave nothing behind`, async () => {
  await using node = createNode({ name: "cycles", security: insecure() });
  const { endpoints } = await serve(node, EchoService, handlers);
  await plateau(CYCLES, BYTES_PER_CYCLE, async (n) => {
    const { connection, client } = echoClient(endpoints);
    expect((await client.echo({ text: String(n) })).text).toBe(String(n));
    await connection.close();
  });
});

test(`${CYCLES} nodes that open, are called and close leave nothing behind`, async () => {
  await plateau(CYCLES, BYTES_PER_CYCLE, async (n) => {
    const node = createNode({ name: "cycles", security: insecure() });
    const { endpoints } = await serve(node, EchoService, handlers);
    const { connection, client } = echoClient(endpoints);
    expect((await client.echo({ text: String(n) })).text).toBe(String(n));
    await Promise.all([connection.close(), node.close()]);
  });
});
