import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import {
  Code,
  createClient,
  frameTap,
  type HandlerContext,
  notify,
  type TappedFrame,
} from "../../src/index.js";
import { fakeClock } from "../../src/testing/index.js";
import { FrameKind } from "../../src/wire/frame.js";
import type { Note } from "../gen/heliograph/test/v1/call.js";
import { CallService } from "../gen/heliograph/test/v1/call_heliograph.js";
import { deferred, failure, fired, harness, never, type RpcCase } from "./rpc-harness.js";

/** Calls without an answer. */
export function testNotify(rpcCase: RpcCase): void {
  describe("one-way calls", () => {
    const { serve, connect } = harness(rpcCase);

    /** A handler that says what it got, and ends when the test says so. */
    function gate() {
      const entered = deferred<{ note: Note; ctx: HandlerContext }>();
      const go = deferred();
      const left = deferred<boolean>();
      const call = async (note: Note, ctx: HandlerContext) => {
        entered.resolve({ note, ctx });
        await go.promise;
        left.resolve(ctx.signal.aborted);
        return note;
      };
      return { entered: entered.promise, go, left: left.promise, call };
    }

    test("resolve while the handler runs; a drain of the server waits for it", async () => {
      const { call, entered, go, left } = gate();
      const server = await serve({ call });
      await notify(connect([server.endpoint]), CallService.call, { text: "a" });
      const { note } = await entered;
      expect(note).toMatchObject({ text: "a", list: [] });
      const closing = server.node.close({ graceMs: 5_000 });
      go.resolve();
      expect(await left).toBe(false);
      await closing;
    });

    test("are answered by an END without a payload, after their handler has ended", async () => {
      const { call, entered, go } = gate();
      const server = await serve({ call });
      const ended = deferred<TappedFrame>();
      const requests: TappedFrame[] = [];
      const tap = frameTap((frame) => {
        if (frame.kind === FrameKind.Request) requests.push(frame);
        if (frame.kind === FrameKind.End) ended.resolve(frame);
        return frame;
      });
      const connection = connect([server.endpoint], { tap, clock: fakeClock() });
      await notify(connection, CallService.call, { text: "a" });
      await entered;
      go.resolve();
      const end = await ended.promise;
      expect(requests).toMatchObject([{ oneWay: true, callId: 1n, endStream: true, timeoutMs: 10_000 }]);
      expect(end.callId).toBe(1n);
      expect([end.payload, end.status]).toEqual([undefined, undefined]);
    });

    test("are not lost when the connection is closed right after, and their handler goes on", async () => {
      const { call, entered, go, left } = gate();
      const server = await serve({ call });
      const connection = connect([server.endpoint]);
      await notify(connection, CallService.call, { text: "last words" });
      await connection.close();
      const { note, ctx } = await entered;
      expect(note.text).toBe("last words");
      expect(ctx.peer.node).toBe("client");
      go.resolve();
      expect(await left).toBe(false);
      expect(server.errors).toEqual([]);
    });

    test("of 8 MB are not lost either", async () => {
      const { call, entered } = gate();
      const server = await serve({ call });
      const connection = connect([server.endpoint]);
      await notify(connection, CallService.call, { data: new Uint8Array(8_000_000).fill(7) });
      await connection.close();
      const { data } = (await entered).note;
      expect([data.length, data.at(-1)]).toEqual([8_000_000, 7]);
    });

    test("that wait for a lane run when it is free, though their caller is gone", async () => {
      const texts: string[] = [];
      const gates = new Map([
        ["a", deferred()],
        ["b", deferred()],
      ]);
      const [firstIn, secondIn] = [deferred(), deferred()];
      const server = await serve(
        {
          call: async (note) => {
            texts.push(note.text);
            (note.text === "a" ? firstIn : secondIn).resolve();
            await gates.get(note.text)?.promise;
            return note;
          },
        },
        { serve: { maxConcurrent: 1 } },
      );
      const connection = connect([server.endpoint]);
      await notify(connection, CallService.call, { text: "a" });
      await notify(connection, CallService.call, { text: "b" });
      await firstIn.promise;
      await connection.close();
      gates.get("a")?.resolve();
      await secondIn.promise;
      gates.get("b")?.resolve();
      await server.node.close({ graceMs: 5_000 });
      expect(texts).toEqual(["a", "b"]);
    });

    test("whose callers are gone go on as far as one session's limit, and no further", async () => {
      const entered = { a: deferred<AbortSignal>(), b: deferred<AbortSignal>() };
      const server = await serve(
        {
          call: ({ text }, ctx) => {
            entered[text === "a" ? "a" : "b"].resolve(ctx.signal);
            return never();
          },
        },
        { node: { limits: { maxCalls: 1 } } },
      );
      const connections = [connect([server.endpoint]), connect([server.endpoint])];
      await Promise.all(
        connections.map((connection, i) =>
          notify(connection, CallService.call, { text: i === 0 ? "a" : "b" }),
        ),
      );
      const signals = [await entered.a.promise, await entered.b.promise];
      const firstToEnd = Promise.race(signals.map(fired));
      await Promise.all(connections.map((connection) => connection.close()));
      // The second that is left alone is one too many.
      expect(await firstToEnd).toMatchObject({ code: Code.Cancelled, reason: "PEER_GONE" });
      const goesOn = signals.filter(({ aborted }) => !aborted);
      expect(goesOn).toHaveLength(1);
      await server.node.close({ graceMs: 0 });
      expect(goesOn[0]?.reason).toMatchObject({ code: Code.Unavailable, reason: "DRAINING" });
    });

    test("tell nobody but the server's onError of a handler that failed", async () => {
      const server = await serve({
        call: () => {
          throw new Error("broken");
        },
        other: (note) => note,
      });
      const connection = connect([server.endpoint]);
      await notify(connection, CallService.call, {});
      await notify(connection, CallService.empty, {});
      await createClient(connection, CallService).other({});
      await server.node.close({ graceMs: 5_000 });
      expect(server.errors).toMatchObject([{ message: "broken" }]);
      expect(server.unhandled).toEqual([CallService.empty.path]);
    });

    test("wait while the server takes no more calls, until they are cancelled", async () => {
      const { call, entered, go } = gate();
      const second = deferred<string>();
      const server = await serve(
        {
          call,
          other: (note) => {
            second.resolve(note.text);
            return note;
          },
        },
        { node: { limits: { maxCalls: 1 } } },
      );
      const connection = connect([server.endpoint]);
      // The server has said how many calls it takes.
      await failure(createClient(connection, CallService).empty({}));
      await notify(connection, CallService.call, {});
      await entered;
      const controller = new AbortController();
      const given = failure(
        notify(connection, CallService.other, { text: "a" }, { signal: controller.signal }),
      );
      const kept = notify(connection, CallService.other, { text: "b" });
      controller.abort();
      expect(await given).toMatchObject({ code: Code.Cancelled, notProcessed: true });
      go.resolve();
      await kept;
      expect(await second.promise).toBe("b");
    });

    test("that have left can't be cancelled, and leave no listener on the signal", async () => {
      const { call, entered, go, left } = gate();
      const server = await serve({ call });
      const controller = new AbortController();
      await notify(connect([server.endpoint]), CallService.call, {}, { signal: controller.signal });
      expect(getEventListeners(controller.signal, "abort")).toHaveLength(0);
      await entered;
      controller.abort();
      go.resolve();
      expect(await left).toBe(false);
    });

    test("have a deadline that ends their handler", async () => {
      const clock = fakeClock();
      const { call, entered, go } = gate();
      const server = await serve({ call }, { node: { clock } });
      const connection = connect([server.endpoint], { clock: fakeClock() });
      await notify(connection, CallService.call, {}, { timeoutMs: 500 });
      const { ctx } = await entered;
      expect(ctx.remainingMs()).toBe(500);
      const signalled = fired(ctx.signal);
      clock.advance(510);
      expect(await signalled).toMatchObject({ code: Code.DeadlineExceeded });
      go.resolve();
    });

    test("fail when they can't be sent, and say that they did not run", async () => {
      const server = await serve({ call: (note) => note });
      const gone = await serve({});
      await gone.node.close();
      const connection = connect([server.endpoint]);
      const to = CallService.call;
      const wrong = { text: 1 as unknown as string };
      expect(await failure(notify(connect([gone.endpoint]), to, {}))).toMatchObject({
        code: Code.Unavailable,
        notProcessed: true,
      });
      expect(await failure(notify(connection, to, wrong))).toMatchObject({ code: Code.InvalidArgument });
      expect(await failure(notify(connection, to, {}, { timeoutMs: 0 }))).toMatchObject({
        code: Code.DeadlineExceeded,
        notProcessed: true,
      });
      const signal = AbortSignal.abort();
      expect(await failure(notify(connection, to, {}, { signal }))).toMatchObject({ code: Code.Cancelled });
      await connection.close();
      expect(await failure(notify(connection, to, {}))).toMatchObject({ reason: "CONNECTION_CLOSED" });
    });

    test("are of unary methods, and say what is wrong with what they were given", async () => {
      const server = await serve({});
      const connection = connect([server.endpoint]);
      const bad = async (...args: unknown[]) =>
        (await failure(Reflect.apply(notify, undefined, args))).message;
      expect(await bad(connection, CallService.count, {})).toContain(
        "heliograph.test.v1.CallService/Count is server-stream, and only unary methods",
      );
      expect(await bad(connection, CallService, {})).toContain(
        "must be a unary method of a generated service",
      );
      expect(await bad({}, CallService.call, {})).toContain("must be a node or a connection");
      expect(await bad(connection, CallService.call, {}, { retry: { attempts: 2 } })).toContain(
        'notify() has no option "retry"',
      );
      expect(await bad(connection, CallService.call, {}, null)).toContain("must be an object");
      expect(await bad(connection, CallService.call, {}, { signal: 1 })).toContain("must be an AbortSignal");
    });
  });
}
