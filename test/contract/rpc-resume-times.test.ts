import { describe, expect, test } from "vitest";
import {
  Code,
  createClient,
  createNode,
  type Handlers,
  insecure,
  type NodeOptions,
  type ServeOptions,
  type SocketFactory,
  serve,
} from "../../src/index.js";
import { fakeClock, faults, memoryNetwork } from "../../src/testing/index.js";
import { Note } from "../gen/heliograph/test/v1/call.js";
import { CallService } from "../gen/heliograph/test/v1/call_heliograph.js";
import { all, deferred, failure, fired, harness, never, type RpcCase, silent } from "./rpc-harness.js";

const network = memoryNetwork();
const memory: RpcCase = { name: "memory", network, endpoint: () => "memory://*" };
const note = (number: number, size = 0) =>
  Note.create({ number: BigInt(number), data: new Uint8Array(size) });
const numbers = (notes: readonly Note[]) => notes.map(({ number }) => Number(number));
const upTo = (last: number) => Array.from({ length: last }, (_, n) => n + 1);
/** As `retention_ms` of Watch and WatchClosely. */
const WATCH_MS = 30_000;
const CLOSELY_MS = 2_000;
const MIB = 1024 * 1024;

/** The service as somebody knows it who has an older `.proto`. */
const { resumable: _, ...plainWatch } = CallService.watch;
const OlderService = { ...CallService, watch: plainWatch } as typeof CallService;

