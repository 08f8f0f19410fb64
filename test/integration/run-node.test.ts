import { once } from "node:events";
import { afterEach, expect, test } from "vitest";
import { connectTo, createClient, insecure } from "../../src/index.js";
import { failure } from "../contract/rpc-harness.js";
import { CallService } from "../gen/heliograph/test/v1/call_heliograph.js";
import { type Child, startChild } from "../support/child.js";

let open: AsyncDisposable[] = [];

afterEach(async () => {
  await Promise.all(open.map((each) => each[Symbol.asyncDispose]()));
  open = [];
});

async function started() {
  const child: Child = await startChild("run-node");
  const connection = connectTo([child.hello.endpoint!], { security: insecure() });
  open.push(child, connection);
  return { child, client: createClient(connection, CallService) };
}

test("a first signal drains the node: what was admitted is answered, and the process ends with 0", async () => {
  const { child, client } = await started();
  const began = child.report("began");
  const call = client.call({});
  await began;
  const gone = once(child.process, "exit");
  child.process.kill("SIGTERM");
  expect(await call).toMatchObject({ text: "drained" });
  expect(await gone).toEqual([0, null]);
});

test.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const)(
  "a second %s ends the process at once with %i, though a handler never returns",
  async (signal, code) => {
    const { child, client } = await started();
    const began = child.report("began");
    const call = failure(client.other({}));
    await began;
    const gone = once(child.process, "exit");
    // Signals that follow at once may be one key press; those that follow later mean it.
    const pressing = setInterval(() => child.process.kill(signal), 50);
    expect(await gone).toEqual([code, null]);
    clearInterval(pressing);
    expect(await call).toMatchObject({ code: 14, reason: "CONNECTION_LOST", notProcessed: false });
  },
);

test("a node that is closed from elsewhere ends the process, which has nothing left to hold it", async () => {
  const { child } = await started();
  const gone = once(child.process, "exit");
  child.process.send({ kind: "close" });
  expect(await gone).toEqual([0, null]);
});
