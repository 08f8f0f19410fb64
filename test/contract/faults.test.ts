import { afterEach, describe, expect, test } from "vitest";
import {
  Code,
  type ConnectOptions,
  connectTo,
  createClient,
  createNode,
  type Handlers,
  insecure,
  type NodeOptions,
  serve,
} from "../../src/index.js";
import {
  type FaultOptions,
  type FaultyNetwork,
  fakeClock,
  faults,
  zmqSockets,
} from "../../src/testing/index.js";
import { Note } from "../gen/heliograph/test/v1/call.js";
import { CallService } from "../gen/heliograph/test/v1/call_heliograph.js";
import { deferred, failure, fired, never, silent } from "./rpc-harness.js";

type CallHandlers = Handlers<typeof CallService>;

let open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of open.reverse()) await each[Symbol.asyncDispose]();
  open = [];
});

const security = insecure();
const echo: CallHandlers = { call: ({ text, data }) => Note.create({ text, data }) };
/** Long enough for a call that succeeds on a busy machine. */
const PATIENT = { timeoutMs: 20_000 };
/** For calls that can't succeed. */
const SHORT = { timeoutMs: 40 };

async function serveOn(network: FaultyNetwork, handlers: CallHandlers, options: Partial<NodeOptions> = {}) {
  const node = createNode({ name: "server", security, network, logger: silent, ...options });
  open.push({ [Symbol.asyncDispose]: () => node.close({ graceMs: 0 }) });
  return (await serve(node, CallService, handlers)).endpoints;
}

function clientOf(
  network: FaultyNetwork,
  endpoints: readonly string[],
  options: Partial<ConnectOptions> = {},
) {
  const connection = connectTo(endpoints, { security, network, ...options });
  open.push(connection);
  return createClient(connection, CallService);
}

async function pair(network: FaultyNetwork, handlers: CallHandlers, options: Partial<ConnectOptions> = {}) {
  const { clock } = options;
  return clientOf(network, await serveOn(network, handlers, { clock }), options);
}

/** What handlers were called with, in order. */
function noting() {
  const seen: string[] = [];
  const handlers: CallHandlers = {
    call: ({ text }) => {
      seen.push(text);
      return Note.create({ text });
    },
  };
  return { seen, handlers };
}

const turns = async (count: number) => {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
};

describe("a dropped message", () => {
  test("of a request reaches no handler, and that of another call in the same packet does", async () => {
    const network = faults();
    const { seen, handlers } = noting();
    const client = await pair(network, handlers);
    await client.call({ text: "warm" });
    network.dropNext(1, "requests");
    const lost = failure(client.call({ text: "lost" }, SHORT));
    expect((await client.call({ text: "kept" }, PATIENT)).text).toBe("kept");
    expect(await lost).toMatchObject({ code: Code.DeadlineExceeded, reason: "CALL_TIMED_OUT" });
    expect(seen).toEqual(["warm", "kept"]);
    expect(network.stats.dropped).toEqual({ requests: 1, answers: 0 });
  });

  test("of an answer leaves the caller in the dark, though the handler ran", async () => {
    const network = faults();
    const { seen, handlers } = noting();
    const client = await pair(network, handlers);
    network.dropNext(1, "answers");
    const error = await failure(client.call({ text: "ran" }, SHORT));
    expect([error.code, error.notProcessed]).toEqual([Code.DeadlineExceeded, false]);
    expect(seen).toEqual(["ran"]);
    expect((await client.call({ text: "next" }, PATIENT)).text).toBe("next");
  });

  test("of a large payload takes all its chunks along, in both directions", async () => {
    const network = faults();
    const client = await pair(network, echo);
    const data = Buffer.alloc(3_000_000, 7);
    for (const direction of ["requests", "answers"] as const) {
      network.dropNext(1, direction);
      expect((await failure(client.call({ data }, { timeoutMs: 150 }))).code).toBe(Code.DeadlineExceeded);
      expect((await client.call({ data }, PATIENT)).data.length).toBe(data.length);
    }
    expect(network.stats.connections).toBe(1);
  });

  test("frees the session window, however many there are", async () => {
    const network = faults({ drop: 0.5 });
    const client = await pair(network, echo, { limits: { windowPackets: 4 } });
    const data = Buffer.alloc(10_000, 1);
    const calls: Promise<unknown>[] = [];
    for (let i = 0; i < 200; i++) {
      calls.push(client.call({ data }, { timeoutMs: 100 }).catch(() => {}));
      if (i % 3 === 0) await turns(1);
    }
    await Promise.all(calls);
    expect(network.stats.dropped.requests).toBeGreaterThan(20);
    network.heal();
    const after = Array.from({ length: 50 }, () => client.call({ data }, PATIENT));
    expect((await Promise.all(after)).length).toBe(50);
    expect(network.stats.connections).toBe(1);
  });
});

