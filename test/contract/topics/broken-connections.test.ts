import { describe, expect, test } from "vitest";
import { createPublisher, subscribe } from "../../../src/index.js";
import { TopicsService } from "../../gen/heliograph/test/v1/topics_heliograph.js";
import { Random } from "../../support/random.js";
import { until } from "../../support/within.js";
import { home, numbers, own, rest, take, turn, upTo } from "./topic-harness.js";

const { byRoom } = TopicsService;

describe("a subscription whose connection breaks", () => {
  test.each([1, 2, 3, 4, 5, 6])(
    "loses nothing, doubles nothing and keeps the order, however often that happens (seed %i)",
    async (seed) => {
      const random = new Random(seed);
      const { node, connect, network } = await home();
      const out = own(createPublisher(node, byRoom, { overflow: "block", history: 5 }));
      for (const number of upTo(5)) await out.publish({ room: "a", number });
      const all = own(subscribe(connect(), byRoom, { history: 5, bufferSize: random.pick([1, 4, 1_024]) }));
      const reading = rest(all);
      await all.ready({ timeoutMs: 5_000 });
      for (const number of upTo(600, 6)) {
        await out.publish({ room: "a", number, data: new Uint8Array(random.chance(0.1) ? 5_000 : 5) });
        if (random.chance(0.05)) network.cut();
        if (random.chance(0.3)) await turn();
      }
      out.end();
      expect(numbers(await reading)).toEqual(upTo(600));
      expect(all.stats.missed).toBe(0);
      expect(network.stats.cut).toBeGreaterThan(3);
    },
  );

  test.each(["sent", "received", "taken"] as const)(
    "does not stop who flushes until it is %s",
    async (level) => {
      const { node, connect, network } = await home();
      const out = own(createPublisher(node, byRoom));
      const all = own(subscribe(connect(), byRoom));
      await all.ready({ timeoutMs: 5_000 });
      const reading = rest(all);
      for (const number of upTo(4)) {
        await out.publish({ room: "a", number });
        const flushed = out.flush({ level, timeoutMs: 5_000 });
        network.cut();
        await flushed;
      }
      out.end();
      expect(numbers(await reading)).toEqual(upTo(4));
    },
  );

  test("is told of the snapshot nevertheless", async () => {
    for (const turns of upTo(6)) {
      const { node, connect, network } = await home();
      const out = createPublisher(node, byRoom, { history: 1 });
      await out.publish({ room: "a", number: 1 });
      const all = own(subscribe(connect(), byRoom, { snapshot: true }));
      for (let n = 0; n < turns; n++) await turn();
      network.cut();
      await all.ready({ snapshot: true, timeoutMs: 5_000 });
      expect(numbers(await take(all, 1))).toEqual([1]);
      await all.close();
      await out.close();
    }
  });

  test("gets the end, and what came before it, though it was away when that was said", async () => {
    const { node, connect, network, endpoint } = await home();
    const out = own(createPublisher(node, byRoom));
    const all = own(subscribe(connect(), byRoom));
    await all.ready({ timeoutMs: 5_000 });
    network.refuse(endpoint);
    network.cut();
    await until(5_000, "it is away", () => out.stats.subscribers[0]?.away === true);
    for (const number of upTo(10)) await out.publish({ room: "a", number });
    out.end();
    network.accept(endpoint);
    expect(numbers(await rest(all))).toEqual(upTo(10));
    await until(5_000, "it has left", () => out.stats.subscribers.length === 0);
  });

  test("goes by what it was changed to meanwhile", async () => {
    const { node, connect, network, endpoint } = await home();
    const out = own(createPublisher(node, byRoom));
    const all = own(subscribe(connect(), byRoom, { key: { room: "a" } }));
    await all.ready({ timeoutMs: 5_000 });
    network.refuse(endpoint);
    network.cut();
    await until(5_000, "it is away", () => out.stats.subscribers[0]?.away === true);
    await all.change({ key: { room: "b" } });
    network.accept(endpoint);
    await out.ready({ timeoutMs: 5_000 });
    for (const number of upTo(10)) await out.publish({ room: number % 2 ? "a" : "b", number });
    out.end();
    expect(numbers(await rest(all))).toEqual([2, 4, 6, 8, 10]);
  });

  test("misses what was published after its publisher gave it up, and is told how much", async () => {
    const { node, connect, network, endpoint } = await home();
    const out = own(createPublisher(node, byRoom, { resumeMs: 1 }));
    const all = own(subscribe(connect(), byRoom));
    await out.ready({ timeoutMs: 5_000 });
    await out.publish({ room: "a", number: 1 });
    expect(numbers(await take(all, 1))).toEqual([1]);
    network.refuse(endpoint);
    network.cut();
    await until(5_000, "it is gone", () => out.stats.subscribers.length === 0);
    for (const number of upTo(5, 2)) await out.publish({ room: "a", number });
    network.accept(endpoint);
    await out.ready({ timeoutMs: 5_000 });
    await out.publish({ room: "a", number: 6 });
    const [last] = await take(all, 1);
    expect(last).toMatchObject({ message: { number: 6 }, sequence: 6, missed: 4 });
    expect(all.stats.missed).toBe(4);
  });
});
