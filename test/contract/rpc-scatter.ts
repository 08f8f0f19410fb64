import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import {
  Code,
  createClient,
  type HandlerContext,
  type ScatterAnswer,
  type ScatterOptions,
  scatter,
  type Transport,
} from "../../src/index.js";
import { fakeClock } from "../../src/testing/index.js";
import { Note } from "../gen/heliograph/test/v1/call.js";
import { CallService } from "../gen/heliograph/test/v1/call_heliograph.js";
import { deferred, failure, fired, harness, never, type RpcCase, type Server } from "./rpc-harness.js";

/** Calls to every instance. */
export function testScatter(rpcCase: RpcCase): void {
  describe("calls to every instance", () => {
    const { serve, connect } = harness(rpcCase);

    /** A server that answers with its name when the test says so. */
    async function gated(name: string) {
      const entered = deferred<HandlerContext>();
      const go = deferred();
      const server = await serve(
        {
          call: async (_note, ctx) => {
            entered.resolve(ctx);
            await go.promise;
            return Note.create({ text: name });
          },
        },
        { node: { name } },
      );
      return { ...server, entered: entered.promise, answer: () => go.resolve() };
    }

    const named = (name: string) =>
      serve({ call: ({ text }) => Note.create({ text: `${name}: ${text}` }) }, { node: { name } });

    async function down(): Promise<Server> {
      const server = await serve({});
      await server.node.close();
      return server;
    }

    const endpointsOf = (servers: readonly Server[]) => servers.map(({ endpoint }) => endpoint);

    async function all(transport: Transport, options?: ScatterOptions): Promise<ScatterAnswer<Note>[]> {
      const answers: ScatterAnswer<Note>[] = [];
      for await (const answer of scatter(transport, CallService.call, { text: "hi" }, options))
        answers.push(answer);
      return answers;
    }

    test("yield what each answers, and who it is and where", async () => {
      const servers = await Promise.all(["a", "b", "c"].map(named));
      const connection = connect(endpointsOf(servers));
      const answers = await all(connection);
      const texts = new Map(answers.map(({ endpoint, message }) => [endpoint, message?.text]));
      expect(texts).toEqual(new Map(servers.map((s, i) => [s.endpoint, `${"abc"[i]}: hi`])));
      for (const { endpoint, peer, error } of answers) {
        const { node } = servers.find((server) => server.endpoint === endpoint) ?? {};
        expect([peer, error]).toEqual([{ node: node?.name, instance: node?.instance }, undefined]);
      }
      // Again, on the connections that are there now.
      expect(await all(connection)).toHaveLength(3);
    });

    test("to one endpoint, and to one that is given twice, are made once", async () => {
      const server = await named("a");
      expect(await all(connect([server.endpoint]))).toMatchObject([{ message: { text: "a: hi" } }]);
      expect(await all(connect([server.endpoint, server.endpoint]))).toHaveLength(1);
    });

    test("yield each answer when it arrives", async () => {
      const [first, second, third] = [await gated("a"), await gated("b"), await gated("c")];
      const answers = scatter(connect(endpointsOf([first, second, third])), CallService.call, {});
      const texts: (string | undefined)[] = [];
      for (const server of [third, first, second]) {
        const next = answers.next();
        await server.entered;
        server.answer();
        texts.push((await next).value?.message?.text);
      }
      expect(texts).toEqual(["c", "a", "b"]);
      expect(await answers.next()).toEqual({ done: true, value: undefined });
    });

    test("yield an error for an instance that is down and for one that fails, and the others' answers", async () => {
      const failing = await serve({
        call: () => {
          throw new RangeError("no");
        },
      });
      const gone = await down();
      const well = await named("a");
      const answers = await all(connect(endpointsOf([gone, failing, well])));
      const of = ({ endpoint }: Server) => answers.find((answer) => answer.endpoint === endpoint);
      expect(of(gone)).toMatchObject({ error: { code: Code.Unavailable, notProcessed: true } });
      expect(of(gone)?.peer).toBeUndefined();
      expect(of(failing)).toMatchObject({ error: { code: Code.Unknown }, peer: { node: "server" } });
      expect(of(well)).toMatchObject({ message: { text: "a: hi" } });
    });

    test("yield errors alone when all are down", async () => {
      const answers = await all(connect(endpointsOf([await down(), await down()])));
      expect(answers).toMatchObject([
        { error: { code: Code.Unavailable } },
        { error: { code: Code.Unavailable } },
      ]);
    });

    test("end after maxAnswers, not counting errors, and cancel what still runs", async () => {
      const [slow, gone, well] = [await gated("a"), await down(), await named("b")];
      const answers: ScatterAnswer<Note>[] = [];
      const connection = connect(endpointsOf([slow, gone, well]));
      // Connected, so that the slow one is asked before the other has answered.
      const warm = scatter(connection, CallService.other, {});
      for await (const { error } of warm) expect(error).toBeDefined();
      for await (const answer of scatter(connection, CallService.call, { text: "hi" }, { maxAnswers: 1 })) {
        answers.push(answer);
      }
      expect(answers.filter(({ error }) => error === undefined)).toMatchObject([{ endpoint: well.endpoint }]);
      expect(await fired((await slow.entered).signal)).toMatchObject({ code: Code.Cancelled });
    });

    test("end when the gap after an answer has passed, and cancel what still runs", async () => {
      const clock = fakeClock();
      const [first, second, slow] = [await gated("a"), await gated("b"), await gated("c")];
      const connection = connect(endpointsOf([first, second, slow]), { clock });
      const answers = scatter(connection, CallService.call, {}, { gapMs: 100 });
      const next = answers.next();
      const contexts = await Promise.all([first.entered, second.entered, slow.entered]);
      // Before the first answer there is no gap.
      clock.advance(500);
      first.answer();
      expect(await next).toMatchObject({ value: { message: { text: "a" } } });
      clock.advance(99);
      const another = answers.next();
      second.answer();
      expect(await another).toMatchObject({ value: { message: { text: "b" } } });
      const last = answers.next();
      clock.advance(99);
      expect(contexts[2]?.signal.aborted).toBe(false);
      clock.advance(1);
      expect(await last).toEqual({ done: true, value: undefined });
      const signal = contexts[2]?.signal;
      if (signal !== undefined) expect(await fired(signal)).toMatchObject({ code: Code.Cancelled });
    });

    test("yield DEADLINE_EXCEEDED for those that have not answered in time", async () => {
      const clock = fakeClock();
      const [slow, well] = [await gated("a"), await named("b")];
      const connection = connect(endpointsOf([slow, well]), { clock });
      const answers = scatter(connection, CallService.call, { text: "hi" });
      expect(await answers.next()).toMatchObject({ value: { message: { text: "b: hi" } } });
      const late = answers.next();
      await slow.entered;
      clock.advance(10_010);
      expect(await late).toMatchObject({
        done: false,
        value: { endpoint: slow.endpoint, error: { code: Code.DeadlineExceeded, reason: "CALL_TIMED_OUT" } },
      });
      expect(await answers.next()).toEqual({ done: true, value: undefined });
    });

    test("cancel the others when the loop is left", async () => {
      const [slow, quick] = [await gated("a"), await gated("b")];
      void slow.entered.then(() => quick.answer());
      for await (const { message } of scatter(connect(endpointsOf([slow, quick])), CallService.call, {})) {
        expect(message?.text).toBe("b");
        break;
      }
      expect(await fired((await slow.entered).signal)).toMatchObject({ code: Code.Cancelled });
    });

    test("throw CANCELLED when the signal fires, cancel everything, and leave no listener", async () => {
      const servers = [await gated("a"), await gated("b")];
      const controller = new AbortController();
      const answers = scatter(
        connect(endpointsOf(servers)),
        CallService.call,
        {},
        { signal: controller.signal },
      );
      const next = failure(answers.next());
      const contexts = await Promise.all(servers.map(({ entered }) => entered));
      const cause = new Error("enough");
      controller.abort(cause);
      expect(await next).toMatchObject({ code: Code.Cancelled, cause });
      for (const { signal } of contexts) expect(await fired(signal)).toMatchObject({ code: Code.Cancelled });
      expect(await answers.next()).toEqual({ done: true, value: undefined });
      expect(getEventListeners(controller.signal, "abort")).toHaveLength(0);
    });

    test("of a handler end with it", async () => {
      const below = await gated("a");
      const connection = connect([below.endpoint]);
      const front = await serve({
        call: async (note, ctx) => {
          const before = ctx.remainingMs();
          for await (const { message } of scatter(connection, CallService.call, {}, { parent: ctx }))
            return message ?? note;
          throw new Error(`nothing within ${before}`);
        },
      });
      const controller = new AbortController();
      const client = createClient(connect([front.endpoint]), CallService);
      const call = failure(client.call({}, { signal: controller.signal, timeoutMs: 3_000 }));
      const ctx = await below.entered;
      expect(ctx.remainingMs()).toBeLessThanOrEqual(3_000);
      controller.abort();
      expect(await call).toMatchObject({ code: Code.Cancelled });
      expect(await fired(ctx.signal)).toMatchObject({ code: Code.Cancelled });
    });

    test("end with the connection, which closes those to each instance", async () => {
      const servers = [await gated("a"), await gated("b")];
      const connection = connect(endpointsOf(servers));
      const answers = scatter(connection, CallService.call, {});
      const next = answers.next();
      await Promise.all(servers.map(({ entered }) => entered));
      await connection.close();
      const closed = { error: { code: Code.Cancelled, reason: "CONNECTION_CLOSED" } };
      expect(await next).toMatchObject({ value: closed });
      expect(await answers.next()).toMatchObject({ value: closed });
      expect(await answers.next()).toMatchObject({ done: true });
      expect(await failure(all(connection))).toMatchObject({ reason: "CONNECTION_CLOSED" });
    });

    test("throw when nobody can be asked, and say why", async () => {
      const server = await serve({ call: never });
      const connection = connect([server.endpoint]);
      const bad = (...args: unknown[]) => failure(Reflect.apply(scatter, undefined, args).next());
      const to = CallService.call;
      expect((await bad(connection, CallService.count, {})).message).toContain(
        "heliograph.test.v1.CallService/Count is server-stream, and only unary methods",
      );
      expect((await bad({}, to, {})).message).toContain("must be a node or a connection");
      expect((await bad({ unary() {}, clock: fakeClock() }, to, {})).message).toContain("no instances()");
      expect((await bad({ unary() {}, clock: fakeClock(), instances: () => [] }, to, {})).reason).toBe(
        "NO_INSTANCE",
      );
      expect((await bad(connection, to, { text: 1 })).code).toBe(Code.InvalidArgument);
      expect((await bad(connection, to, {}, { maxAnswers: 0 })).message).toContain("got 0");
      expect((await bad(connection, to, {}, { gapMs: -1 })).message).toContain("got -1");
      expect((await bad(connection, to, {}, { gap: 1 })).message).toContain('no option "gap"');
      expect((await bad(connection, to, {}, null)).message).toContain("must be an object");
      expect((await bad(connection, to, {}, { timeoutMs: 0 })).code).toBe(Code.DeadlineExceeded);
      expect((await bad(connection, to, {}, { metadata: { "a b": "" } })).code).toBe(Code.InvalidArgument);
      expect((await bad(connection, to, {}, { signal: AbortSignal.abort() })).code).toBe(Code.Cancelled);
    });
  });
}