describe("a duplicate", () => {
  test("runs the handler twice, and the caller gets its own answer", async () => {
    const network = faults({ duplicate: 1 });
    const second = deferred();
    const callers: string[] = [];
    const client = await pair(
      network,
      {
        call: ({ text }, { peer }) => {
          callers.push(peer.node);
          if (callers.length === 2) second.resolve();
          return Note.create({ text });
        },
      },
      { name: "twice" },
    );
    expect((await client.call({ text: "a", data: Buffer.alloc(20_000) }, PATIENT)).text).toBe("a");
    await second.promise;
    expect(callers).toEqual(["twice", "twice"]);
    expect(network.stats.duplicated).toBe(1);
  });
});

describe("reordering", () => {
  test("lets calls of one turn reach their handlers in another order, each with its own answer", async () => {
    const network = faults({ reorder: 1 });
    const { seen, handlers } = noting();
    const client = await pair(network, handlers);
    const texts = Array.from({ length: 20 }, (_, i) => `${i}`);
    const answered: string[] = [];
    const answers = await Promise.all(
      texts.map(async (text) => {
        const answer = await client.call({ text }, PATIENT);
        answered.push(answer.text);
        return answer.text;
      }),
    );
    expect(answers).toEqual(texts);
    expect(seen).not.toEqual(texts);
    expect([...seen].sort()).toEqual([...texts].sort());
    expect(answered).not.toEqual(seen);
    expect(network.stats.reordered).toBeGreaterThan(0);
  });

  test("cancels the call that was meant", async () => {
    const network = faults({ reorder: 1 });
    const entered = new Map<string, AbortSignal>();
    const all = deferred();
    const client = await pair(network, {
      call: ({ text }, { signal }) => {
        entered.set(text, signal);
        if (entered.size === 8) all.resolve();
        return never();
      },
    });
    const callers = Array.from({ length: 8 }, () => new AbortController());
    const calls = callers.map(({ signal }, i) => failure(client.call({ text: `${i}` }, { signal })));
    await all.promise;
    callers[3]?.abort();
    expect((await calls[3])?.code).toBe(Code.Cancelled);
    await fired(entered.get("3") as AbortSignal);
    expect([...entered].filter(([, signal]) => signal.aborted).map(([text]) => text)).toEqual(["3"]);
    for (const caller of callers) caller.abort();
    await Promise.all(calls);
  });
});

describe("delays", () => {
  test("are those of the clock, in each direction", async () => {
    const clock = fakeClock();
    const network = faults({ delayMs: 30, clock });
    const client = await pair(network, echo, { clock });
    const answer = client.call({ text: "late" });
    const settled: string[] = [];
    void answer.then(({ text }) => settled.push(text));
    // The handshake, HELLO, WELCOME, the request, the answer.
    for (const wait of [30, 30, 30, 30, 29]) {
      await turns(4);
      clock.advance(wait);
    }
    await turns(4);
    expect(settled).toEqual([]);
    clock.advance(1);
    expect((await answer).text).toBe("late");
    expect(network.stats.delayed).toBe(5);
  });
});

describe("a cut connection", () => {
  test("ends the calls in flight on both sides, and later calls succeed", async () => {
    const network = faults({ seed: 77 });
    const entered = deferred<AbortSignal>();
    const client = await pair(network, {
      call: ({ text }, { signal }) => {
        if (text !== "cut") return Note.create({ text });
        entered.resolve(signal);
        return never();
      },
    });
    const lost = failure(client.call({ text: "cut" }, PATIENT));
    const ended = fired(await entered.promise);
    network.cut();
    const error = await lost;
    expect(error).toMatchObject({ code: Code.Unavailable, reason: "CONNECTION_LOST", notProcessed: false });
    expect(String((error.cause as Error).cause)).toContain("was cut (faults of seed 77)");
    expect(await ended).toMatchObject({ reason: "PEER_GONE" });
    expect((await client.call({ text: "later" }, PATIENT)).text).toBe("later");
    expect([network.stats.cut, network.stats.connections]).toEqual([1, 2]);
  });

  test("is the one to the endpoint that was named", async () => {
    const network = faults();
    const named = await serveOn(network, { call: never });
    const other = await serveOn(network, echo);
    const lost = failure(clientOf(network, named).call({}, PATIENT));
    const client = clientOf(network, other);
    await client.call({}, PATIENT);
    network.cut(named[0]);
    expect((await lost).reason).toBe("CONNECTION_LOST");
    await client.call({}, PATIENT);
    expect(network.stats.cut).toBe(1);
  });

  test("may be cut from within whatever its messages lead to", async () => {
    const network = faults();
    const client = await pair(network, {
      call: ({ text }, { responseMetadata }) => {
        responseMetadata.set("served-by", "server");
        return Note.create({ text });
      },
    });
    const onHeader = () => network.cut();
    await client.call({}, { ...PATIENT, onHeader });
    expect((await client.call({ text: "later" }, PATIENT)).text).toBe("later");
    expect(network.stats.cut).toBe(1);
  });
});

