import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import {
  Code,
  ContextValues,
  concurrencyLimit,
  createContextKey,
  HeliographError,
  type InterceptedCall,
  type Interceptor,
  logging,
  Metadata,
  rateLimit,
} from "../../src/index.js";
import { fakeClock } from "../../src/testing/index.js";
import { Note } from "../gen/heliograph/test/v1/call.js";
import {
  type CallHandlers,
  deferred,
  failure,
  fired,
  harness,
  never,
  type RpcCase,
  silent,
} from "./rpc-harness.js";

/** What interceptors may do with streams, on both sides. */
export function testStreamInterceptors(rpcCase: RpcCase): void {
  const { pair } = harness(rpcCase);

  const handlers: CallHandlers = {
    call: (note) => note,
    async *count({ number }, ctx) {
      ctx.responseMetadata.set("h", "1");
      for (let n = 1n; n <= number; n++) yield Note.create({ number: n });
      ctx.trailers.set("t", "1");
    },
    async sum(notes) {
      let number = 0n;
      for await (const note of notes) number += note.number;
      return Note.create({ number });
    },
    async *chat(notes) {
      for await (const note of notes) yield Note.create({ text: `${note.text}!` });
    },
  };

  const on = (side: "client" | "server", ...interceptors: Interceptor[]) =>
    side === "client" ? { client: { interceptors } } : { serve: { interceptors } };

  /** Changes each message of a stream. */
  const changing = (change: (note: Note) => Note): Interceptor => {
    async function* changed(messages: AsyncIterable<unknown>) {
      for await (const message of messages) yield change(message as Note);
    }
    return (next) => async (call) => {
      if (call.requests !== undefined) call.requests = changed(call.requests);
      const result = await next(call);
      if (result.messages !== undefined) result.messages = changed(result.messages);
      return result;
    };
  };

  const notes = (...texts: string[]) => texts.map((text) => ({ text, number: 1n }));

  describe.each(["client", "server"] as const)("interceptors of the %s", (side) => {
    test("see calls of all kinds", async () => {
      const seen: string[] = [];
      const { client } = await pair(
        handlers,
        on(side, (next) => (call) => {
          seen.push(`${call.side} ${call.kind} ${call.requests === undefined ? "request" : "requests"}`);
          return next(call);
        }),
      );
      await client.call({});
      await collect(client.count({ number: 1n }));
      await client.sum(notes("a"));
      await collect(client.chat(notes("a")));
      expect(seen).toEqual([
        `${side} unary request`,
        `${side} server-stream request`,
        `${side} client-stream requests`,
        `${side} bidi-stream requests`,
      ]);
    });

    test("see whole messages, and may wrap the streams of both directions", async () => {
      const doubled = changing((note) => {
        expect(note.list).toEqual([]);
        return { ...note, number: note.number * 2n, text: `${note.text}?` };
      });
      const { client } = await pair(handlers, on(side, doubled));
      expect((await collect(client.count({ number: 3n }))).map(({ number }) => number)).toEqual([2n, 4n, 6n]);
      expect((await client.sum(notes("a", "b"))).number).toBe(4n);
      expect((await collect(client.chat(notes("a", "b")))).map(({ text }) => text)).toEqual(["a?!?", "b?!?"]);
    });

    test("may answer a stream themselves", async () => {
      const cached: Interceptor = () => async () => ({
        messages: iterate([Note.create({ text: "cached" })]),
        metadata: new Metadata({ h: "2" }),
        trailers: new Metadata({ t: "2" }),
      });
      const { client } = await pair(handlers, on(side, cached));
      const shown: unknown[] = [];
      const answers = await collect(
        client.count(
          {},
          { onHeader: (header) => shown.push(header.text("h")), onTrailer: (t) => shown.push(t.text("t")) },
        ),
      );
      expect([answers.map(({ text }) => text), shown]).toEqual([["cached"], ["2", "2"]]);
    });

    test("leave header and trailers of a stream what they are", async () => {
      const seen: unknown[] = [];
      const looking: Interceptor = (next) => async (call) => {
        const result = await next(call);
        const { messages, metadata, trailers } = result;
        if (messages === undefined) return result;
        result.messages = (async function* () {
          for await (const message of messages) yield message;
          seen.push(metadata.text("h"), trailers.text("t"));
        })();
        return result;
      };
      const { client } = await pair(handlers, on(side, looking));
      const shown: unknown[] = [];
      const trailers: unknown[] = [];
      for await (const { number } of client.count(
        { number: 2n },
        { onHeader: (h) => shown.push(`h ${h.text("h")}`), onTrailer: (t) => trailers.push(t.text("t")) },
      )) {
        shown.push(number);
      }
      expect([seen, shown]).toEqual([
        ["1", "1"],
        ["h 1", 1n, 2n],
      ]);
      expect(trailers).toEqual(["1"]);
    });

    test("may end a stream with an error, which comes after what came before", async () => {
      const limited: Interceptor = (next) => async (call) => {
        const result = await next(call);
        const { messages } = result;
        if (messages === undefined) return result;
        result.messages = (async function* () {
          let n = 0;
          for await (const message of messages) {
            yield message;
            if (++n === 2) throw new HeliographError(Code.OutOfRange, "enough", { reason: "ENOUGH" });
          }
        })();
        return result;
      };
      const { client } = await pair(handlers, on(side, limited));
      const seen: bigint[] = [];
      const error = await failure(
        (async () => {
          for await (const { number } of client.count({ number: 1_000n })) seen.push(number);
        })(),
      );
      expect([error.code, error.reason, seen]).toEqual([Code.OutOfRange, "ENOUGH", [1n, 2n]]);
    });

    test("are unwound when the reader leaves; the handler, too", async () => {
      const unwound = deferred<string>();
      const handled = deferred();
      const wrapped: Interceptor = (next) => async (call) => {
        const result = await next(call);
        const { messages } = result;
        if (messages === undefined) return result;
        result.messages = (async function* () {
          try {
            for await (const message of messages) yield message;
          } finally {
            unwound.resolve(call.side);
          }
        })();
        return result;
      };
      const { client, errors } = await pair(
        {
          async *count(_, ctx) {
            try {
              for (let number = 1n; ; number++) {
                yield Note.create({ number });
                if (number > 1_000n) await fired(ctx.signal);
              }
            } finally {
              handled.resolve();
            }
          },
        },
        on(side, wrapped),
      );
      for await (const { number } of client.count({})) if (number === 3n) break;
      await handled.promise;
      expect([await unwound.promise, errors]).toEqual([side, []]);
    });

    test("that throw before a stream begins end it with their error", async () => {
      const { client } = await pair(
        handlers,
        on(side, () => async () => {
          throw new HeliographError(Code.PermissionDenied, "no", { reason: "NO", notProcessed: true });
        }),
      );
      for (const call of [
        collect(client.count({})),
        collect(client.chat(notes("a"))),
        client.sum(notes("a")),
      ]) {
        expect(await failure(call)).toMatchObject({
          code: Code.PermissionDenied,
          reason: "NO",
          notProcessed: true,
        });
      }
    });

    test("hold a place for a stream until it has ended", async () => {
      const go = deferred();
      const count = async function* () {
        yield Note.create();
        await go.promise;
      };
      const { client } = await pair({ ...handlers, count }, on(side, concurrencyLimit({ max: 1 })));
      const stream = client.count({});
      await stream.next();
      expect(await failure(client.call({}))).toMatchObject({ reason: "QUEUE_FULL", notProcessed: true });
      go.resolve();
      await collect(stream);
      expect(await client.call({ text: "a" })).toMatchObject({ text: "a" });
    });

    test("write one line about each stream", async () => {
      const lines: unknown[] = [];
      const ended = deferred();
      const logger = {
        ...silent,
        info: ({ side: of, code, requests, answers }: Readonly<Record<string, unknown>>) => {
          lines.push({ side: of, code, requests, answers });
          ended.resolve();
        },
      };
      const { client } = await pair(handlers, on(side, logging({ logger })));
      await collect(client.chat(notes("a", "b", "c")));
      await ended.promise;
      expect(lines).toEqual([{ side, code: "OK", requests: 3, answers: 3 }]);
    });

    test("tell a caller that is too fast when to come again", async () => {
      const clock = fakeClock();
      const { client } = await pair(handlers, {
        ...on(side, rateLimit({ perSecond: 2, burst: 1 })),
        node: { clock: side === "server" ? clock : fakeClock() },
        connect: { clock: side === "client" ? clock : fakeClock() },
      });
      await client.call({});
      const trailers: (string | undefined)[] = [];
      const error = await failure(
        client.call({}, { onTrailer: (sent) => trailers.push(sent.text("retry-pushback-ms")) }),
      );
      expect(error).toMatchObject({
        code: Code.ResourceExhausted,
        reason: "RATE_LIMITED",
        notProcessed: true,
      });
      if (side === "server") expect(trailers).toEqual(["500"]);
      clock.advance(500);
      await client.call({});
    });
  });

  test("a stream of a client with interceptors begins when its first answer is asked for", async () => {
    let calls = 0;
    const { client } = await pair(
      handlers,
      on("client", (next) => (call) => {
        calls++;
        return next(call);
      }),
    );
    const stream = client.count({ number: 1n });
    await stream.return();
    expect(await stream.next()).toEqual({ done: true, value: undefined });
    expect(calls).toBe(0);
    expect(await collect(client.count({ number: 1n }))).toHaveLength(1);
    expect(calls).toBe(1);
  });

  test("a stream ends at its deadline and by its signal, though an interceptor waits forever", async () => {
    const clock = fakeClock();
    const { signal, ...controller } = abortable();
    const seen = deferred<InterceptedCall>();
    const waiting: Interceptor = () => (call) => {
      seen.resolve(call);
      return never();
    };
    const { client } = await pair(handlers, { ...on("client", waiting), connect: { clock } });
    const late = failure(client.count({}, { timeoutMs: 500 }).next());
    expect((await seen.promise).remainingMs()).toBe(500);
    clock.advance(510);
    expect(await late).toMatchObject({ code: Code.DeadlineExceeded, notProcessed: true });
    const cancelled = client.chat([], { signal });
    const first = failure(cancelled.next());
    controller.abort();
    expect(await first).toMatchObject({ code: Code.Cancelled, notProcessed: true });
    expect(await cancelled.next()).toMatchObject({ done: true });
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
  });

  test.each(["call", "count"] as const)(
    "an interceptor learns that the time of %s was over, and before the caller does",
    async (method) => {
      const seen: unknown[] = [];
      const looking: Interceptor = (next) => async (call) => {
        const result = await next(call).catch((error: unknown) => {
          seen.push(error);
          throw error;
        });
        const { messages } = result;
        if (messages === undefined) return result;
        result.messages = (async function* () {
          try {
            yield* messages;
          } catch (error) {
            seen.push(error);
            throw error;
          }
        })();
        return result;
      };
      const clock = fakeClock();
      const entered = deferred();
      const { client } = await pair(
        {
          call: () => {
            entered.resolve();
            return never();
          },
          async *count() {
            entered.resolve();
            yield await never();
          },
        },
        { ...on("client", looking), connect: { clock } },
      );
      const options = { timeoutMs: 100 };
      const call = failure(method === "call" ? client.call({}, options) : client.count({}, options).next());
      await entered.promise;
      clock.advance(110);
      expect((await call).code).toBe(Code.DeadlineExceeded);
      expect(seen).toMatchObject([{ code: Code.DeadlineExceeded, reason: "CALL_TIMED_OUT" }]);
    },
  );

  test("the requests of an intercepted call are closed once, whatever ends it", async () => {
    const { client } = await pair(
      {
        ...handlers,
        sum: async (requests) => {
          await requests.next();
          return Note.create({ text: "early" });
        },
      },
      on("client", (next) => (call) => next(call)),
    );
    let closed = 0;
    async function* endless() {
      try {
        for (;;) yield { text: "a" };
      } finally {
        closed++;
      }
    }
    expect((await client.sum(endless())).text).toBe("early");
    expect(closed).toBe(1);
    for await (const _ of client.chat(endless())) break;
    await settled(() => closed === 2);
    expect(closed).toBe(2);
  });

  test("requests that can't be sent fail the call", async () => {
    const { client } = await pair(
      handlers,
      on("client", (next) => (call) => next(call)),
    );
    expect((await failure(client.sum([{ text: 1 as never }]))).reason).toBe("MALFORMED_MESSAGE");
    expect((await failure(client.sum(5 as never))).reason).toBe("BAD_OPTION");
    expect((await failure(client.chat(5 as never).next())).reason).toBe("BAD_OPTION");
    expect((await failure(client.count({ text: 1 as never }).next())).reason).toBe("MALFORMED_MESSAGE");
    expect((await failure(client.count({}, { timeout: 1 } as never).next())).reason).toBe("BAD_OPTION");
  });

  test("what interceptors put into the values of a stream reaches its handler", async () => {
    const user = createContextKey<string>("user", "nobody");
    const seen: string[] = [];
    const login: Interceptor = (next) => (call) => {
      call.values.set(user, call.metadata.text("user") ?? "nobody");
      return next(call);
    };
    const { client } = await pair(
      {
        async *count(_, ctx) {
          seen.push(ctx.values.get(user));
          yield Note.create();
        },
      },
      on("server", login),
    );
    const values = new ContextValues().set(user, "somebody on the client");
    await collect(client.count({}, { metadata: { user: "ada" }, values }));
    expect(seen).toEqual(["ada"]);
  });
}

async function collect<T>(messages: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const message of messages) all.push(message);
  return all;
}

async function* iterate<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

function abortable() {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}

/** Lets the loop turn until something is so. */
async function settled(done: () => boolean): Promise<void> {
  for (let turns = 0; turns < 1_000 && !done(); turns++)
    await new Promise((resolve) => setImmediate(resolve));
}
