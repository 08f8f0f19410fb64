import { describe, expect, test } from "vitest";
import { backoffFrom } from "../../../src/core/backoff.js";
import {
  type CallOptions,
  Code,
  createClient,
  type HandlerContext,
  type Handlers,
  HeliographError,
  insecure,
  leastPending,
  outlierEjection,
  powerOfTwo,
  roundRobin,
  sticky,
} from "../../../src/index.js";
import { makeParts } from "../../../src/node/parts.js";
import { Calling } from "../../../src/rpc/client/calling.js";
import { type FakeClock, fakeClock, faults, memoryNetwork } from "../../../src/testing/index.js";
import { silent } from "../../contract/rpc-harness.js";
import { Note } from "../../gen/heliograph/test/v1/call.js";
import { CallService } from "../../gen/heliograph/test/v1/call_heliograph.js";
import { ChangingServers } from "../../support/changing-servers.js";
import { HandSource } from "../../support/hand-source.js";
import { Random } from "../../support/random.js";
import { scaled } from "../../support/soak.js";

const RUNS = scaled(15, 2_500);
const TIMEOUT_MS = scaled(30_000, 1_800_000);
const CALLS = 60;
const SERVERS = 4;
const STEP_MS = 5;
/** More than any call of a run takes, in steps of the clock. */
const MAX_STEPS = 20_000;
/** The longest that it takes to find out whether a server can be called. */
const JUDGED_MS = 50;
/** More than the longest handler takes. */
const GRACE_MS = 2_000;

/** Everything else would say that the client or a server broke a rule; DATA_LOSS is an end of streams that resume. */
const POSSIBLE: readonly Code[] = [Code.DeadlineExceeded, Code.Unavailable, Code.Cancelled];

const kinds = ["call", "call", "call", "keyed", "pinned", "sum", "count", "watch"] as const;
type Kind = (typeof kinds)[number];

const balancers = [
  roundRobin(),
  leastPending(),
  powerOfTwo(),
  outlierEjection({ consecutiveFailures: 2, baseEjectionMs: 100 }),
  sticky({ key: ({ path }) => path }),
];

/** Lets the sockets work and the time pass until the work is done. */
async function run<T>(clock: FakeClock, work: Promise<T>): Promise<T> {
  let done = false;
  const end = () => {
    done = true;
  };
  work.then(end, end);
  for (let step = 0; !done; step++) {
    if (step > MAX_STEPS) throw new Error(`not done after ${MAX_STEPS} steps`);
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(STEP_MS);
  }
  return work;
}

/** How often handlers of each call have begun: each finds the call's name in its metadata. */
class Tally {
  readonly started = new Map<string, number>();

  handlers(): Handlers<typeof CallService> {
    const begin = (ctx: HandlerContext) => {
      const name = String(ctx.requestMetadata.get("x-name"));
      this.started.set(name, (this.started.get(name) ?? 0) + 1);
    };
    const numbers = async function* ({ number }: Note, ctx: HandlerContext) {
      begin(ctx);
      for (let n = 1n; n <= number; n++) {
        await ctx.sleep(10);
        yield Note.create({ number: n });
      }
    };
    return {
      count: numbers,
      watch: numbers,
      async call({ text, number }, ctx) {
        begin(ctx);
        await ctx.sleep(Number(number));
        return Note.create({ text: `answer to ${text}` });
      },
      async sum(requests, ctx) {
        begin(ctx);
        let total = 0n;
        for await (const { number } of requests) total += number;
        return Note.create({ number: total });
      },
    };
  }
}

async function inOrder(answers: AsyncIterable<Note>, count: number): Promise<void> {
  let next = 1n;
  for await (const { number } of answers) expect(number).toBe(next++);
  expect(next).toBe(BigInt(count + 1));
}

/** What servers do during a run. */
type Weather = "calm" | "rough";