describe("a paused link", () => {
  test("stands still and loses nothing", async () => {
    const network = faults();
    const { seen, handlers } = noting();
    const client = await pair(network, handlers);
    await client.call({ text: "before" });
    network.pause();
    const calls = ["a", "b", "c"].map((text) => client.call({ text }, PATIENT));
    await turns(10);
    expect(seen).toEqual(["before"]);
    network.resume();
    expect((await Promise.all(calls)).map(({ text }) => text)).toEqual(["a", "b", "c"]);
    expect(network.stats.connections).toBe(1);
  });

  test("also of a new connection is waited for as long as the caller has time", async () => {
    const clock = fakeClock();
    const network = faults();
    const client = await pair(network, echo, { clock });
    network.pause();
    const call = failure(client.call({}, { timeoutMs: 500 }));
    await turns(4);
    clock.advance(510);
    expect(await call).toMatchObject({ code: Code.DeadlineExceeded, notProcessed: true });
    network.resume();
    expect((await client.call({ text: "later" }, PATIENT)).text).toBe("later");
  });

  test("can be closed", async () => {
    const network = faults();
    const endpoints = await serveOn(network, echo);
    const connection = connectTo(endpoints, { security, network });
    const client = createClient(connection, CallService);
    await client.call({});
    network.pause();
    const call = failure(client.call({}, PATIENT));
    await turns(2);
    await connection.close();
    expect((await call).code).toBe(Code.Cancelled);
  });
});

describe("a refused connection", () => {
  test("fails calls at once, until it is accepted; the other endpoint serves meanwhile", async () => {
    const network = faults();
    const endpoints = await serveOn(network, echo);
    const others = await serveOn(network, { call: () => Note.create({ text: "other" }) });
    network.refuse(endpoints[0]);
    const both = clientOf(network, [...endpoints, ...others]);
    expect((await both.call({ text: "a" }, PATIENT)).text).toBe("other");
    const client = clientOf(network, endpoints);
    const error = await failure(client.call({}, PATIENT));
    expect(error).toMatchObject({ code: Code.Unavailable, reason: "NO_INSTANCE", notProcessed: true });
    network.accept(endpoints[0]);
    expect((await client.call({ text: "a" }, PATIENT)).text).toBe("a");
    expect(network.stats.refused).toBe(2);
  });
});

describe("the faults", () => {
  async function outcomes(seed: number): Promise<{ outcomes: string[]; report: string }> {
    const clock = fakeClock();
    const network = faults({ seed, drop: 0.2, reorder: 0.5, clock });
    const client = await pair(network, echo, { clock });
    const calls = Array.from({ length: 40 }, (_, i) =>
      client.call({ text: `${i}` }, { timeoutMs: 1_000 }).then(
        () => "answered",
        ({ code }) => `failed ${code}`,
      ),
    );
    await turns(6);
    clock.advance(1_010);
    return { outcomes: await Promise.all(calls), report: String(network) };
  }

  test("are the same for the same seed, and others for another", async () => {
    const first = await outcomes(5);
    expect(await outcomes(5)).toEqual(first);
    expect((await outcomes(6)).outcomes).not.toEqual(first.outcomes);
    expect(first.report).toMatch(/^faults of seed 5: \d+ messages, \d+ requests dropped/);
  });

  test("happen in front of real sockets, too", async () => {
    const network = faults({ network: zmqSockets(), duplicate: 0.2, reorder: 0.5, delayMs: [0, 2] });
    const client = await pair(network, echo);
    const texts = Array.from({ length: 50 }, (_, i) => `${i}`);
    const answers = await Promise.all(texts.map((text) => client.call({ text }, PATIENT)));
    expect(answers.map(({ text }) => text)).toEqual(texts);
    network.cut();
    expect((await client.call({ text: "later" }, PATIENT)).text).toBe("later");
    expect(network.stats).toMatchObject({ cut: 1, connections: 2 });
    expect(network.stats.delayed).toBeGreaterThan(0);
  });

  test("are refused where they make no sense, with the value and what to write", () => {
    const bad: [FaultOptions, string][] = [
      [{ drop: 2 }, "drop must be a share from 0 (never) to 1 (always), got 2"],
      [{ cut: Number.NaN }, "cut must be a share"],
      [{ delayMs: [5, 1] }, "got [5,1]"],
      [{ delayMs: -1 }, "delayMs must be milliseconds"],
      [{ seed: 1.5 }, "seed must be a whole number from 0 to 4294967295, got 1.5"],
      [{ dorp: 0.1 } as FaultOptions, 'faults() has no option "dorp"'],
    ];
    for (const [options, text] of bad) expect(() => faults(options)).toThrow(text);
    expect(() => faults().dropNext(-1, "answers")).toThrow("got -1");
    expect(() => faults().dropNext(1, "in" as "answers")).toThrow('drops "requests" or "answers", got "in"');
  });
});
