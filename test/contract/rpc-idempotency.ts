import { describe, expect, test } from "vitest";
import {
  Code,
  createClient,
  HeliographError,
  type Metadata,
  type NodeOptions,
  type RetryOptions,
} from "../../src/index.js";
import { type FaultyNetwork, faults, zmqSockets } from "../../src/testing/index.js";
import { Note } from "../gen/heliograph/test/v1/call.js";
import { CallService } from "../gen/heliograph/test/v1/call_heliograph.js";
import { until } from "../support/within.js";
import { deferred, failure, fired, harness, never, type RpcCase } from "./rpc-harness.js";

const soon: RetryOptions = { attempts: 5, backoff: { initialMs: 1 } };
const key = { idempotencyKey: "k" };

/** Calls with an idempotency key: one effect for all that have the same key. */
export function testIdempotency(rpcCase: RpcCase): void {
  const { pair, serve, connect, client: clientOf } = harness(rpcCase);

  /** A client whose links break when the test says so. */
  const fragile = () => faults({ network: rpcCase.network ?? zmqSockets() });
  const via = (network: FaultyNetwork, options: Partial<NodeOptions> = {}) => ({
    connect: { network, backoff: { initialMs: 1 }, ...options },
  });

  describe("calls with the same idempotency key", () => {
    test("that overlap run once and get the same answer, metadata and trailers", async () => {
      let runs = 0;
      const entered = deferred();
      const go = deferred();
      const { client, served } = await pair({
        call: async (note, ctx) => {
          runs++;
          entered.resolve();
          await go.promise;
          ctx.responseMetadata.set("from", "here");
          ctx.trailers.set("to", "there");
          return { ...note, number: 7n };
        },
      });
      const seen: unknown[] = [];
      const show = (metadata: Metadata) => void seen.push([...metadata]);
      const ask = () => client.call({ text: "a" }, { ...key, onHeader: show, onTrailer: show });
      const answers = [ask(), ask(), ask()];
      await entered.promise;
      await until(20_000, "the others to join", () => served.stats.idempotency.joined === 2);
      expect(served.stats.idempotency).toMatchObject({ running: 1, kept: 0 });
      go.resolve();
      const note = Note.create({ text: "a", number: 7n });
      expect(await Promise.all(answers)).toEqual([note, note, note]);
      expect(await ask()).toEqual(note);
      expect(runs).toBe(1);
      expect(seen).toEqual(Array.from({ length: 4 }, () => [[["from", "here"]], [["to", "there"]]]).flat());
      expect(served.stats.idempotency).toMatchObject({
        running: 0,
        kept: 1,
        joined: 2,
        replayed: 1,
        evicted: 0,
      });
      expect(served.stats.idempotency.keptBytes).toBeGreaterThan(0);
    });

    test("get the same error, with its details and trailers, while it runs and later", async () => {
      let runs = 0;
      const { client } = await pair({
        call: async (_, ctx) => {
          runs++;
          ctx.trailers.set("to", "there");
          throw new HeliographError(Code.FailedPrecondition, "no oven", { reason: "NO_OVEN" });
        },
      });
      const trailers: unknown[] = [];
      const ask = () =>
        failure(client.call({}, { ...key, onTrailer: (each) => void trailers.push(each.get("to")) }));
      for (const error of [...(await Promise.all([ask(), ask()])), await ask()])
        expect(error).toMatchObject({
          code: Code.FailedPrecondition,
          reason: "NO_OVEN",
          rawMessage: "no oven",
          notProcessed: false,
        });
      expect(runs).toBe(1);
      expect(trailers).toEqual(["there", "there", "there"]);
    });

    test("but another request conflict, while it runs and later; nothing runs", async () => {
      const runs: string[] = [];
      const entered = deferred();
      const go = deferred();
      const { client } = await pair({
        call: async (note) => {
          runs.push(note.text);
          entered.resolve();
          await go.promise;
          return note;
        },
      });
      const first = client.call({ text: "a" }, key);
      await entered.promise;
      const conflict = { code: Code.InvalidArgument, reason: "IDEMPOTENCY_CONFLICT", notProcessed: true };
      expect(await failure(client.call({ text: "b" }, key))).toMatchObject(conflict);
      go.resolve();
      await first;
      expect(await failure(client.call({}, key))).toMatchObject(conflict);
      expect((await client.call({ text: "a" }, key)).text).toBe("a");
      expect(runs).toEqual(["a"]);
    });

    test("of other clients and of other methods do not meet", async () => {
      const runs: string[] = [];
      const handler = (who: string) => (note: Note) => {
        runs.push(`${who} ${note.text}`);
        return note;
      };
      const server = await serve({ call: handler("call"), other: handler("other") });
      const one = clientOf(server);
      const two = clientOf(server);
      await one.call({ text: "one" }, key);
      await two.call({ text: "two" }, key);
      await one.other({ text: "one" }, key);
      await one.call({ text: "one" }, key);
      expect(runs).toEqual(["call one", "call two", "other one"]);
      expect(server.served.stats.idempotency).toMatchObject({ kept: 3, replayed: 1 });
    });

    test("go beyond the connection to the next one of the same client, and no further", async () => {
      let runs = 0;
      const network = fragile();
      const { client } = await pair({ call: (note) => ({ ...note, number: BigInt(++runs) }) }, via(network));
      expect((await client.call({}, key)).number).toBe(1n);
      network.cut();
      expect((await client.call({}, { ...key, retry: soon })).number).toBe(1n);
    });

    test("meet however each request is compressed; the handler is told how", async () => {
      const text = "x".repeat(100_000);
      const told: string[] = [];
      const { client } = await pair(
        {
          call: (note, ctx) => {
            told.push(ctx.requestCompression);
            return note;
          },
        },
        { serve: { compression: "gzip" } },
      );
      await client.other({}).catch(() => {});
      for (const compression of ["gzip", "none", "gzip"] as const)
        expect((await client.call({ text }, { ...key, compression })).text).toBe(text);
      expect(told).toEqual(["gzip"]);
    });

    test("are keys of 1 to 255 bytes", async () => {
      const { client } = await pair({ call: (note) => note });
      await client.call({}, { idempotencyKey: "é".repeat(127) });
      for (const idempotencyKey of ["", "é".repeat(128)])
        expect(await failure(client.call({}, { idempotencyKey }))).toMatchObject({
          code: Code.InvalidArgument,
          reason: "BAD_OPTION",
        });
    });
  });

  describe("a call with an idempotency key takes effect once, and its caller gets the answer, when the link breaks", () => {
    test("before the request arrives", async () => {
      let runs = 0;
      const network = fragile();
      const { client } = await pair({ call: (note) => ({ ...note, number: BigInt(++runs) }) }, via(network));
      await client.call({});
      network.pause();
      const answer = client.call({ text: "a" }, { ...key, retry: soon });
      await until(20_000, "the call to wait on the link", () => network.stats.connections === 1);
      network.cut();
      network.resume();
      expect((await answer).number).toBe(2n);
      expect(runs).toBe(2);
    });

    test("while the handler runs, again and again", async () => {
      let runs = 0;
      const entered = deferred();
      const go = deferred();
      const network = fragile();
      const { client, served } = await pair(
        {
          call: async (note, ctx) => {
            runs++;
            entered.resolve();
            await go.promise;
            return { ...note, number: ctx.signal.aborted ? -1n : 1n };
          },
        },
        via(network),
      );
      const answer = client.call({}, { ...key, retry: soon });
      await entered.promise;
      for (let joined = 1; joined <= 3; joined++) {
        network.cut();
        await until(20_000, "the repeat to join", () => served.stats.idempotency.joined === joined);
      }
      go.resolve();
      expect((await answer).number).toBe(1n);
      expect(runs).toBe(1);
    });

    test("when it has answered, and before the answer arrives", async () => {
      let runs = 0;
      const network = fragile();
      const { client, served } = await pair(
        {
          call: (note) => {
            if (++runs === 1) network.pause();
            return { ...note, number: 1n };
          },
        },
        via(network),
      );
      const answer = client.call({}, { ...key, retry: soon });
      await until(20_000, "the handler to end", () => served.stats.idempotency.kept === 1);
      network.cut();
      network.resume();
      expect((await answer).number).toBe(1n);
      expect(runs).toBe(1);
      expect(served.stats.idempotency.replayed).toBe(1);
    });

    test("in the middle of a large answer, and of a large request", async () => {
      const data = new Uint8Array(3_000_000).fill(7);
      let runs = 0;
      const network = fragile();
      const { client } = await pair(
        {
          call: (note) => {
            if (++runs === 1) network.cut();
            return note;
          },
        },
        via(network),
      );
      await client.call({ text: "to know what the server takes" }).catch(() => {});
      runs = 0;
      const answer = await client.call({ data }, { ...key, retry: soon });
      expect(Buffer.from(answer.data).equals(data)).toBe(true);
      expect(runs).toBe(1);
    });
  });

  describe("the run of a call with an idempotency key", () => {
    test("goes on when its caller's connection is closed", async () => {
      const entered = deferred();
      const go = deferred();
      const signals: AbortSignal[] = [];
      const server = await serve({
        call: async (note, ctx) => {
          signals.push(ctx.signal);
          entered.resolve();
          await go.promise;
          return note;
        },
      });
      const connection = connect([server.endpoint]);
      const lost = failure(createClient(connection, CallService).call({}, key));
      await entered.promise;
      await connection.close();
      expect(await lost).toMatchObject({ code: Code.Cancelled });
      expect(server.served.stats.idempotency).toMatchObject({ running: 1 });
      go.resolve();
      await until(20_000, "the run to end", () => server.served.stats.idempotency.kept === 1);
      expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
    });

    test("ends when its last caller cancels, and does not run again: it may have had its effect", async () => {
      let runs = 0;
      const aborted: unknown[] = [];
      const { client, served } = await pair({
        call: async (_, ctx) => {
          runs++;
          aborted.push(await fired(ctx.signal));
          return never();
        },
      });
      const controllers = [new AbortController(), new AbortController()];
      const calls = controllers.map(({ signal }) => failure(client.call({}, { ...key, signal })));
      await until(20_000, "the second to join", () => served.stats.idempotency.joined === 1);
      controllers[0]?.abort();
      expect(await calls[0]).toMatchObject({ reason: "CALL_CANCELLED" });
      await client.empty({}).catch(() => {});
      expect(served.stats.idempotency.running).toBe(1);
      controllers[1]?.abort();
      await until(20_000, "the handler to be told", () => aborted.length === 1);
      expect(served.stats.idempotency).toMatchObject({ running: 0, kept: 1 });
      expect(await failure(client.call({}, key))).toMatchObject({
        code: Code.Cancelled,
        notProcessed: false,
      });
      expect(runs).toBe(1);
    });

    test("is waited for when the server closes, as far as the grace goes", async () => {
      const entered = deferred();
      const go = deferred();
      const server = await serve({
        call: async (note) => {
          entered.resolve();
          await go.promise;
          return note;
        },
        other: async (_, ctx) => {
          entered.resolve();
          throw await fired(ctx.signal);
        },
      });
      const connection = connect([server.endpoint]);
      void createClient(connection, CallService)
        .call({}, key)
        .catch(() => {});
      await entered.promise;
      await connection.close();
      let closed = false;
      const closing = server.node.close({ graceMs: 60_000 }).then(() => {
        closed = true;
      });
      await new Promise((resolve) => setImmediate(resolve));
      expect(closed).toBe(false);
      go.resolve();
      await closing;
      expect(server.served.stats.idempotency).toMatchObject({ running: 0, kept: 1 });
    });

    test("is ended after the grace, for all that wait for it", async () => {
      const { client, node, served } = await pair({
        call: async (_, ctx) => {
          throw await fired(ctx.signal);
        },
      });
      const calls = [failure(client.call({}, key)), failure(client.call({}, key))];
      await until(20_000, "the second to join", () => served.stats.idempotency.joined === 1);
      await node.close({ graceMs: 0 });
      for (const error of await Promise.all(calls))
        expect(error).toMatchObject({ code: Code.Unavailable, notProcessed: false });
    });
  });
}
