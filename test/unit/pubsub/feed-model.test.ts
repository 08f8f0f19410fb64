import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RobotService } from "../../../examples/gen/example/v1/robot_heliograph.js";
import { matcherOf } from "../../../src/naming/subject-pattern.js";
import type { Overflow } from "../../../src/pubsub/overflow.js";
import { Feed } from "../../../src/pubsub/publisher/feed.js";
import { TopicLog } from "../../../src/pubsub/publisher/topic-log.js";
import { ReceivedRun, readRuns, Subject } from "../../../src/pubsub/subscriber/received-run.js";
import { fakeClock } from "../../../src/testing/index.js";

/** What may happen between a publisher and one slow subscriber. */
type Step =
  | { readonly kind: "publish"; readonly room: number; readonly count: number; readonly ttlMs: number }
  | { readonly kind: "flush" }
  | { readonly kind: "take"; readonly bytes: number }
  | { readonly kind: "wait"; readonly ms: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("publish" as const),
      room: fc.integer({ min: 0, max: 3 }),
      count: fc.integer({ min: 1, max: 6 }),
      ttlMs: fc.constantFrom(0, 0, 0, 5),
    }),
  },
  { weight: 3, arbitrary: fc.constant({ kind: "flush" as const }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("take" as const), bytes: fc.integer({ min: 1, max: 200 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 12 }) }),
  },
);

interface Shape {
  readonly overflow: Overflow;
  readonly messages: number;
  readonly history: number;
  readonly intervalMs: number;
  readonly pattern: string;
}

/** Runs the steps, and checks all that arrives: in order, nothing twice, everything that is missing told. */
function check(steps: readonly Step[], shape: Shape): void {
  const { overflow, messages, history, intervalMs, pattern } = shape;
  const clock = fakeClock();
  const log = new TopicLog(RobotService.temperature, clock, { depth: history, subjects: 100 });
  const matcher = matcherOf([pattern]);
  const feed = new Feed(
    { overflow, messages, bytes: 1_000_000 },
    { matcher, intervalMs, history: 0, lifespanMs: 0 },
  );
  const last = new Map<string, number>();
  const published = new Map<string, number>();
  const arrived = new Map<string, number>();
  let told = 0;
  const latest = new Subject();
  const flush = () => {
    const now = clock.now();
    for (const { run, state } of log.flush()) if (feed.matches(run.subject)) feed.offer(run, state, now);
    if (feed.isOver) feed.enforce();
    if (overflow === "drop-oldest" || overflow === "drop-newest")
      expect(feed.pending).toBeLessThanOrEqual(messages + (intervalMs > 0 ? 4 : 0));
  };
  const take = (bytes: number) => {
    feed.release(clock.now());
    const parts = feed.take(bytes, clock.now());
    if (parts === undefined) return;
    const whole = Buffer.concat(parts);
    readRuns(whole, (start, end) => {
      const run = new ReceivedRun(whole, start, end, latest);
      expect(matcher(run.subject)).toBe(true);
      // Whatever lies between the last and this one was told to be lost.
      expect([run.subject, run.sequence - run.dropped]).toEqual([
        run.subject,
        (last.get(run.subject) ?? 0) + 1,
      ]);
      told += run.dropped;
      last.set(run.subject, run.sequence + run.count - 1);
      arrived.set(run.subject, (arrived.get(run.subject) ?? 0) + run.count);
    });
  };
  for (const each of steps) {
    if (each.kind === "publish") {
      const room = `room-${each.room}`;
      for (let n = 0; n < each.count; n++) log.add({ room, celsius: n }, each.ttlMs, undefined);
      if (matcher(room)) published.set(room, (published.get(room) ?? 0) + each.count);
    } else if (each.kind === "flush") flush();
    else if (each.kind === "take") take(each.bytes);
    else clock.advance(each.ms);
  }
  flush();
  clock.advance(1_000);
  for (let n = 0; n < 10_000 && (feed.hasMore || feed.pending > 0); n++) take(100);
  expect(feed.pending).toBe(0);
  expect(Object.fromEntries(last)).toEqual(Object.fromEntries(published));
  const count = (map: Map<string, number>) => [...map.values()].reduce((sum, each) => sum + each, 0);
  expect(count(arrived) + told).toBe(count(published));
  expect(feed.sent).toBe(count(arrived));
}

describe("what a slow subscriber gets", () => {
  const policies: readonly Overflow[] = ["block", "drop-oldest", "drop-newest", "conflate"];

  test.each(policies)("with %s: in order, each once, and everything else counted", (overflow) => {
    const shape = fc.record({
      overflow: fc.constant(overflow),
      messages: fc.integer({ min: 1, max: 8 }),
      history: fc.constantFrom(0, 0, 1, 3, 20),
      intervalMs: fc.constantFrom(0, 0, 4),
      pattern: fc.constantFrom("**", "room-1", "*"),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), shape, (steps, each) => check(steps, each)),
      { numRuns: 400 },
    );
  });
});
