import { describe, expect, test } from "vitest";
import { Code, createClient, HeliographError, notify } from "../../src/index.js";
import type { MethodCounts } from "../../src/rpc/server/method-stats.js";
import { fakeClock } from "../../src/testing/index.js";
import { Note } from "../gen/heliograph/test/v1/call.js";
import { CallService, SecondService } from "../gen/heliograph/test/v1/call_heliograph.js";
import { until } from "../support/within.js";
import { all, deferred, failure, harness, never, rpcCases, type Server, tcp } from "./rpc-harness.js";

/** What the server has counted of a method. */
function counted({ node }: Server, path: string): MethodCounts {
  const found = node.serving.counts().methods.find((each) => each.path === path);
  if (found === undefined) throw new Error(`nothing is counted of ${path}`);
  return found;
}

const sizeOf = (note: Partial<Note>) => Note.encode(Note.create(note)).finish().length;
const texts = (...list: string[]) => list.map((text) => ({ text }));

for (const rpcCase of rpcCases) {
  describe(`what a server counts over ${rpcCase.name}`, () => {
    const { serve, pair, connect } = harness(rpcCase);

    test("of a unary call: its bytes both ways, its end, and the time from its arrival to that", async () => {
      const clock = fakeClock();
      const entered = deferred();
      const go = deferred();
      const server = await pair(
        {
          async call(note) {
            entered.resolve();
            await go.promise;
            return { ...note, text: `${note.text}!` };
          },
        },
        { node: { clock } },
      );
      const call = server.client.call({ text: "hello" });
      await entered.promise;
      expect(counted(server, CallService.call.path)).toMatchObject({ calls: 0, inFlight: 1 });
      expect(server.node.serving.callsInFlight).toBe(1);
      clock.advance(250);
      go.resolve();
      await call;
      const { latency, ...rest } = counted(server, CallService.call.path);
      expect(rest).toEqual({
        path: CallService.call.path,
        calls: 1,
        inFlight: 0,
        errors: new Map(),
        requestBytes: sizeOf({ text: "hello" }),
        responseBytes: sizeOf({ text: "hello!" }),
      });
      expect([latency.sumUs, latency.maxUs]).toEqual([250_000, 250_000]);
      const bucket = latency.counts.indexOf(1);
      expect(latency.boundsUs[bucket - 1]).toBeLessThanOrEqual(250_000);
      expect(latency.boundsUs[bucket]).toBeGreaterThan(250_000);
      expect(server.node.serving.callsInFlight).toBe(0);
    });

    test("of streams: the bytes of all messages, and the time until the end of all", async () => {
      const clock = fakeClock();
      const server = await pair(
        {
          *count() {
            for (const { text } of texts("a", "bb", "ccc")) yield Note.create({ text });
            clock.advance(3_000);
          },
          async sum(notes) {
            for await (const _ of notes);
            return Note.create({ text: "sum" });
          },
          async *chat(notes) {
            for await (const note of notes) yield note;
          },
        },
        { node: { clock } },
      );
      const { client } = server;
      await all(client.count({ text: "go" }));
      await client.sum(texts("1", "22"));
      await all(client.chat(texts("x", "yy")));
      expect(counted(server, CallService.count.path)).toMatchObject({
        calls: 1,
        requestBytes: sizeOf({ text: "go" }),
        responseBytes: sizeOf({ text: "a" }) + sizeOf({ text: "bb" }) + sizeOf({ text: "ccc" }),
        latency: { maxUs: 3_000_000 },
      });
      expect(counted(server, CallService.sum.path)).toMatchObject({
        calls: 1,
        requestBytes: sizeOf({ text: "1" }) + sizeOf({ text: "22" }),
        responseBytes: sizeOf({ text: "sum" }),
      });
      const both = sizeOf({ text: "x" }) + sizeOf({ text: "yy" });
      expect(counted(server, CallService.chat.path)).toMatchObject({
        requestBytes: both,
        responseBytes: both,
      });
    });

    test("of calls that fail: each code by itself, whoever ended the call", async () => {
      const entered = deferred();
      const server = await pair({
        call({ text }) {
          if (text === "bug") throw new Error("a bug");
          throw new HeliographError(Code.NotFound, "no such thing");
        },
        other() {
          entered.resolve();
          return never();
        },
        async *count() {
          yield Note.create({});
          throw new HeliographError(Code.Aborted, "enough");
        },
      });
      const { client } = server;
      for (const text of ["", "", "bug"]) await failure(client.call({ text }));
      await failure(all(client.count({})));
      const leaving = new AbortController();
      const left = failure(client.other({}, { signal: leaving.signal }));
      await entered.promise;
      leaving.abort();
      await left;
      await failure(client.other({}, { timeoutMs: 20 }));
      const other = () => counted(server, CallService.other.path);
      await until(20_000, "both to end at the server", () => other().inFlight === 0);
      // Whose clock is first ends the other one: the server's, or the caller's, who then cancels.
      const { errors } = other();
      expect(errors.get(Code.Cancelled)).toBeGreaterThan(0);
      expect((errors.get(Code.Cancelled) ?? 0) + (errors.get(Code.DeadlineExceeded) ?? 0)).toBe(2);
      expect(counted(server, CallService.call.path)).toMatchObject({
        calls: 3,
        errors: new Map([
          [Code.Unknown, 1],
          [Code.NotFound, 2],
        ]),
      });
      expect(counted(server, CallService.count.path).errors).toEqual(new Map([[Code.Aborted, 1]]));
    });

    test("of what is not served: one entry, however many names were asked for", async () => {
      const server = await pair({ call: (note) => note });
      const connection = connect([server.endpoint]);
      await failure(server.client.other({}));
      for (let n = 0; n < 3; n++) {
        const call = { ...SecondService.call, path: `a.B/C${n}`, name: `C${n}` };
        await notify(connection, call as typeof SecondService.call, {}).catch(() => {});
      }
      const unserved = () => server.node.serving.counts().methods.find(({ path }) => path === "");
      await until(20_000, "all to be counted", () => unserved()?.calls === 3);
      expect(unserved()).toMatchObject({ inFlight: 0, errors: new Map([[Code.Unimplemented, 3]]) });
      // It is declared, though nobody has written it.
      expect(counted(server, CallService.other.path).errors).toEqual(new Map([[Code.Unimplemented, 1]]));
    });

    test("of calls with one key: each attempt, and one call in flight", async () => {
      const entered = deferred();
      const go = deferred();
      const server = await serve({
        async call(note) {
          entered.resolve();
          await go.promise;
          return note;
        },
      });
      const connection = connect([server.endpoint]);
      const client = createClient(connection, CallService);
      const calls = [1, 2].map(() => client.call({ text: "a" }, { idempotencyKey: "k" }));
      await entered.promise;
      await until(
        20_000,
        "both calls to arrive",
        () => counted(server, CallService.call.path).inFlight === 2,
      );
      expect(server.node.serving.callsInFlight).toBe(1);
      go.resolve();
      await Promise.all(calls);
      expect(counted(server, CallService.call.path)).toMatchObject({
        calls: 2,
        inFlight: 0,
        requestBytes: 2 * sizeOf({ text: "a" }),
        responseBytes: 2 * sizeOf({ text: "a" }),
      });
      expect(server.node.serving.callsInFlight).toBe(0);
    });

    test("of a stream that resumes: as any other", async () => {
      const server = await pair({
        async *watch() {
          for (const { text } of texts("a", "bb")) yield Note.create({ text });
        },
      });
      await all(server.client.watch({ text: "go" }));
      await until(20_000, "the end to be told", () => server.node.serving.callsInFlight === 0);
      expect(counted(server, CallService.watch.path)).toMatchObject({
        calls: 1,
        inFlight: 0,
        requestBytes: sizeOf({ text: "go" }),
        responseBytes: sizeOf({ text: "a" }) + sizeOf({ text: "bb" }),
      });
    });

    test("of compressed payloads: what has travelled", async () => {
      const server = await pair(
        { call: (note) => note, count: (note) => [note, note] },
        { serve: { compression: "gzip" } },
      );
      const text = "compress me ".repeat(1_000);
      await server.client.call({ text });
      await all(server.client.count({ text }));
      const { requestBytes, responseBytes } = counted(server, CallService.call.path);
      expect(requestBytes).toBe(sizeOf({ text }));
      expect(responseBytes).toBeGreaterThan(50);
      expect(responseBytes).toBeLessThan(1_000);
      expect(counted(server, CallService.count.path).responseBytes).toBe(2 * responseBytes);
    });

    test("of large requests and answers, in chunks: each once", async () => {
      const server = await pair({ call: (note) => note });
      const data = Buffer.alloc(1_500_000, 7);
      await server.client.call({ data });
      expect(counted(server, CallService.call.path)).toMatchObject({
        calls: 1,
        requestBytes: sizeOf({ data }),
        responseBytes: sizeOf({ data }),
      });
    });

    test("of one-way calls: until their handlers have ended", async () => {
      const go = deferred();
      const server = await serve({ call: () => go.promise.then(() => Note.create({ text: "unheard" })) });
      await notify(connect([server.endpoint]), CallService.call, { text: "a" });
      await until(20_000, "the call to arrive", () => counted(server, CallService.call.path).inFlight === 1);
      go.resolve();
      await until(20_000, "the call to end", () => counted(server, CallService.call.path).calls === 1);
      expect(counted(server, CallService.call.path)).toMatchObject({
        requestBytes: sizeOf({ text: "a" }),
        responseBytes: 0,
        errors: new Map(),
      });
    });

    test("begins anew when it is told to, and keeps in mind what is in flight", async () => {
      const clock = fakeClock();
      const go = deferred();
      const server = await pair(
        {
          call: (note) => (note.text === "wait" ? go.promise.then(() => note) : note),
        },
        { node: { clock } },
      );
      const { client, node } = server;
      const waiting = client.call({ text: "wait" });
      await client.call({});
      const before = node.serving.counts().sinceUs;
      clock.advance(1_000);
      node.serving.resetCounts();
      expect(node.serving.counts().sinceUs).toBe(before + 1_000_000);
      expect(counted(server, CallService.call.path)).toMatchObject({
        calls: 0,
        inFlight: 1,
        requestBytes: 0,
        latency: { sumUs: 0, maxUs: 0 },
      });
      go.resolve();
      await waiting;
      expect(counted(server, CallService.call.path)).toMatchObject({ calls: 1, inFlight: 0 });
    });
  });
}

