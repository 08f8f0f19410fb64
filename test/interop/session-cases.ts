import assert from "node:assert/strict";
import { frameTap } from "../../src/index.js";
import { type FakeClock, fakeClock } from "../../src/testing/index.js";
import { FrameKind } from "../../src/wire/frame.js";
import type { InteropCase } from "./case.js";
import { checkZeros, collect, nextOf } from "./checks.js";
import { duplexRequests, named } from "./requests.js";
import { WireLog } from "./wire-log.js";

const CONCURRENT_CALLS = 10;
const CALLS = 100;
const PINGS = 10;
/** Each side looks every 7.5 s, unless told otherwise, and pings the other when that has said nothing since. */
const PING_MS = 15_000;

/** In the place of gRPC's negative HTTP/2 cases: what a server may do to a connection. */
export const sessionCases: readonly InteropCase[] = [
  {
    name: "goaway",
    async run({ start, connect }) {
      const first = await start({ id: "first" });
      const second = await start({ id: "second" });
      const log = new WireLog();
      const { test } = connect([first.endpoint, second.endpoint], { tap: log.tap });
      const server = async () => (await test.unaryCall({ fillServerId: true })).serverId;

      assert.equal(await server(), "first");
      const requests = duplexRequests();
      const answers = test.fullDuplexCall(requests);
      requests.push({ responseParameters: [{ size: 8 }] });
      checkZeros((await nextOf(answers)).payload, 8);

      const drained = first.close();
      await log.seen("in", FrameKind.Goaway, 1);
      assert.equal(await server(), "second");

      // What had begun before goes on where it was.
      requests.push({ responseParameters: [{ size: 9 }] });
      checkZeros((await nextOf(answers)).payload, 9);
      requests.end();
      assert.equal((await answers.next()).done, true);
      await drained;
      assert.equal(await server(), "second");
    },
  },
  {
    // Calls in the very turns in which a server drains: none was started there, so all are made elsewhere.
    name: "goaway_race",
    async run({ start, connect }) {
      const first = await start({ id: "first" });
      const second = await start({ id: "second" });
      const { test } = connect([first.endpoint, second.endpoint]);
      await test.emptyCall({});
      const calls = new CallsInTurns(async () => (await test.unaryCall({ fillServerId: true })).serverId);
      calls.makeNow(CALLS);
      const drained = first.close();
      calls.makeNow(CALLS);
      await calls.make(CALLS);
      await drained;
      await calls.make(CALLS);
      assert.deepEqual(new Set((await calls.answers()).slice(3 * CALLS)), new Set(["second"]));
    },
  },
  {
    // One endpoint, whose server is replaced while calls are made: patient calls all succeed.
    name: "goaway_restart",
    async run({ start, connect }) {
      const first = await start({ id: "first" });
      const { test } = connect([first.endpoint], { backoff: { initialMs: 10, maxMs: 50 } });
      await test.emptyCall({});
      const calls = new CallsInTurns(async () => {
        const request = { fillServerId: true };
        return (await test.unaryCall(request, { waitForReady: true })).serverId;
      });
      await calls.make(CALLS);
      calls.makeNow(CALLS);
      const drained = first.close();
      calls.makeNow(CALLS);
      await calls.make(CALLS);
      await drained;
      await start({ id: "second", endpoint: first.endpoint });
      const servers = await calls.answers();
      // Those that were made once it was drained.
      assert.deepEqual(new Set(servers.slice(2 * CALLS)), new Set(["second"]));
    },
  },
  {
    name: "max_streams",
    async run({ pair }) {
      const { test, reached } = await pair({ limits: { maxCalls: 1 } });
      const all = { ended: CONCURRENT_CALLS, mostRunning: 1 };
      const atOnce = <T>(call: () => Promise<T>) =>
        Promise.all(Array.from({ length: CONCURRENT_CALLS }, () => call()));

      const answers = await atOnce(() => test.unaryCall({ responseSize: 8 }, { metadata: named("unary") }));
      for (const { payload } of answers) checkZeros(payload, 8);
      const { ended, mostRunning } = await reached("unary", {});
      assert.deepEqual({ ended, mostRunning }, all);

      const responseParameters = [{ size: 8 }, { size: 9 }];
      const streams = await atOnce(() =>
        collect(test.streamingOutputCall({ responseParameters }, { metadata: named("stream") })),
      );
      for (const stream of streams) assert.equal(stream.length, 2);
      assert.equal((await reached("stream", {})).ended, CONCURRENT_CALLS);
    },
  },
  {
    name: "ping",
    async run({ pair }) {
      const clients = fakeClock();
      const servers = fakeClock();
      const pings = new Pings();
      const { test } = await pair({ clock: servers }, { clock: clients, tap: pings.tap });
      for (const [direction, clock] of [["out", clients] as const, ["in", servers] as const]) {
        for (let count = 1; count <= PINGS; count++) {
          // Both have heard each other now.
          await test.emptyCall({});
          await pings.exchanged(direction, clock, count);
        }
      }
      await test.emptyCall({});
    },
  },
];

/** Calls that are made all at once, or one in each turn of the loop, none waiting for another. */
class CallsInTurns {
  private readonly calls: Promise<string>[] = [];
  private readonly call: () => Promise<string>;

  constructor(call: () => Promise<string>) {
    this.call = call;
  }

  makeNow(count: number): void {
    for (let i = 0; i < count; i++) {
      const call = this.call();
      // It may fail long before anybody looks at the answers.
      call.catch(() => {});
      this.calls.push(call);
    }
  }

  async make(count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      this.makeNow(1);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  answers(): Promise<string[]> {
    return Promise.all(this.calls);
  }
}

/** Numbers the pings of either side, and sees whether each is answered by its own pong. */
class Pings {
  private readonly sent = { in: 0, out: 0 };
  private readonly answered = { in: 0, out: 0 };
  private wake = () => {};

  readonly tap = frameTap((frame, { direction }) => {
    if (frame.kind === FrameKind.Ping) return { ...frame, sequence: BigInt(++this.sent[direction]) };
    if (frame.kind === FrameKind.Pong) {
      const pinged = direction === "in" ? "out" : "in";
      if (frame.sequence === BigInt(this.answered[pinged] + 1)) this.answered[pinged]++;
      this.wake();
    }
    return frame;
  });

  /** Lets the clock of the side that pings run on until the next ping. */
  async exchanged(direction: "in" | "out", clock: FakeClock, count: number): Promise<void> {
    const ponged = new Promise<void>((resolve) => {
      this.wake = resolve;
    });
    clock.advance(PING_MS);
    await ponged;
    assert.equal(this.sent[direction], count);
    assert.equal(this.answered[direction], count);
  }
}
