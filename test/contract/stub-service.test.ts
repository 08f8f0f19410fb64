import { afterEach, describe, expect, test } from "vitest";
import { Code, createClient, type Handlers } from "../../src/index.js";
import {
  fakeClock,
  faults,
  type StubOptions,
  type StubService,
  stubService,
} from "../../src/testing/index.js";
import { Note } from "../gen/heliograph/test/v1/call.js";
import { CallService } from "../gen/heliograph/test/v1/call_heliograph.js";
import { failure, fired, never } from "./rpc-harness.js";

let open: StubService<typeof CallService>[] = [];
afterEach(async () => {
  await Promise.all(open.map((stub) => stub.close()));
  open = [];
});

async function stubOf(handlers?: Handlers<typeof CallService>, options?: StubOptions) {
  const stub = await stubService(CallService, handlers, options);
  open.push(stub);
  return stub;
}

describe("a stub", () => {
  test("answers as its handlers do, and remembers what it was asked, in order", async () => {
    const stub = await stubOf({
      call: ({ text }) => Note.create({ text: `${text}!` }),
      empty: () => ({}),
    });
    expect((await stub.client.call({ text: "a" }, { metadata: { "x-user": "ada" } })).text).toBe("a!");
    await stub.client.empty({});
    await stub.client.call({ text: "b", number: 7n });
    expect(stub.calls.map(({ method }) => method)).toEqual(["call", "empty", "call"]);
    expect(stub.calls).toMatchObject([
      { method: "call", request: { text: "a" } },
      { method: "empty", request: {} },
      { method: "call", request: { text: "b", number: 7n } },
    ]);
    const [first] = stub.calls;
    expect(first?.metadata.get("x-user")).toBe("ada");
    if (first?.method !== "call") throw new Error("the first call was another one");
    expect(first.request.text).toBe("a");
  });

  test("serves code that makes its own clients", async () => {
    const stub = await stubOf({ call: ({ text }) => Note.create({ text }) });
    const own = createClient(stub.connection, CallService, { codec: "json" });
    expect((await own.call({ text: "own" })).text).toBe("own");
    expect(stub.calls.length).toBe(1);
  });

  test("answers UNIMPLEMENTED without a handler, and remembers that call, too", async () => {
    const stub = await stubOf();
    const error = await failure(stub.client.call({ text: "a" }));
    expect(error).toMatchObject({ code: Code.Unimplemented, reason: "METHOD_UNKNOWN" });
    expect(error.message).toContain("heliograph.test.v1.CallService/Call");
    expect(stub.calls).toMatchObject([{ method: "call", request: { text: "a" } }]);
  });

  test("takes another handler while it is called", async () => {
    const stub = await stubOf({ call: () => Note.create({ text: "first" }) });
    expect((await stub.client.call({})).text).toBe("first");
    stub.on("call", async ({ text }) => Note.create({ text: `second ${text}` }));
    expect((await stub.client.call({ text: "a" })).text).toBe("second a");
    stub.on("call", undefined);
    expect((await failure(stub.client.call({}))).code).toBe(Code.Unimplemented);
  });

  test("streams, and remembers the requests that its handlers took", async () => {
    const stub = await stubOf({
      async *count({ number }) {
        for (let n = 1n; n <= number; n++) yield Note.create({ number: n });
      },
      async sum(requests) {
        let total = 0n;
        for await (const { number } of requests) total += number;
        return Note.create({ number: total });
      },
      async *chat(requests) {
        for await (const { text } of requests) {
          if (text === "bye") return;
          yield Note.create({ text: `${text}!` });
        }
      },
    });
    const counted: bigint[] = [];
    for await (const { number } of stub.client.count({ number: 3n })) counted.push(number);
    expect(counted).toEqual([1n, 2n, 3n]);
    expect((await stub.client.sum([{ number: 1n }, { number: 2n }])).number).toBe(3n);
    const said: string[] = [];
    for await (const { text } of stub.client.chat([{ text: "a" }, { text: "bye" }, { text: "b" }]))
      said.push(text);
    expect(said).toEqual(["a!"]);
    expect(stub.calls).toMatchObject([
      { method: "count", request: { number: 3n } },
      { method: "sum", requests: [{ number: 1n }, { number: 2n }] },
      { method: "chat", requests: [{ text: "a" }, { text: "bye" }] },
    ]);
  });

  test("answers UNIMPLEMENTED to streams without a handler, and takes one later", async () => {
    const stub = await stubOf();
    const { client } = stub;
    for (const call of [
      () => client.count({}).next(),
      () => client.sum([{}]),
      () => client.chat([{}]).next(),
    ]) {
      expect(await failure(call())).toMatchObject({ code: Code.Unimplemented, reason: "METHOD_UNKNOWN" });
    }
    expect(stub.calls.map(({ method }) => method)).toEqual(["count", "sum", "chat"]);
    stub.on("count", () => [Note.create({ text: "only" })]);
    expect((await client.count({}).next()).value?.text).toBe("only");
  });

  test("takes an instance of a class, and keeps its this", async () => {
    class Counting {
      made = 0;
      call() {
        this.made += 1;
        return Note.create({ number: BigInt(this.made) });
      }
    }
    const handlers = new Counting();
    const stub = await stubOf(handlers);
    await stub.client.call({});
    expect((await stub.client.call({})).number).toBe(2n);
    expect(handlers.made).toBe(2);
  });

  test("refuses a method that the service has not", async () => {
    const wrong = { caal: () => Note.create() } as Handlers<typeof CallService>;
    const error = await failure(stubOf(wrong));
    expect(error).toMatchObject({ code: Code.InvalidArgument, reason: "BAD_OPTION" });
    expect(error.message).toContain('no method "caal"; it has call, ');
    const stub = await stubOf();
    expect(() => stub.on("caal" as "call", undefined)).toThrow('no method "caal"');
    expect(() => stub.on("call", 3 as never)).toThrow("must be a function, got 3");
  });

  test("refuses an option that it has not, or a wrong one, and leaves nothing behind", async () => {
    const error = await failure(stubOf({}, { clok: fakeClock() } as StubOptions));
    expect(error.message).toContain('stubService() has no option "clok"; it has interceptors, clock');
    const clock = fakeClock();
    const wrong = failure(stubOf({}, { clock, interceptors: [3] as never }));
    expect((await wrong).message).toContain("interceptors must be a list of functions");
    expect(clock.timers).toBe(0);
  });

  test("ends calls at their deadline on its clock, and tells the handler", async () => {
    const clock = fakeClock();
    const stub = await stubOf({}, { clock });
    const entered = new Promise<AbortSignal>((resolve) => {
      stub.on("call", (_, { signal }) => {
        resolve(signal);
        return never();
      });
    });
    const failed = failure(stub.client.call({}, { timeoutMs: 500 }));
    const ended = fired(await entered);
    clock.advance(510);
    expect(await failed).toMatchObject({ code: Code.DeadlineExceeded, reason: "CALL_TIMED_OUT" });
    await ended;
  });

  test("keeps its sessions through minutes of a clock that is advanced asynchronously", async () => {
    const clock = fakeClock();
    const network = faults({ clock });
    const stub = await stubOf({}, { clock, network });
    stub.on("call", async (_, ctx) => {
      await ctx.sleep(90_000);
      return Note.create({ text: "at last" });
    });
    const answer = stub.client.call({}, { timeoutMs: 120_000 });
    await clock.advanceAsync(90_000);
    expect((await answer).text).toBe("at last");
    expect(network.stats.connections).toBe(1);
  });

  test("tells the handler that the caller has cancelled", async () => {
    const caller = new AbortController();
    const stub = await stubOf();
    const ended = new Promise<unknown>((resolve) => {
      stub.on("call", (_, { signal }) => {
        void fired(signal).then(resolve);
        caller.abort();
        return never();
      });
    });
    expect((await failure(stub.client.call({}, { signal: caller.signal }))).code).toBe(Code.Cancelled);
    expect(await ended).toMatchObject({ reason: "CALL_CANCELLED" });
  });

  test("holds both sides to its limits", async () => {
    const stub = await stubOf({ call: () => Note.create() }, { limits: { messageBytes: 1024 } });
    await stub.client.call({});
    const error = await failure(stub.client.call({ data: new Uint8Array(2000) }));
    expect(error).toMatchObject({ code: Code.ResourceExhausted, reason: "MESSAGE_TOO_LARGE" });
  });

  test("puts its interceptors around the calls of its client", async () => {
    const seen: string[] = [];
    const stub = await stubOf(
      { call: () => Note.create({ text: "answer" }) },
      {
        interceptors: [
          (next) => async (call) => {
            seen.push(call.side);
            return await next(call);
          },
        ],
      },
    );
    expect((await stub.client.call({})).text).toBe("answer");
    expect(seen).toEqual(["client"]);
  });

  test("closes though a handler never returns, and leaves no timer", async () => {
    const clock = fakeClock();
    const stub = await stubOf({}, { clock });
    const entered = new Promise<void>((resolve) => {
      stub.on("call", () => {
        resolve();
        return never();
      });
    });
    const failed = failure(stub.client.call({}));
    await entered;
    await stub.close();
    expect((await failed).code).toBe(Code.Cancelled);
    expect(clock.timers).toBe(0);
    await stub.close();
  });

  test("can be called over a network with faults", async () => {
    const network = faults();
    const stub = await stubOf({ call: () => Note.create({ text: "there" }) }, { network });
    network.dropNext(1, "answers");
    expect((await failure(stub.client.call({}, { timeoutMs: 50 }))).code).toBe(Code.DeadlineExceeded);
    expect((await stub.client.call({}, { timeoutMs: 5_000 })).text).toBe("there");
    expect(stub.calls.length).toBe(2);
  });
});
