import { Buffer } from "node:buffer";
import { expect, onTestFinished, test } from "vitest";
import {
  Code,
  connectTo,
  createClient,
  createNode,
  frameTap,
  type Handlers,
  HeliographError,
  insecure,
  type SocketFactory,
  serve,
} from "../../../src/index.js";
import type { Dialer } from "../../../src/socket/socket.js";
import { fakeClock, memoryNetwork } from "../../../src/testing/index.js";
import { FrameKind } from "../../../src/wire/frame.js";
import { Note } from "../../gen/heliograph/test/v1/call.js";
import { CallService } from "../../gen/heliograph/test/v1/call_heliograph.js";

/** What an explored interleaving has broken once, in its shortest form. */
async function pair(handlers: Handlers<typeof CallService>) {
  const network = memoryNetwork();
  const node = createNode({ name: "server", security: insecure(), network });
  const { endpoints } = await serve(node, CallService, handlers);
  const connection = connectTo(endpoints, { security: insecure(), network });
  onTestFinished(async () => {
    await connection.close();
    await node.close({ graceMs: 0 });
  });
  return createClient(connection, CallService);
}

test("a source that threw is not told to return", async () => {
  let returned = 0;
  const requests: AsyncIterable<Note> = {
    [Symbol.asyncIterator]: () => ({
      next: () => Promise.reject(new Error("no more")),
      return: async () => {
        returned++;
        return { done: true, value: undefined };
      },
    }),
  };
  const client = await pair({ sum: () => Note.create() });
  await expect(client.sum(requests)).rejects.toThrow("no more");
  expect(returned).toBe(0);
});

test("a large message that a handler gave before it failed comes before its error", async () => {
  const client = await pair({
    async *count() {
      yield Note.create({ text: "first", data: Buffer.alloc(1_000_000) });
      throw new HeliographError(Code.Aborted, "then no more");
    },
  });
  const answers = client.count({});
  expect(await answers.next()).toMatchObject({ value: { text: "first" } });
  await expect(answers.next()).rejects.toThrow("then no more");
});

test("what a handler leaves running gets no more requests once the handler has answered", async () => {
  let rest: Promise<IteratorResult<Note, unknown>> | undefined;
  const client = await pair({
    async sum(requests) {
      await requests.next();
      rest = requests.next();
      return Note.create({ text: "enough" });
    },
  });
  async function* endless() {
    yield {};
    await new Promise(() => {});
  }
  expect(await client.sum(endless())).toMatchObject({ text: "enough" });
  expect(await rest).toEqual({ done: true, value: undefined });
});

test("the first of two answers that are asked for hears of the error, though the call may be made again", async () => {
  let begin: () => void = () => {};
  let fail: () => void = () => {};
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const failing = new Promise<void>((resolve) => {
    fail = resolve;
  });
  const client = await pair({
    // biome-ignore lint/correctness/useYield: it fails before it has anything to give
    async *count() {
      begin();
      await failing;
      throw new HeliographError(Code.Aborted, "no answer");
    },
  });
  const answers = client.count({}, { retry: { attempts: 2 } });
  const first = answers.next();
  await begun;
  const second = answers.next();
  fail();
  await expect(first).rejects.toThrow("no answer");
  expect(await second).toEqual({ done: true, value: undefined });
});

test("a call that ran is not called unprocessed because its last attempt was", async () => {
  const network = memoryNetwork();
  const node = createNode({ name: "server", security: insecure(), network });
  let ran = 0;
  const { endpoints } = await serve(node, CallService, {
    look: async () => {
      ran++;
      // Ends this attempt, and leaves no server for the next.
      await node.close({ graceMs: 0 });
      return Note.create();
    },
  });
  await using connection = connectTo(endpoints, { security: insecure(), network });
  const client = createClient(connection, CallService);
  const retry = { attempts: 2, backoff: { initialMs: 1 } };
  await expect(client.look({}, { retry })).rejects.toMatchObject({
    code: Code.Unavailable,
    notProcessed: false,
  });
  expect(ran).toBe(1);
});

test("a session that opens in the turn in which sessions are checked begins with HELLO", async () => {
  const clock = fakeClock();
  const frames: number[] = [];
  const network = memoryNetwork();
  const node = createNode({ name: "server", security: insecure(), network });
  const { endpoints } = await serve(node, CallService, { call: (note) => note });
  const opening: SocketFactory = {
    ...network,
    listen: (endpoint, events) => network.listen(endpoint, events),
    dial: (endpoint, events, options) =>
      network.dial(
        endpoint,
        {
          opened: () => {
            events.opened();
            // The second check pings who has said nothing since the first.
            clock.advance(200);
          },
          message: (parts, bytes) => events.message(parts, bytes),
          closed: (reason, cause) => events.closed(reason, cause),
        },
        options,
      ),
  };
  const tap = frameTap((frame, { direction }) => {
    if (direction === "out") frames.push(frame.kind);
    return frame;
  });
  const options = { security: insecure(), network: opening, clock, stallMs: 400, tap };
  await using connection = connectTo(endpoints, options);
  await createClient(connection, CallService).call({ text: "hello" });
  expect(frames.slice(0, 3)).toEqual([FrameKind.Hello, FrameKind.Ping, FrameKind.Request]);
  await node.close({ graceMs: 0 });
});

test("a stream that resumes goes on after a message larger than its window", async () => {
  const sizes = [70_000, 1, 300_000, 1];
  const client = await pair({
    watchClosely: () => sizes.map((size) => Note.create({ data: Buffer.alloc(size) })),
  });
  const got: number[] = [];
  for await (const { data } of client.watchClosely({})) got.push(data.length);
  expect(got).toEqual(sizes);
});

test("a stream that resumes forgives its server what it had overdrawn", async () => {
  const links = new Set<Dialer>();
  const network = memoryNetwork();
  const breaking: SocketFactory = {
    ...network,
    listen: (endpoint, events) => network.listen(endpoint, events),
    dial: (endpoint, events, options) => {
      const dialer = network.dial(endpoint, events, options);
      links.add(dialer);
      return dialer;
    },
  };
  const node = createNode({ name: "server", security: insecure(), network });
  // The large one overdraws by so much that the others, in all, fit into what is given back for it.
  const sizes = [1, 200_000, ...Array.from({ length: 60 }, () => 2_000)];
  const { endpoints } = await serve(node, CallService, {
    watch: () => sizes.map((size) => Note.create({ data: Buffer.alloc(size) })),
  });
  const limits = { streamCreditBytes: 65_536 };
  await using connection = connectTo(endpoints, { security: insecure(), network: breaking, limits });
  const answers = createClient(connection, CallService).watch({});
  const got = [(await answers.next()).value?.data.length];
  const turns = async () => {
    for (let n = 0; n < 20; n++) await new Promise(setImmediate);
  };
  await turns();
  for (const link of links) void link.close();
  await turns();
  got.push((await answers.next()).value?.data.length);
  await turns();
  for await (const { data } of answers) got.push(data.length);
  expect(got).toEqual(sizes);
  expect(links.size).toBe(2);
  await node.close({ graceMs: 0 });
});
