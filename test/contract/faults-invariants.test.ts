import { expect, test } from "vitest";
import {
  type CallOptions,
  Code,
  connectTo,
  createClient,
  createNode,
  type HandlerContext,
  type Handlers,
  HeliographError,
  insecure,
  serve,
} from "../../src/index.js";
import { type FakeClock, fakeClock, faults } from "../../src/testing/index.js";
import { Note } from "../gen/heliograph/test/v1/call.js";
import { CallService } from "../gen/heliograph/test/v1/call_heliograph.js";
import { Random } from "../support/random.js";
import { silent } from "./rpc-harness.js";

const RUNS = 200;
const CALLS = 12;
const STEP_MS = 5;
/** More than any call of a run takes, in steps of the clock. */
const MAX_STEPS = 2_000;

/** Everything else would say that the faults broke a rule of the protocol. */
const POSSIBLE: readonly Code[] = [Code.DeadlineExceeded, Code.Unavailable, Code.Cancelled];

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

/** What a run's handlers and sources count. */
class Tally {
  /** How many handlers of a call have run. */
  readonly started = new Map<string, number>();
  /** Handlers that still run, and sources of requests that were not closed. */
  running = 0;

  async *stream<T>(name: string, messages: () => AsyncIterable<T>): AsyncGenerator<T> {
    this.#start(name);
    try {
      yield* messages();
    } finally {
      this.running--;
    }
  }

  async single<T>(name: string, answer: () => Promise<T>): Promise<T> {
    this.#start(name);
    try {
      return await answer();
    } finally {
      this.running--;
    }
  }

  #start(name: string): void {
    this.started.set(name, (this.started.get(name) ?? 0) + 1);
    this.running++;
  }
}

/** Each handler finds the call's name in its metadata, so that it is known before the first message. */
function handlersOf(tally: Tally): Handlers<typeof CallService> {
  const nameOf = (ctx: HandlerContext) => String(ctx.requestMetadata.get("x-name"));
  return {
    call: ({ text, number, data }, ctx) =>
      tally.single(nameOf(ctx), async () => {
        await ctx.sleep(Number(number));
        return Note.create({ text: `answer to ${text}`, data });
      }),
    count: ({ number, data }, ctx) =>
      tally.stream(nameOf(ctx), async function* () {
        for (let n = 1n; n <= number; n++) {
          if (n % 5n === 0n) await ctx.sleep(10);
          yield Note.create({ number: n, data });
        }
      }),
    sum: (requests, ctx) =>
      tally.single(nameOf(ctx), async () => {
        let total = 0n;
        for await (const { number } of requests) total += number;
        return Note.create({ number: total });
      }),
    chat: (requests, ctx) =>
      tally.stream(nameOf(ctx), async function* () {
        for await (const { number, data } of requests) yield Note.create({ number, data });
      }),
  };
}

/** The numbers from 1, as requests; now and then a while apart. */
async function* requestsOf(tally: Tally, count: number, data: Buffer): AsyncGenerator<Partial<Note>> {
  tally.running++;
  try {
    for (let n = 1; n <= count; n++) {
      if (n % 7 === 0) await new Promise((resolve) => setImmediate(resolve));
      yield { number: BigInt(n), data };
    }
  } finally {
    tally.running--;
  }
}

/** Expects the numbers from 1 without a gap, and all of them unless the stream fails. */
async function inOrder(answers: AsyncIterable<Note>, count: number, data: Buffer): Promise<void> {
  let next = 1n;
  for await (const { number, data: got } of answers) {
    expect([number, Buffer.compare(got, data)]).toEqual([next, 0]);
    next++;
  }
  expect(next).toBe(BigInt(count + 1));
}