describe("what a server counts", () => {
  const { pair, connect, serve } = harness(tcp);

  test("leaves nothing in flight when the client is gone", async () => {
    const entered = [deferred(), deferred(), deferred()] as const;
    const server = await serve({
      call: () => {
        entered[0].resolve();
        return never();
      },
      async *watch() {
        entered[1].resolve();
        yield Note.create({});
        await never();
      },
      async *chat() {
        entered[2].resolve();
        yield Note.create({});
        await never();
      },
    });
    const connection = connect([server.endpoint]);
    const client = createClient(connection, CallService);
    const calls = [
      client.call({}),
      all(client.watch({})),
      all(client.chat([])),
      client.call({}, { idempotencyKey: "k" }),
    ];
    const ends = Promise.allSettled(calls);
    await Promise.all(entered.map(({ promise }) => promise));
    await connection.close();
    await ends;
    const inFlight = () => server.node.serving.counts().methods.reduce((sum, each) => sum + each.inFlight, 0);
    await until(20_000, "the server to hear of it", () => inFlight() === 0);
    // The runs that may be asked for again go on.
    expect(server.node.serving.callsInFlight).toBe(2);
    await server.node.close({ graceMs: 0 });
    expect(server.node.serving.callsInFlight).toBe(0);
  });

  test("keeps no count of a service that is not served any more, but its calls are in flight until they end", async () => {
    const go = deferred();
    const { served, node, client } = await pair({ call: (note) => go.promise.then(() => note) });
    const call = client.call({ text: "a" });
    await until(20_000, "the call to arrive", () => node.serving.callsInFlight === 1);
    await served.stop();
    expect(node.serving.counts().methods.filter(({ path }) => path === CallService.call.path)).toEqual([]);
    expect(node.serving.callsInFlight).toBe(1);
    go.resolve();
    expect((await call).text).toBe("a");
    expect(node.serving.callsInFlight).toBe(0);
  });
});
