import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { Code, HeliographError, type InterceptedCall, type Interceptor, Metadata } from "../../src/index.js";
import { fakeClock } from "../../src/testing/index.js";
import { Note } from "../gen/heliograph/test/v1/call.js";
import { deferred, failure, fired, harness, never, type RpcCase } from "./rpc-harness.js";

/** What interceptors may do, on both sides. */
export function testInterceptors(rpcCase: RpcCase): void {
  const { pair } = harness(rpcCase);
  const echo = { call: (note: Note) => note };

  /** Runs the interceptor on the side that a test is about. */
  const on = (side: "client" | "server", ...interceptors: Interceptor[]) =>
    side === "client" ? { client: { interceptors } } : { serve: { interceptors } };

  describe.each(["client", "server"] as const)("interceptors of the %s", (side) => {
    test("see calls in their order and answers in reverse", async () => {
      const seen: string[] = [];
      const named =
        (name: string): Interceptor =>
        (next) =>
        async (call) => {
          seen.push(`${name} ${call.side} ${call.kind} ${call.method.name}`);
          const result = await next(call);
          seen.push(`${name} ${(result.message as Note).text}`);
          return result;
        };
      const { client } = await pair(echo, on(side, named("first"), named("second")));
      await client.call({ text: "a" });
      expect(seen).toEqual([`first ${side} unary Call`, `second ${side} unary Call`, "second a", "first a"]);
    });

    test("may change request, metadata and answer, in place or with a call of their own", async () => {
      const inPlace: Interceptor = (next) => async (call) => {
        if (call.kind === "unary") call.request = { ...(call.request as Note), text: "changed" };
        call.metadata.set("who", "in place");
        const result = await next(call);
        if (result.messages === undefined) result.message = { ...(result.message as Note), number: 7n };
        return result;
      };
      const copying: Interceptor = (next) => (call) =>
        call.kind !== "unary"
          ? next(call)
          : next({
              ...call,
              request: { ...(call.request as Note), list: ["x"] },
              metadata: new Metadata([...call.metadata, ["copied", "yes"]]),
            });
      const { client } = await pair(
        {
          call: (note, ctx) => ({
            ...note,
            data: Buffer.from(`${ctx.requestMetadata.text("who")} ${ctx.requestMetadata.text("copied")}`),
          }),
        },
        on(side, inPlace, copying),
      );
      const answer = await client.call({ text: "a" });
      expect(answer).toMatchObject({ text: "changed", number: 7n, list: ["x"] });
      expect(Buffer.from(answer.data).toString()).toBe("in place yes");
    });

    test("may answer themselves", async () => {
      let called = false;
      const cached: Interceptor = () => async () => ({
        message: Note.create({ text: "cached" }),
        metadata: new Metadata({ h: "1" }),
        trailers: new Metadata(),
      });
      const { client } = await pair(
        {
          call: (note) => {
            called = true;
            return note;
          },
        },
        on(side, cached),
      );
      const headers: unknown[] = [];
      const answer = await client.call({}, { onHeader: (metadata) => headers.push([...metadata]) });
      expect([answer.text, called, headers]).toEqual(["cached", false, [[["h", "1"]]]]);
    });

    test("may call next again", async () => {
      let attempts = 0;
      const retry: Interceptor = (next) => async (call) => {
        try {
          return await next(call);
        } catch {
          return next(call);
        }
      };
      const { client } = await pair(
        {
          call: (note) => {
            if (++attempts === 1) throw new HeliographError(Code.Unavailable, "busy");
            return note;
          },
        },
        on(side, retry),
      );
      expect(await client.call({ text: "a" })).toMatchObject({ text: "a" });
      expect(attempts).toBe(2);
    });

    test("may throw: their own error reaches the caller, and it may say that the handler did not run", async () => {
      const refuse: Interceptor = () => async () => {
        throw new HeliographError(Code.ResourceExhausted, "slow down", {
          reason: "LIMITED",
          notProcessed: true,
        });
      };
      const { client } = await pair(echo, on(side, refuse));
      expect(await failure(client.call({}))).toMatchObject({
        code: Code.ResourceExhausted,
        reason: "LIMITED",
        notProcessed: true,
      });
    });

    test.each<[string, Interceptor]>([
      ["throw something else", () => async () => Promise.reject(new TypeError("x"))],
      ["throw before they return a promise", () => () => throws(new TypeError("x"))],
      ["return nothing", () => async () => undefined as never],
      [
        "return metadata that is none",
        () => async () => ({ message: Note.create(), metadata: 5, trailers: 5 }) as never,
      ],
    ])("that %s end their call with a HeliographError, and nothing else", async (what, interceptor) => {
      let broken = true;
      const { client } = await pair(
        echo,
        on(side, (next) => {
          const inner = interceptor(next);
          return (call) => (broken ? inner(call) : next(call));
        }),
      );
      // On the client's side metadata that is none is only looked at when somebody asks for it.
      if (side === "client" && what === "return metadata that is none") await client.call({});
      else await failure(client.call({}));
      broken = false;
      expect(await client.call({ text: "a" })).toMatchObject({ text: "a" });
    });

    test("that throw when they are put around a call end it with a HeliographError", async () => {
      let broken = true;
      const { client } = await pair(
        echo,
        on(side, (next) => (broken ? throws(new TypeError("x")) : next)),
      );
      expect((await failure(client.call({}))).code).toBe(Code.Unknown);
      broken = false;
      expect(await client.call({ text: "a" })).toMatchObject({ text: "a" });
    });

    test("know the time left; their signal fires at the deadline", async () => {
      const clock = fakeClock();
      const seen = deferred<InterceptedCall>();
      const waiting: Interceptor = () => (call) => {
        seen.resolve(call);
        return never();
      };
      const { client } = await pair(echo, {
        ...on(side, waiting),
        node: { clock: side === "server" ? clock : fakeClock() },
        connect: { clock: side === "client" ? clock : fakeClock() },
      });
      const call = failure(client.call({}, { timeoutMs: 500 }));
      const intercepted = await seen.promise;
      expect(intercepted.remainingMs()).toBe(500);
      clock.advance(200);
      expect(intercepted.remainingMs()).toBe(300);
      const signalled = fired(intercepted.signal);
      clock.advance(310);
      expect(await signalled).toMatchObject({ code: Code.DeadlineExceeded });
      expect(await call).toMatchObject({ code: Code.DeadlineExceeded });
      expect(intercepted.remainingMs()).toBe(0);
    });

    test("are told by their signal that the caller cancelled, though they never call next", async () => {
      const seen = deferred<AbortSignal>();
      const waiting: Interceptor = () => (call) => {
        seen.resolve(call.signal);
        return never();
      };
      const { client } = await pair(echo, on(side, waiting));
      const controller = new AbortController();
      const call = failure(client.call({}, { signal: controller.signal }));
      const signal = await seen.promise;
      controller.abort();
      expect(await call).toMatchObject({ code: Code.Cancelled });
      expect(await fired(signal)).toMatchObject({ code: Code.Cancelled });
      expect(getEventListeners(controller.signal, "abort")).toHaveLength(0);
    });
  });

  test("a handler is not started once its call is over, though an interceptor goes on", async () => {
    const entered = deferred();
    const go = deferred();
    const left = deferred<unknown>();
    let handled = false;
    const slow: Interceptor = (next) => async (call) => {
      if (call.method.name !== "Call") return next(call);
      entered.resolve();
      await go.promise;
      const result = next(call);
      result.catch((reason) => left.resolve(reason));
      return result;
    };
    const clock = fakeClock();
    const { client, errors } = await pair(
      {
        call: (note) => {
          handled = true;
          return note;
        },
      },
      { ...on("server", slow), node: { clock } },
    );
    const call = failure(client.call({}, { timeoutMs: 100 }));
    await entered.promise;
    clock.advance(110);
    expect(await call).toMatchObject({ code: Code.DeadlineExceeded, notProcessed: true });
    go.resolve();
    expect(await left.promise).toMatchObject({ code: Code.DeadlineExceeded });
    expect([handled, errors]).toEqual([false, []]);
  });

  test("a client's interceptors keep header and trailers of a call that fails for its caller", async () => {
    const { client } = await pair(
      {
        call: (_note, ctx) => {
          ctx.trailers.set("t", "1");
          throw new HeliographError(Code.Aborted, "no");
        },
      },
      on("client", (next) => next),
    );
    const trailers: (string | undefined)[] = [];
    const error = await failure(
      client.call({}, { onTrailer: (metadata) => trailers.push(metadata.text("t")) }),
    );
    expect([error.code, trailers]).toEqual([Code.Aborted, ["1"]]);
  });

  test("an intercepted call that is over holds neither timer nor listener", async () => {
    const clock = fakeClock();
    const { client } = await pair(echo, { ...on("client", (next) => next), connect: { clock } });
    await client.call({});
    const { signal } = new AbortController();
    const before = clock.timers;
    for (let i = 0; i < 20; i++) await client.call({}, { signal });
    expect([clock.timers - before, getEventListeners(signal, "abort").length]).toEqual([0, 0]);
  });
}

function throws(thrown: unknown): never {
  throw thrown;
}