/** One client, one server and some calls, with faults of every kind; throws what did not hold. */
async function oneRun(seed: number): Promise<void> {
  const random = new Random(seed);
  const some = (most: number) => (random.chance(0.5) ? 0 : random.next() * most);
  const clock = fakeClock();
  const network = faults({
    seed,
    clock,
    drop: some(0.3),
    duplicate: some(0.3),
    reorder: some(1),
    cut: some(0.1),
    delayMs: [0, some(40)],
  });
  const common = { security: insecure(), network, clock, logger: silent };
  const tally = new Tally();
  const { started } = tally;
  const node = createNode({ name: "server", ...common });
  const { endpoints } = await serve(node, CallService, handlersOf(tally));
  const connection = connectTo(endpoints, { ...common, backoff: { jitter: 0, maxMs: 500 } });
  const client = createClient(connection, CallService);

  const kinds = {
    call: async (name: string, options: CallOptions) => {
      const data = Buffer.alloc(random.chance(0.05) ? 600_000 : random.below(20_000), name);
      const answer = await client.call({ text: name, number: BigInt(random.below(60)), data }, options);
      expect([answer.text, Buffer.compare(answer.data, data)]).toEqual([`answer to ${name}`, 0]);
    },
    count: async (name: string, options: CallOptions) => {
      const count = random.below(40);
      const data = Buffer.alloc(random.below(1_500), name);
      await inOrder(client.count({ number: BigInt(count), data }, options), count, data);
    },
    sum: async (name: string, options: CallOptions) => {
      const count = random.below(40);
      const requests = requestsOf(tally, count, Buffer.alloc(random.below(1_500), name));
      expect((await client.sum(requests, options)).number).toBe(BigInt((count * (count + 1)) / 2));
    },
    chat: async (name: string, options: CallOptions) => {
      const count = random.below(40);
      const data = Buffer.alloc(random.below(1_500), name);
      await inOrder(client.chat(requestsOf(tally, count, data), options), count, data);
    },
  };

  let ended = 0;
  /** Calls that were said never to reach a handler. */
  const unprocessed: string[] = [];
  const one = async (name: string) => {
    const caller = new AbortController();
    const kind = random.chance(0.5) ? "call" : random.pick(["count", "sum", "chat"] as const);
    const options = {
      timeoutMs: 50 + random.below(300),
      signal: caller.signal,
      waitForReady: random.chance(0.5),
      metadata: { "x-name": name },
    };
    const abort = random.chance(0.1) ? clock.after(random.below(100), () => caller.abort()) : undefined;
    try {
      await kinds[kind](name, options);
    } catch (error) {
      if (!(error instanceof HeliographError)) throw error;
      expect(POSSIBLE).toContain(error.code);
      expect(error.reason).not.toBe("");
      if (error.notProcessed) unprocessed.push(name);
    } finally {
      ended++;
      abort?.clear();
    }
  };
  const disturb = async () => {
    for (let i = random.below(3); i > 0; i--) {
      await new Promise<void>((resolve) => clock.after(random.below(150), resolve));
      const what = random.below(4);
      if (what === 0) network.cut();
      else if (what === 1) network.pause();
      else if (what === 2) network.refuse();
      else network.dropNext(random.below(3), random.chance(0.5) ? "requests" : "answers");
    }
  };

  const calls: Promise<void>[] = [disturb()];
  for (let i = 0; i < CALLS; i++) {
    calls.push(one(`${i}`));
    if (random.chance(0.5)) await run(clock, Promise.resolve());
  }
  await run(clock, Promise.all(calls));
  expect(ended).toBe(CALLS);

  network.heal();
  const patient = { timeoutMs: 8_000, waitForReady: true };
  for (const kind of ["call", "count", "sum", "chat"] as const) {
    const name = `healed ${kind}`;
    await run(clock, kinds[kind](name, { ...patient, metadata: { "x-name": name } }));
    expect(started.get(name)).toBe(1);
  }
  await run(clock, connection.close());
  await run(clock, node.close({ graceMs: 0 }));
  await new Promise((resolve) => setImmediate(resolve));
  expect(tally.running).toBe(0);
  expect(clock.timers).toBe(0);
  expect(unprocessed.filter((name) => started.has(name))).toEqual([]);
  for (const count of started.values()) expect(count).toBeLessThanOrEqual(2);
}

test(`under faults of ${RUNS} seeds each call ends once, rightly or with an error that is true, and nothing is left`, async () => {
  for (let seed = 1; seed <= RUNS; seed++) {
    try {
      await oneRun(seed);
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
  }
});
