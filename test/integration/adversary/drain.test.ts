import { afterEach, describe, expect, test } from "vitest";
import {
  type ClientConnection,
  Code,
  connectTo,
  createClient,
  createNode,
  HeliographError,
  insecure,
  type Node,
  serve,
} from "../../../src/index.js";
import { silent } from "../../contract/rpc-harness.js";
import { Note } from "../../gen/heliograph/test/v1/call.js";
import { CallService } from "../../gen/heliograph/test/v1/call_heliograph.js";
import { Lateness } from "../../support/lateness.js";
import { Random } from "../../support/random.js";

const CLIENTS = 4;
const CALLERS = 16;
const GRACE_MS = 20_000;
const MESSAGES = 40;

/** What one caller saw of its calls. */
interface Tally {
  answered: number;
  refused: number;
  /** Streams that came whole. */
  streams: number;
  readonly lost: unknown[];
}

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each[Symbol.asyncDispose]();
});

/** A server whose handlers take up to 20 ms, and what they did. */
async function busyServer(
  random: Random,
): Promise<{ node: Node; endpoint: string; done: { calls: number } }> {
  const node = createNode({ name: "busy", security: insecure(), logger: silent });
  open.push(node);
  const done = { calls: 0 };
  const served = await serve(node, CallService, {
    async call(note, ctx) {
      await ctx.sleep(random.below(20));
      done.calls++;
      return note;
    },
    async *count(_note, ctx) {
      for (let number = 0n; number < MESSAGES; number++) {
        await ctx.sleep(random.below(5));
        yield Note.create({ number });
      }
    },
    async *chat(notes) {
      yield* notes;
      await new Promise(() => {});
    },
  });
  return { node, endpoint: served.endpoints[0]!, done };
}

function connect(endpoint: string): ClientConnection {
  const connection = connectTo([endpoint], { security: insecure(), logger: silent, connectTimeoutMs: 500 });
  open.push(connection);
  return connection;
}

/** Calls on and on until a call says that the server takes no more. */
async function callOn(connection: ClientConnection, streams: boolean): Promise<Tally> {
  const client = createClient(connection, CallService);
  const tally: Tally = { answered: 0, refused: 0, streams: 0, lost: [] };
  while (tally.refused === 0 && tally.lost.length === 0) {
    let received = 0;
    try {
      if (!streams) {
        await client.call({});
        tally.answered++;
        continue;
      }
      for await (const { number } of client.count({})) {
        if (number !== BigInt(received++)) throw new Error(`${number} came in place of ${received - 1}`);
      }
      if (received !== MESSAGES) throw new Error(`a stream ended after ${received} messages`);
      tally.streams++;
    } catch (error) {
      if (error instanceof HeliographError && error.notProcessed && received === 0) tally.refused++;
      else tally.lost.push(error);
    }
  }
  return tally;
}

describe("a drain under load", () => {
  test.each([1, 2, 3])(
    "loses no call that was admitted, and ends within its grace (seed %i)",
    async (seed) => {
      const random = new Random(seed);
      const { node, endpoint, done } = await busyServer(random);
      const callers = Array.from({ length: CLIENTS }, () => connect(endpoint)).flatMap((connection) =>
        Array.from({ length: CALLERS }, (_, number) => callOn(connection, number % 4 === 0)),
      );
      // Some streams have come whole, and all callers are in the middle of something.
      const probe = createClient(connect(endpoint), CallService);
      const probes = 20 + random.below(20);
      for (let made = 0; made < probes; made++) await probe.call({});
      const began = performance.now();
      await node.close({ graceMs: GRACE_MS });
      expect(performance.now() - began).toBeLessThan(GRACE_MS);
      const tallies = await Promise.all(callers);
      expect(tallies.flatMap(({ lost }) => lost)).toEqual([]);
      expect(tallies.every(({ refused }) => refused === 1)).toBe(true);
      const answered = tallies.reduce((sum, tally) => sum + tally.answered, 0);
      // Each handler that ran to its end was heard by its caller.
      expect(done.calls).toBe(answered + probes);
      expect(tallies.some(({ streams }) => streams > 0)).toBe(true);
    },
  );

  test("ends what would go on for ever when the grace is over, and says so", async () => {
    const { node, endpoint } = await busyServer(new Random(4));
    const client = createClient(connect(endpoint), CallService);
    const endless = Array.from({ length: 50 }, async () => {
      const stream = client.chat([{ text: "a" }]);
      expect((await stream.next()).value?.text).toBe("a");
      return stream;
    });
    const streams = await Promise.all(endless);
    using late = new Lateness();
    const began = performance.now();
    const ends = streams.map((stream) => stream.next().catch((error: unknown) => error));
    await node.close({ graceMs: 300 });
    expect(performance.now() - began).toBeLessThan(1_500 + late.ms);
    for (const end of await Promise.all(ends))
      expect(end).toMatchObject({ code: Code.Unavailable, reason: "DRAINING", notProcessed: false });
  });
});
