import { describe, expect, test } from "vitest";
import { LatencyBatch } from "../../../../src/rpc/server/latency-batch.js";
import { MethodStats } from "../../../../src/rpc/server/method-stats.js";
import { fakeClock } from "../../../../src/testing/index.js";

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe("calls that end in one turn", () => {
  test("are measured once it is over, each from the arrival of its packet", async () => {
    const clock = fakeClock();
    const batch = new LatencyBatch(clock);
    const [one, other] = [new MethodStats("a"), new MethodStats("b")];
    const first = { at: clock.now() };
    clock.advance(2);
    const second = { at: clock.now() };
    batch.add(one, first);
    batch.add(one, first);
    batch.add(other, first);
    batch.add(one, second);
    clock.advance(1);
    await turn();
    expect(one.counts().latency).toMatchObject({ sumUs: 2 * 2_000 + 1_000, maxUs: 2_000 });
    expect(other.counts().latency.sumUs).toBe(2_000);
    batch.add(one, second);
    await turn();
    expect(one.counts().latency.counts.reduce((sum, count) => sum + count)).toBe(4);
  });

  test("are measured at once when somebody asks", () => {
    const clock = fakeClock();
    const batch = new LatencyBatch(clock);
    const stats = new MethodStats("a");
    batch.add(stats, { at: clock.now() - 3 });
    batch.settle();
    expect(stats.counts().latency.sumUs).toBe(3_000);
  });
});
