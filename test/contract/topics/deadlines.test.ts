import { afterAll, describe, expect, test } from "vitest";
import { RobotService } from "../../../examples/gen/example/v1/robot_heliograph.js";
import {
  createPublisher,
  type PublisherEvent,
  type SubscribeOptions,
  type SubscriptionEvent,
  subscribe,
  type Unhandled,
} from "../../../src/index.js";
import { type FakeClock, fakeClock } from "../../../src/testing/index.js";
import { home, own, turn } from "./topic-harness.js";

const { temperature } = RobotService;

const closing = new Set<NodeJS.Timeout>();

afterAll(() => {
  for (const running of closing) clearInterval(running);
});

/** What is told, as texts, from now on. */
function silences(events: AsyncIterable<PublisherEvent | SubscriptionEvent>): string[] {
  const told: string[] = [];
  void (async () => {
    for await (const event of events) {
      if (event.kind !== "deadline-missed") continue;
      told.push("publisher" in event ? `${event.subject} of ${event.publisher.node}` : event.subject);
    }
  })();
  return told;
}

/** Waits on a clock that stands still until a test moves it. It runs when the test is over, so that all can be closed. */
async function isReady(readings: { ready(): Promise<void> }, clock: FakeClock): Promise<void> {
  let ready = false;
  void readings.ready().then(() => {
    ready = true;
  });
  for (let n = 0; n < 100 && !ready; n++) await clock.advanceAsync(20);
  expect(ready).toBe(true);
  own({
    [Symbol.asyncDispose]: async () => {
      const running = setInterval(() => clock.advance(50), 1);
      closing.add(running);
    },
  });
}

/** A publisher and a subscription whose time stands still until a test moves it. */
async function both(options: SubscribeOptions = {}) {
  const clock = fakeClock();
  const { node, connect } = await home({ clock });
  const out = own(createPublisher(node, temperature, { deadlineMs: 100, history: 1 }));
  const readings = own(subscribe(connect({ clock }), temperature, { deadlineMs: 200, ...options }));
  const here = silences(out.events());
  const there = silences(readings.events());
  await isReady(readings, clock);
  const publish = async (...rooms: readonly string[]) => {
    for (const room of rooms) await out.publish({ room, celsius: 20 });
    await clock.advanceAsync(0);
  };
  return { clock, out, readings, here, there, publish };
}

describe("a subject that is silent for too long", () => {
  test("is told on both sides, each by its own deadline, once, and again after it was heard", async () => {
    const { clock, here, there, publish } = await both();
    await publish("kitchen", "hall");
    await clock.advanceAsync(60);
    await publish("hall");
    await clock.advanceAsync(50);
    expect([here, there]).toEqual([["kitchen"], []]);
    await clock.advanceAsync(100);
    expect([here, there]).toEqual([["kitchen", "hall"], ["kitchen of publisher"]]);
    await clock.advanceAsync(5_000);
    expect(here).toEqual(["kitchen", "hall"]);
    expect(there).toEqual(["kitchen of publisher", "hall of publisher"]);
    await publish("kitchen");
    await clock.advanceAsync(5_000);
    expect(here.slice(2)).toEqual(["kitchen"]);
    expect(there.slice(2)).toEqual(["kitchen of publisher"]);
  });

  test("is not told of while it is published in time", async () => {
    const { clock, here, there, publish } = await both();
    for (let n = 0; n < 30; n++) {
      await publish("kitchen");
      await clock.advanceAsync(90);
    }
    expect([here, there]).toEqual([[], []]);
  });

  test("is told of by a subscriber while its publisher can't be reached", async () => {
    const clock = fakeClock();
    const { node, connect, network, endpoint } = await home({ clock });
    const out = own(createPublisher(node, temperature, { deadlineMs: 100 }));
    const readings = own(subscribe(connect({ clock }), temperature, { deadlineMs: 200 }));
    const here = silences(out.events());
    const there = silences(readings.events());
    await isReady(readings, clock);
    await out.publish({ room: "kitchen" });
    await clock.advanceAsync(0);
    network.pause(endpoint);
    for (let n = 0; n < 5; n++) {
      await clock.advanceAsync(90);
      await out.publish({ room: "kitchen" });
    }
    expect([here, there]).toEqual([[], ["kitchen of publisher"]]);
    network.resume(endpoint);
    await clock.advanceAsync(0);
  });

  test("is one that the subscription means: nothing is told of others, from a change on", async () => {
    const { clock, readings, there, publish } = await both();
    await publish("kitchen", "hall");
    const changed = readings.change({ key: { room: "hall" } });
    await clock.advanceAsync(0);
    await changed;
    await clock.advanceAsync(1_000);
    expect(there).toEqual(["hall of publisher"]);
  });

  test("is not told of after the end, or the close of either side", async () => {
    const ended = await both();
    await ended.publish("kitchen");
    ended.out.end();
    await ended.clock.advanceAsync(1_000);
    expect([ended.here, ended.there]).toEqual([[], []]);
    const closed = await both();
    await closed.publish("kitchen");
    await closed.readings.close();
    await closed.clock.advanceAsync(1_000);
    expect([closed.here, closed.there]).toEqual([["kitchen"], []]);
  });
});

describe("publications that nobody wants", () => {
  test("are told of by subject, summed up over a turn, and no others", async () => {
    const { node, connect } = await home();
    const told: Unhandled[] = [];
    const out = own(createPublisher(node, temperature, { onUnhandled: (each) => void told.push(each) }));
    for (const room of ["a", "b", "a", "a"]) void out.publish({ room });
    await turn();
    expect(told.splice(0)).toEqual([
      { subject: "a", count: 3 },
      { subject: "b", count: 1 },
    ]);
    const readings = own(subscribe(connect(), temperature, { key: { room: "b" } }));
    await readings.ready({ timeoutMs: 5_000 });
    for (const room of ["a", "b", "b"]) void out.publish({ room });
    await turn();
    expect(told.splice(0)).toEqual([{ subject: "a", count: 1 }]);
    await readings.close();
    await expect.poll(() => out.stats.subscribers).toEqual([]);
    void out.publish({ room: "b" });
    await turn();
    expect(told).toEqual([{ subject: "b", count: 1 }]);
  });

  test("hurt nobody when whoever is told throws, which is logged", async () => {
    const logged: unknown[] = [];
    const error = (fields: unknown) => void logged.push(fields);
    const { node } = await home({ logger: { debug() {}, info() {}, warn() {}, error } });
    const failure = new Error("no");
    const out = own(
      createPublisher(node, temperature, {
        onUnhandled: () => {
          throw failure;
        },
      }),
    );
    await out.publish({ room: "a" });
    await turn();
    await out.publish({ room: "a" });
    await turn();
    expect(out.stats.published).toBe(2);
    expect(logged).toEqual(Array(2).fill({ error: failure, topic: temperature.path }));
  });

  test("can be told to a function only", async () => {
    const { node } = await home();
    const wrong = { onUnhandled: "log" } as unknown as { onUnhandled: () => void };
    expect(() => createPublisher(node, temperature, wrong)).toThrow(
      'onUnhandled must be a function such as ({ subject, count }) => …, got "log"',
    );
  });
});
