import { describe, expect, test } from "vitest";
import {
  Code,
  type ConnectOptions,
  circuitBreaker,
  createClient,
  frameTap,
  HeliographError,
  type RetryOptions,
  rateLimit,
  retry,
} from "../../src/index.js";
import { fakeClock } from "../../src/testing/index.js";
import { Note } from "../gen/heliograph/test/v1/call.js";
import { CallService } from "../gen/heliograph/test/v1/call_heliograph.js";
import { type CallHandlers, deferred, failure, fired, harness, type RpcCase } from "./rpc-harness.js";

/** Kind of the frame that ends a call, in docs/spec/wire.md. */
const FRAME_END = 8;
const soon: RetryOptions = { backoff: { initialMs: 1 } };
/** So that a client turns to its next server at once. */
const quick: Partial<ConnectOptions> = { backoff: { initialMs: 1 } };

/** Calls that fail and are made again, over real connections. */
export function testRetries(rpcCase: RpcCase): void {
  const { pair, serve, connect } = harness(rpcCase);

  /** Fails as often as it is told, then answers how many attempts came before. */
  const failing = (times: number, error = () => new HeliographError(Code.Unavailable, "not now")) => {
    let calls = 0;
    const next = (previous: string | undefined): Note => {
      if (++calls <= times) throw error();
      return Note.create({ text: `after ${previous ?? "none"}`, number: BigInt(calls) });
    };
    const handlers: CallHandlers = {
      call: (_, ctx) => next(ctx.requestMetadata.text("previous-attempts")),
      look: (_, ctx) => next(ctx.requestMetadata.text("previous-attempts")),
      async *count(_, ctx) {
        yield next(ctx.requestMetadata.text("previous-attempts"));
      },
      sum: async (notes, ctx) => {
        let sum = 0n;
        for await (const { number } of notes) sum += number;
        return { ...next(ctx.requestMetadata.text("previous-attempts")), number: sum };
      },
      async *chat(notes, ctx) {
        const { text } = next(ctx.requestMetadata.text("previous-attempts"));
        for await (const note of notes) yield { ...note, text: `${note.text} ${text}` };
      },
    };
    return { handlers, calls: () => calls };
  };

  describe.each(["an option of the call", "an interceptor"] as const)("retries as %s", (how) => {
    const setup = (options: RetryOptions) =>
      how === "an interceptor"
        ? { client: { interceptors: [retry(options)] }, call: {} }
        : { client: {}, call: { retry: options } };

    test("repeat a call until the server answers", async () => {
      const { handlers } = failing(2);
      const { client: made, call } = setup(soon);
      const { client } = await pair(handlers, { client: made });
      expect(await client.look({}, call)).toMatchObject({ text: "after 2", number: 3n });
    });

    test("repeat calls of all kinds, if they may", async () => {
      const { client: made, call } = setup({ ...soon, anyMethod: true, attempts: 2 });
      const streams = [
        { number: 1n, text: "a" },
        { number: 2n, text: "b" },
      ];
      const run = async (make: (client: Awaited<ReturnType<typeof pair>>["client"]) => Promise<unknown>) => {
        const { handlers } = failing(1);
        const { client } = await pair(handlers, { client: made });
        return make(client);
      };
      expect(await run((client) => client.call({}, call))).toMatchObject({ text: "after 1" });
      expect(await run((client) => collect(client.count({}, call)))).toMatchObject([{ text: "after 1" }]);
      expect(await run((client) => client.sum(streams, call))).toMatchObject({ text: "after 1", number: 3n });
      expect(await run((client) => collect(client.chat(streams, call)))).toMatchObject([
        { text: "a after 1" },
        { text: "b after 1" },
      ]);
    });

    test("repeat no call that may have had effects", async () => {
      const { handlers, calls } = failing(1);
      const { client: made, call } = setup(soon);
      const { client } = await pair(handlers, { client: made });
      expect(await failure(client.call({}, call))).toMatchObject({ code: Code.Unavailable });
      expect(calls()).toBe(1);
    });

    test("wait as long as the server says, or not at all", async () => {
      const clock = fakeClock();
      const waiting = deferred();
      let pushBack = "700";
      let calls = 0;
      const { client: made, call } = setup({ attempts: 2, backoff: { initialMs: 5_000 } });
      const { client } = await pair(
        {
          look: (note, ctx) => {
            if (++calls !== 1 && pushBack !== "-1") return note;
            ctx.trailers.set("retry-pushback-ms", pushBack);
            throw new HeliographError(Code.Unavailable, "not now");
          },
        },
        { client: made, connect: { clock: noticing(clock, 700, waiting.resolve) } },
      );
      const answer = client.look({ text: "a" }, call);
      await waiting.promise;
      expect(calls).toBe(1);
      clock.advance(700);
      expect(await answer).toMatchObject({ text: "a" });
      pushBack = "-1";
      await failure(client.look({}, call));
      expect(calls).toBe(3);
    });

    test("give the caller the trailers of the last attempt", async () => {
      const { client: made, call } = setup({ ...soon, attempts: 2 });
      const { client } = await pair(
        {
          look: (_, ctx) => {
            ctx.trailers.set("attempt", ctx.requestMetadata.text("previous-attempts") ?? "0");
            throw new HeliographError(Code.Unavailable, "not now");
          },
        },
        { client: made },
      );
      const seen: (string | undefined)[] = [];
      await failure(
        client.look({}, { ...call, onTrailer: (trailers) => seen.push(trailers.text("attempt")) }),
      );
      expect(seen).toEqual(["1"]);
    });
  });

  test("a call whose server is killed in between goes to the next one", async () => {
    const entered = deferred();
    const first = await serve({
      look: async (_, ctx) => {
        entered.resolve();
        throw await fired(ctx.signal);
      },
    });
    const second = await serve({ look: (note) => ({ ...note, text: "from the second" }) });
    const client = createClient(connect([first.endpoint, second.endpoint], quick), CallService, {
      interceptors: [retry(soon)],
    });
    const answer = client.look({});
    await entered.promise;
    await first.node.close({ graceMs: 0 });
    expect((await answer).text).toBe("from the second");
  });

  test("a stream whose server is killed before the first answer goes to the next one; after it, it fails", async () => {
    const entered = deferred();
    const first = await serve({
      // biome-ignore lint/correctness/useYield: it fails before its first answer
      async *count(_, ctx) {
        entered.resolve();
        throw await fired(ctx.signal);
      },
    });
    const begun = deferred();
    const second = await serve({
      async *count(note, ctx) {
        yield note;
        begun.resolve();
        throw await fired(ctx.signal);
      },
    });
    const client = createClient(connect([first.endpoint, second.endpoint], quick), CallService);
    const stream = client.count({ text: "a" }, { retry: { ...soon, anyMethod: true } });
    const answer = stream.next();
    await entered.promise;
    await first.node.close({ graceMs: 0 });
    expect((await answer).value).toMatchObject({ text: "a" });
    await begun.promise;
    const next = failure(stream.next());
    await second.node.close({ graceMs: 0 });
    expect((await next).code).toBe(Code.Unavailable);
  });

  test("the throttle of an interceptor stops further attempts of all its calls", async () => {
    const { handlers, calls } = failing(1_000);
    const { client } = await pair(handlers, { client: { interceptors: [retry(soon)] } });
    for (let i = 0; i < 4; i++) await failure(client.look({}));
    expect(calls()).toBe(3 + 2 + 1 + 1);
  });

  test("a retried call comes back when a rate limit of the server has room again", async () => {
    const { client } = await pair(
      { look: (note) => note },
      {
        serve: { interceptors: [rateLimit({ perSecond: 100, burst: 1 })] },
        client: { interceptors: [retry({ codes: [Code.ResourceExhausted], attempts: 5 })] },
      },
    );
    await client.look({ text: "a" });
    expect(await client.look({ text: "b" })).toMatchObject({ text: "b" });
  });

  test("a circuit breaker further in counts attempts, and what it refuses is not repeated", async () => {
    const { handlers, calls } = failing(1_000);
    const breaker = circuitBreaker({ minCalls: 2 });
    const { client } = await pair(handlers, {
      client: { interceptors: [retry({ ...soon, attempts: 5 }), breaker] },
    });
    expect(await failure(client.look({}))).toMatchObject({ reason: "CIRCUIT_OPEN", notProcessed: false });
    expect([calls(), breaker.state]).toEqual([2, "open"]);
  });

  test("a hedged call is answered by the attempt that is fastest; the handler of the other is told", async () => {
    const ended = deferred<unknown>();
    const { client } = await pair({
      look: async (note, ctx) => {
        if (ctx.requestMetadata.has("previous-attempts")) return { ...note, text: "fast" };
        ended.resolve(fired(ctx.signal));
        return fired(ctx.signal) as Promise<never>;
      },
    });
    expect((await client.look({}, { retry: { hedgeAfterMs: 1 } })).text).toBe("fast");
    expect(await ended.promise).toMatchObject({ code: Code.Cancelled });
  });

  describe("a call with an idempotency key", () => {
    /** Loses answers on their way, as long as it is told to. */
    const losing = (lost: () => boolean) =>
      frameTap((frame) => (frame.kind === FRAME_END && lost() ? undefined : frame));

    test("takes effect once, though its answer is lost and it is made again", async () => {
      let effects = 0;
      let answers = 0;
      const { client } = await pair(
        { call: (note) => ({ ...note, number: BigInt(++effects) }) },
        { connect: { tap: losing(() => ++answers === 1) } },
      );
      const options = { idempotencyKey: "k", retry: { hedgeAfterMs: 1 } };
      expect((await client.call({ text: "a" }, options)).number).toBe(1n);
      expect(effects).toBe(1);
      expect(answers).toBeGreaterThan(1);
      expect((await client.call({ text: "a" }, { ...options, idempotencyKey: "another" })).number).toBe(2n);
    });

    test("is not made again when its handler has failed: each attempt would get the same answer", async () => {
      const { handlers, calls } = failing(1);
      const { client } = await pair(handlers);
      const error = await failure(client.call({}, { idempotencyKey: "k", retry: soon }));
      expect([error.code, calls()]).toEqual([Code.Unavailable, 1]);
    });

    test("goes to another server when it surely did not run", async () => {
      const first = await serve({ call: (note) => ({ ...note, text: "from the first" }) });
      const second = await serve({ call: (note) => ({ ...note, text: "from the second" }) });
      const client = createClient(connect([first.endpoint, second.endpoint], quick), CallService);
      expect((await client.call({})).text).toBe("from the first");
      // The client has not heard of it yet when it makes its call.
      const closing = first.node.close();
      const answer = client.call({}, { idempotencyKey: "k", retry: soon });
      expect((await answer).text).toBe("from the second");
      await closing;
    });

    test("is not sent to another server once it may have run", async () => {
      const entered = deferred();
      let elsewhere = 0;
      const first = await serve({
        call: async (_, ctx) => {
          entered.resolve();
          throw await fired(ctx.signal);
        },
      });
      const second = await serve({
        call: (note) => {
          elsewhere++;
          return note;
        },
      });
      const connection = connect([first.endpoint, second.endpoint], { ...quick, tap: losing(() => true) });
      const client = createClient(connection, CallService);
      const answer = failure(client.call({}, { idempotencyKey: "k", retry: { ...soon, attempts: 5 } }));
      await entered.promise;
      await first.node.close({ graceMs: 0 });
      expect(await answer).toMatchObject({ code: Code.Unavailable, reason: "INSTANCE_GONE" });
      expect(elsewhere).toBe(0);
    });
  });
}

async function collect<T>(messages: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const message of messages) all.push(message);
  return all;
}

/** A clock that tells when somebody waits for so long. */
function noticing(
  clock: ReturnType<typeof fakeClock>,
  ms: number,
  notice: () => void,
): ReturnType<typeof fakeClock> {
  return Object.assign(Object.create(clock) as typeof clock, {
    now: () => clock.now(),
    wallUs: () => clock.wallUs(),
    after: (due: number, fn: () => void) => {
      const timer = clock.after(due, fn);
      if (due === ms) notice();
      return timer;
    },
  });
}
