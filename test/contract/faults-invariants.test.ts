import { expect, test } from "vitest";
import {
  Code,
  connectTo,
  createClient,
  createNode,
  HeliographError,
  insecure,
  serve,
} from "../../src/index.js";
import { type FakeClock, fakeClock, faults } from "../../src/testing/index.js";
import { Note } from "../gen/heliograph/test/v1/call.js";
import { CallService } from "../gen/heliograph/test/v1/call_heliograph.js";
import { Random } from "../support/random.js";
import { silent } from "./rpc-harness.js";

const RUNS = 300;
const CALLS = 20;
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
  /** How many handlers of a call have run, and how many of them still do. */
  const started = new Map<string, number>();
  let running = 0;
  const node = createNode({ name: "server", ...common });
  const { endpoints } = await serve(node, CallService, {
    call: async ({ text, number, data }, ctx) => {
      started.set(text, (started.get(text) ?? 0) + 1);
      running++;
      try {
        await ctx.sleep(Number(number));
        return Note.create({ text: `answer to ${text}`, data });
      } finally {
        running--;
      }
    },
  });
  const connection = connectTo(endpoints, { ...common, backoff: { jitter: 0, maxMs: 500 } });
  const client = createClient(connection, CallService);

  const ends: string[] = [];
  const one = async (name: string) => {
    const caller = new AbortController();
    const data = Buffer.alloc(random.chance(0.1) ? 600_000 : random.below(20_000), name);
    const call = client.call(
      { text: name, number: BigInt(random.below(60)), data },
      { timeoutMs: 50 + random.below(300), signal: caller.signal, waitForReady: random.chance(0.5) },
    );
    const abort = random.chance(0.1) ? clock.after(random.below(100), () => caller.abort()) : undefined;
    try {
      const answer = await call;
      ends.push(name);
      expect([answer.text, Buffer.compare(answer.data, data)]).toEqual([`answer to ${name}`, 0]);
    } catch (error) {
      if (!(error instanceof HeliographError)) throw error;
      ends.push(name);
      expect(POSSIBLE).toContain(error.code);
      expect(error.reason).not.toBe("");
      if (error.notProcessed) expect(started.get(name) ?? 0).toBe(0);
    } finally {
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
  expect(ends.length).toBe(CALLS);

  network.heal();
  const healed = await run(clock, client.call({ text: "healed" }, { timeoutMs: 8_000, waitForReady: true }));
  expect(healed.text).toBe("answer to healed");
  expect(started.get("healed")).toBe(1);
  await run(clock, connection.close());
  await run(clock, node.close({ graceMs: 0 }));
  await new Promise((resolve) => setImmediate(resolve));
  expect(running).toBe(0);
  expect(clock.timers).toBe(0);
  for (const count of started.values()) expect(count).toBeLessThanOrEqual(2);
}

test(`under faults of ${RUNS} seeds each call ends once, rightly or with an error that is true, and nothing is left`, {
  timeout: 60_000,
}, async () => {
  for (let seed = 1; seed <= RUNS; seed++) {
    try {
      await oneRun(seed);
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
  }
});