/** What resumable streams do as time passes, on a clock that the test moves. */
describe("resumable streams", () => {
  const { own, connect } = harness(memory);

  interface Setup {
    readonly serve?: ServeOptions;
    readonly node?: Partial<NodeOptions>;
    readonly service?: typeof CallService;
    readonly callers?: typeof CallService;
  }

  async function setup(handlers: Handlers<typeof CallService>, options: Setup = {}) {
    const clock = fakeClock();
    const link = faults({ network, clock });
    const start = async (endpoint: string, its = handlers) => {
      const base = { name: "server", security: insecure(), clock, network, logger: silent };
      const node = createNode({ ...base, ...options.node });
      const close = async (graceMs = 0) => {
        const closing = node.close({ graceMs });
        await clock.advanceAsync(graceMs + 5_000);
        await closing;
      };
      own({ [Symbol.asyncDispose]: () => close() });
      const served = await serve(node, options.service ?? CallService, its, { endpoint, ...options.serve });
      return {
        node,
        served,
        close,
        endpoint: served.endpoints[0] ?? "",
        streams: () => served.stats.streams,
      };
    };
    const server = await start("memory://*");
    const backoff = { initialMs: 10, maxMs: 50 };
    const connection = connect([server.endpoint], { clock, network: link, backoff });
    const client = createClient(connection, options.callers ?? CallService);
    /** The link is down until it is made again. */
    const part = () => {
      link.refuse();
      link.cut();
    };
    return { ...server, clock, link, client, connection, start, part, settle: () => clock.advanceAsync(0) };
  }

  /** One message, then nothing for ever; tells why its handler was stopped. */
  function oneThenNothing() {
    const stopped = deferred<{ reason: string }>();
    let runs = 0;
    const handler = async function* (_: Note, ctx: { signal: AbortSignal }) {
      runs++;
      yield note(1);
      stopped.resolve((await fired(ctx.signal)) as { reason: string });
    };
    return { handler, stopped: stopped.promise, runs: () => runs };
  }

  test("whose clients don't come back in time are stopped; the client has UNAVAILABLE by then", async () => {
    const { handler, stopped } = oneThenNothing();
    const { client, clock, part, streams } = await setup({ watch: handler });
    const stream = client.watch({});
    await stream.next();
    const end = failure(stream.next());
    part();
    await clock.advanceAsync(WATCH_MS - 200);
    expect(streams()).toMatchObject({ attached: 0, away: 1 });
    await clock.advanceAsync(400);
    expect(await stopped).toMatchObject({ reason: "PEER_GONE" });
    expect(await end).toMatchObject({
      code: Code.Unavailable,
      reason: "CONNECTION_LOST",
      notProcessed: false,
      message: expect.stringContaining("30000 ms"),
    });
    expect(streams()).toMatchObject({ attached: 0, away: 0, awayBytes: 0 });
  });

  test("go on when their clients come back late, but in time", async () => {
    const { client, clock, link, part } = await setup({
      async *watchClosely(_, ctx) {
        for (let n = 1; n <= 30; n++) {
          yield note(n);
          await ctx.sleep(100);
        }
      },
    });
    const got: number[] = [];
    const reading = (async () => {
      for await (const { number } of client.watchClosely({})) got.push(Number(number));
    })();
    await clock.advanceAsync(500);
    part();
    await clock.advanceAsync(CLOSELY_MS - 1_000);
    link.accept();
    await clock.advanceAsync(60_000);
    await reading;
    expect(got).toEqual(upTo(30));
  });

  test.each([
    ["in the middle", 1],
    ["before their first message", 0],
  ])("can't be found any more %s: DATA_LOSS, and nothing runs twice", async (_what, before) => {
    let runs = 0;
    const { clock, endpoint, link } = await setup({
      async *watchClosely() {
        runs++;
        for (let n = 1; n <= before; n++) yield note(n);
        await never();
      },
    });
    // The server learns at once that the link is down; the client, whose loop stands still, only later.
    const news: (() => void)[] = [];
    const late: SocketFactory = {
      listen: (at, events) => link.listen(at, events),
      dial: (to, events, options) =>
        link.dial(
          to,
          {
            opened: () => events.opened(),
            message: (parts, bytes) => events.message(parts, bytes),
            closed: (reason, cause) => void news.push(() => events.closed(reason, cause)),
          },
          options,
        ),
    };
    const client = createClient(connect([endpoint], { clock, network: late }), CallService);
    const stream = client.watchClosely({});
    const first = stream.next();
    await clock.advanceAsync(100);
    const end = before === 0 ? failure(first) : first.then(() => failure(stream.next()));
    link.cut();
    await clock.advanceAsync(CLOSELY_MS + 1_000);
    for (const tell of news.splice(0)) tell();
    await clock.advanceAsync(1_000);
    expect(await end).toMatchObject({ code: Code.DataLoss, reason: "STREAM_GONE" });
    expect(runs).toBe(1);
  });

  test("of a server that was replaced: DATA_LOSS, and nothing runs there", async () => {
    const { handler } = oneThenNothing();
    let elsewhere = 0;
    const { client, clock, close, start, endpoint, part, link } = await setup({ watch: handler });
    const stream = client.watch({});
    await stream.next();
    const end = failure(stream.next());
    part();
    await close();
    await start(endpoint, {
      *watch() {
        elsewhere++;
        yield note(2);
      },
    });
    link.accept();
    await clock.advanceAsync(20_000);
    expect(await end).toMatchObject({ code: Code.DataLoss, reason: "STREAM_GONE" });
    expect(elsewhere).toBe(0);
  });

  test("go on while the server believes in the old session, which is told that it has ended", async () => {
    // The server does not learn that the link is down.
    const deaf: SocketFactory = {
      ...network,
      listen: (endpoint, events) =>
        network.listen(endpoint, { message: events.message.bind(events), left: () => {} }),
      dial: (endpoint, events, options) => network.dial(endpoint, events, options),
    };
    const go = deferred();
    const { client, clock, link, streams } = await setup(
      {
        async *watch() {
          for (let n = 1; n <= 5; n++) yield note(n);
          await go.promise;
          for (let n = 6; n <= 10; n++) yield note(n);
        },
      },
      { node: { network: deaf } },
    );
    const reading = all(client.watch({}));
    await clock.advanceAsync(100);
    link.cut();
    await clock.advanceAsync(1_000);
    expect(streams()).toMatchObject({ attached: 1, away: 0 });
    go.resolve();
    await clock.advanceAsync(100);
    expect(numbers(await reading)).toEqual(upTo(10));
    // The end of the old session must not take the stream with it, or keep it.
    await clock.advanceAsync(120_000);
    expect(streams()).toMatchObject({ attached: 0, away: 0 });
  });

  test("are stopped after the retention when their reader left while away", async () => {
    const { handler, stopped } = oneThenNothing();
    const { client, clock, link, part, streams } = await setup({ watchClosely: handler });
    const stream = client.watchClosely({});
    await stream.next();
    part();
    await clock.advanceAsync(100);
    await stream.return();
    link.accept();
    await clock.advanceAsync(CLOSELY_MS - 500);
    expect(streams().away).toBe(1);
    await clock.advanceAsync(1_000);
    expect(await stopped).toMatchObject({ reason: "PEER_GONE" });
    expect(streams().away).toBe(0);
  });

  test("that have ended are let go of once their client has read the end", async () => {
    const { client, clock, streams } = await setup({ watch: () => [note(1, 1_000)] });
    await Promise.all(upTo(50).map(() => all(client.watch({}))));
    // A PING says it, once nothing else is said.
    await clock.advanceAsync(20_000);
    expect(streams()).toEqual({ attached: 0, away: 0, awayBytes: 0 });
  });

  test("keep at most 64 MiB for clients that are away; those that are away for longest go first", async () => {
    const stopped: number[] = [];
    const { client, clock, part, streams } = await setup({
      async *watch({ number }, ctx) {
        ctx.signal.addEventListener("abort", () => stopped.push(Number(number)));
        yield note(0);
        // Half of what the window has room for; the log takes it though nobody reads.
        yield note(1, MIB / 2);
        await never();
      },
    });
    const open = upTo(200).map((number) => client.watch({ number: BigInt(number) }));
    await Promise.all(open.map((stream) => stream.next()));
    part();
    await clock.advanceAsync(100);
    const { away, awayBytes } = streams();
    expect(awayBytes).toBeLessThanOrEqual(64 * MIB);
    expect(away).toBeLessThanOrEqual(128);
    expect(stopped.length).toBe(200 - away);
    await clock.advanceAsync(WATCH_MS + 1_000);
    expect(streams()).toEqual({ attached: 0, away: 0, awayBytes: 0 });
  });

  test("whose clients are away end at once when the server drains, since nobody can come back", async () => {
    const { handler, stopped } = oneThenNothing();
    const { client, clock, node, part } = await setup({ watch: handler });
    const stream = client.watch({});
    await stream.next();
    const end = failure(stream.next());
    part();
    await clock.advanceAsync(100);
    const closing = node.close({ graceMs: 60_000 });
    await clock.advanceAsync(10);
    expect(await stopped).toMatchObject({ reason: "PEER_GONE" });
    await clock.advanceAsync(1_000);
    await closing;
    await clock.advanceAsync(WATCH_MS);
    expect(await end).toMatchObject({ code: Code.Unavailable, notProcessed: false });
  });

  test("of a server whose .proto has no such option are plain ones; a break ends them, and they never run twice", async () => {
    for (const messages of [1, 0]) {
      let runs = 0;
      const { client, clock, link } = await setup(
        {
          async *watch() {
            runs++;
            for (let n = 1; n <= messages; n++) yield note(n);
            await never();
          },
        },
        { service: OlderService },
      );
      const stream = client.watch({});
      const first = stream.next();
      await clock.advanceAsync(100);
      const end = messages === 0 ? failure(first) : first.then(() => failure(stream.next()));
      link.cut();
      await clock.advanceAsync(1_000);
      expect(await end).toMatchObject({
        code: messages === 0 ? Code.DataLoss : Code.Unavailable,
        notProcessed: false,
      });
      expect(runs).toBe(1);
    }
  });

  test("of a client whose .proto has no such option are plain ones", async () => {
    const { client, clock, link, streams } = await setup(
      {
        async *watch() {
          yield note(1);
          await never();
        },
      },
      { callers: OlderService },
    );
    const stream = client.watch({});
    await stream.next();
    expect(streams()).toMatchObject({ attached: 0, away: 0 });
    const end = failure(stream.next());
    link.cut();
    await clock.advanceAsync(100);
    expect(await end).toMatchObject({ code: Code.Unavailable, reason: "CONNECTION_LOST" });
  });

  test("keep their idle timeout while they are away", async () => {
    const { handler } = oneThenNothing();
    const { client, clock, part } = await setup({ watch: handler });
    const stream = client.watch({}, { idleTimeoutMs: 5_000 });
    await stream.next();
    const end = failure(stream.next());
    part();
    await clock.advanceAsync(6_000);
    expect(await end).toMatchObject({ code: Code.DeadlineExceeded, reason: "STREAM_TIMED_OUT" });
  });

  test("that are cancelled, time out or are closed while they are away may have run", async () => {
    const { handler } = oneThenNothing();
    const { client, clock, connection, part } = await setup({ watch: handler });
    const controller = new AbortController();
    const streams = [
      client.watch({}, { signal: controller.signal }),
      client.watch({}, { timeoutMs: 3_000 }),
      client.watch({}),
    ] as const;
    for (const stream of streams) await stream.next();
    const ends = streams.map((stream) => failure(stream.next()));
    part();
    await clock.advanceAsync(100);
    controller.abort();
    await clock.advanceAsync(4_000);
    expect(await ends[0]).toMatchObject({ code: Code.Cancelled, notProcessed: false });
    expect(await ends[1]).toMatchObject({ code: Code.DeadlineExceeded, notProcessed: false });
    await connection.close();
    expect(await ends[2]).toMatchObject({ code: Code.Cancelled, notProcessed: false });
  });

  test("leave no timers behind", async () => {
    const { client, clock, link, connection, close } = await setup({
      async *watch() {
        for (let n = 1; n <= 10; n++) yield note(n);
      },
    });
    for (let n = 0; n < 5; n++) {
      const reading = all(client.watch({}, { idleTimeoutMs: 1_000, timeoutMs: 9_000 }));
      await clock.advanceAsync(1_000);
      link.cut();
      await clock.advanceAsync(1_000);
      await reading;
    }
    await connection.close();
    await close();
    expect(clock.timers).toBe(0);
  });
});
