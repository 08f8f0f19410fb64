import { describe, expect, test } from "vitest";
import { createPublisher, subscribe } from "../../../src/index.js";
import { TopicsService } from "../../gen/heliograph/test/v1/topics_heliograph.js";
import { home, numbers, own, rest, take, turn, upTo } from "./topic-harness.js";

const { byRoom } = TopicsService;

describe("a subscription that changes what it wants", () => {
  test("loses and doubles nothing of what it wanted before and wants still", async () => {
    const { node, connect } = await home();
    const out = own(createPublisher(node, byRoom, { overflow: "block" }));
    const all = own(subscribe(connect(), byRoom, { subject: ["a", "b"] }));
    await all.ready({ timeoutMs: 5_000 });
    const reading = rest(all);
    for (const number of upTo(300)) {
      await out.publish({ room: "a", number });
      if (number % 10 === 0) await all.change({ subject: number % 20 ? ["a", "c"] : ["a", "b"] });
      if (number % 7 === 0) await turn();
    }
    out.end();
    expect(numbers(await reading)).toEqual(upTo(300));
    expect(all.stats.missed).toBe(0);
  });

  test.each(upTo(4, 0))("is understood however early it does (%i turns)", async (turns) => {
    const { node, connect } = await home();
    const out = own(createPublisher(node, byRoom));
    const all = own(subscribe(connect(), byRoom, { subject: "a" }));
    for (let n = 0; n < turns; n++) await turn();
    await all.change({ subject: "b" });
    await all.ready({ timeoutMs: 5_000 });
    // What was said before it was accepted is heard by now.
    await out.flush({ timeoutMs: 5_000 });
    await turn();
    for (const number of upTo(10)) await out.publish({ room: number % 2 ? "a" : "b", number });
    out.end();
    expect(numbers(await rest(all))).toEqual([2, 4, 6, 8, 10]);
  });

  test("has missed nothing of what it did not want for a while", async () => {
    const { node, connect } = await home();
    const out = own(createPublisher(node, byRoom));
    const all = own(subscribe(connect(), byRoom, { subject: "a" }));
    await all.ready({ timeoutMs: 5_000 });
    await out.publish({ room: "a", number: 1 });
    await take(all, 1);
    await all.change({ subject: "b" });
    for (const number of upTo(5, 2)) await out.publish({ room: "a", number });
    await out.flush({ level: "sent" });
    await all.change({ subject: "a" });
    await out.publish({ room: "a", number: 6 });
    expect((await take(all, 1))[0]).toMatchObject({ sequence: 6, missed: 4, message: { number: 6 } });
    expect(all.stats.missed).toBe(0);
  });
});