/** One client, several servers that come and go, and some calls; throws what did not hold. */
async function oneRun(seed: number, weather: Weather): Promise<void> {
  const random = new Random(seed);
  const calm = weather === "calm";
  const clock = fakeClock();
  const memory = memoryNetwork();
  const cut = calm || random.chance(0.5) ? 0 : random.next() * 0.02;
  const network = faults({ seed, clock, network: memory, cut });
  const source = new HandSource();
  const tally = new Tally();
  const servers = new ChangingServers(SERVERS, {
    random,
    clock,
    network: memory,
    source,
    handlers: tally.handlers(),
    addressesOnly: random.chance(0.3),
  });
  const pause = (ms: number) => new Promise<void>((resolve) => void clock.after(ms, resolve));
  const { self, sockets, shared, stallMs } = makeParts("caller", {
    security: insecure(),
    logger: silent,
    clock,
    network,
  });
  const calling = new Calling({
    self,
    sockets,
    shared,
    clock,
    stallMs,
    backoff: backoffFrom({ jitter: 0, maxMs: 500 }),
    connectTimeoutMs: 300,
    intervalMs: 200,
    source,
    balancer: random.pick(balancers),
    host: "",
    events: { connected() {}, disconnected() {}, handshakeFailed() {}, unreachable() {} },
    judge: () => (random.chance(0.2) ? pause(random.below(JUDGED_MS)).then(() => undefined) : undefined),
    everywhere: new Set(),
  });
  const client = createClient(calling, CallService);

  async function* requests(count: number): AsyncGenerator<Partial<Note>> {
    for (let n = 1; n <= count; n++) {
      if (n % 3 === 0) await pause(10);
      yield { number: BigInt(n) };
    }
  }
  const make = async (kind: Kind, name: string, options: CallOptions) => {
    const count = random.below(20);
    const request = { text: name, number: BigInt(random.below(150)) };
    const call = async (more: CallOptions) =>
      expect((await client.call(request, { ...options, ...more })).text).toBe(`answer to ${name}`);
    if (kind === "call") await call({});
    else if (kind === "pinned") await call({ instance: servers.any });
    else if (kind === "keyed")
      await call({ idempotencyKey: name, retry: { attempts: 4, backoff: { initialMs: 20 } } });
    else if (kind === "count") await inOrder(client.count({ number: BigInt(count) }, options), count);
    else if (kind === "watch") await inOrder(client.watch({ number: BigInt(count) }, options), count);
    else {
      const sum = await client.sum(requests(count), options);
      expect(sum.number).toBe(BigInt((count * (count + 1)) / 2));
    }
  };

  const names: string[] = [];
  /** Calls that were said never to reach a handler. */
  const unprocessed: string[] = [];
  const one = async (name: string) => {
    const kind = random.pick(kinds);
    const began = clock.now();
    const timeoutMs = calm ? 10_000 : 100 + random.below(1_500);
    const caller = new AbortController();
    const abort =
      !calm && random.chance(0.1) ? clock.after(random.below(300), () => caller.abort()) : undefined;
    try {
      await make(kind, name, {
        timeoutMs,
        signal: caller.signal,
        waitForReady: random.chance(0.3),
        metadata: { "x-name": name },
        balancer: random.chance(0.1) ? random.pick(balancers) : undefined,
      });
    } catch (error) {
      if (!(error instanceof HeliographError)) throw error;
      // Where one is meant it may be gone; requests that have been read are not sent twice.
      if (calm && kind !== "pinned" && kind !== "sum") throw error;
      if (!POSSIBLE.includes(error.code) && !(kind === "watch" && error.code === Code.DataLoss)) throw error;
      expect(error.reason).not.toBe("");
      if (error.notProcessed) unprocessed.push(name);
    } finally {
      names.push(name);
      abort?.clear();
    }
    expect(clock.now() - began).toBeLessThanOrEqual(timeoutMs + 10 * STEP_MS);
  };
  const all = async () => {
    if (calm || random.chance(0.8)) await servers.start();
    const calls: Promise<void>[] = [];
    for (let i = 0; i < CALLS; i++) {
      const call = one(`${seed}.${i}`);
      call.catch(() => {});
      calls.push(call);
      if (random.chance(0.6)) await pause(random.below(60));
      if (random.chance(0.5)) await (calm ? servers.restart(GRACE_MS) : servers.disturb());
    }
    await Promise.all(calls);
    network.heal();
    await calling.close();
    await servers.close();
    // What was still to be judged.
    await pause(JUDGED_MS);
  };

  await run(clock, all());
  expect(names).toHaveLength(CALLS);
  const runs = (name: string) => ({ name, runs: tally.started.get(name) ?? 0 });
  for (const name of names) expect(runs(name).runs, name).toBeLessThanOrEqual(1);
  for (const name of unprocessed) expect(runs(name)).toEqual({ name, runs: 0 });
  expect(clock.timers).toBe(0);
}

async function manyRuns(weather: Weather): Promise<void> {
  for (let seed = 1; seed <= RUNS; seed++) {
    try {
      await oneRun(seed, weather);
    } catch (error) {
      throw new Error(`with seed ${seed}`, { cause: error });
    }
  }
}

describe("calls through channels", { timeout: TIMEOUT_MS }, () => {
  test("end in time, run once at most, and say truly whether they ran, whatever servers do", () =>
    manyRuns("rough"));

  test("all succeed while servers are restarted one after the other", () => manyRuns("calm"));
});
