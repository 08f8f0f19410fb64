import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DeadlineAlarm } from "../../../src/pubsub/deadline-alarm.js";
import { DeadlineWatch } from "../../../src/pubsub/deadline-watch.js";
import { fakeClock } from "../../../src/testing/index.js";

const texts = (silent: readonly { readonly source: number; readonly subject: string }[]) =>
  silent.map(({ source, subject }) => `${source} ${subject}`);

describe("a watch for silence", () => {
  test("tells of a subject once, when its time is over, and again after it was heard", () => {
    const watch = new DeadlineWatch<number>(100, 10);
    expect(watch.dueAt).toBe(Number.POSITIVE_INFINITY);
    watch.heard(1, "a", 0);
    expect(watch.dueAt).toBe(100);
    expect(watch.take(99.9)).toEqual([]);
    expect(texts(watch.take(100))).toEqual(["1 a"]);
    expect(watch.take(1_000)).toEqual([]);
    watch.heard(1, "a", 2_000);
    expect(texts(watch.take(2_100))).toEqual(["1 a"]);
  });

  test("tells the sources of one subject apart", () => {
    const watch = new DeadlineWatch<number>(100, 10);
    watch.heard(1, "a", 0);
    watch.heard(2, "a", 50);
    expect(texts(watch.take(100))).toEqual(["1 a"]);
    expect(texts(watch.take(150))).toEqual(["2 a"]);
  });

  test("lets go those that are silent the longest when there are too many", () => {
    const watch = new DeadlineWatch<number>(100, 3);
    for (const [at, subject] of ["a", "b", "c", "a", "d"].entries()) watch.heard(1, subject, at);
    expect(watch.size).toBe(3);
    expect(texts(watch.take(1_000))).toEqual(["1 c", "1 a", "1 d"]);
  });

  test("does what a list that is searched does", () => {
    const subject = fc.constantFrom("a", "b", "c", "d");
    const source = fc.integer({ min: 1, max: 3 });
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record({ kind: fc.constant("heard" as const), source, subject }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant("take" as const) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant("forget" as const), source }) },
      {
        weight: 1,
        arbitrary: fc.record({ kind: fc.constant("keep" as const), meant: fc.subarray(["a", "b", "c"]) }),
      },
    );
    const timed = fc.array(fc.tuple(step, fc.integer({ min: 0, max: 40 })), { maxLength: 60 });
    fc.assert(
      fc.property(timed, (steps) => {
        const watch = new DeadlineWatch<number>(100, 1_000);
        let model: { source: number; subject: string; at: number }[] = [];
        let now = 0;
        for (const [each, ms] of steps) {
          now += ms;
          if (each.kind === "heard") {
            model = model.filter((one) => one.source !== each.source || one.subject !== each.subject);
            model.push({ source: each.source, subject: each.subject, at: now });
            watch.heard(each.source, each.subject, now);
          } else if (each.kind === "take") {
            expect(texts(watch.take(now))).toEqual(texts(model.filter(({ at }) => at + 100 <= now)));
            model = model.filter(({ at }) => at + 100 > now);
          } else if (each.kind === "forget") {
            watch.forget(each.source);
            model = model.filter((one) => one.source !== each.source);
          } else {
            watch.keep((one) => each.meant.includes(one));
            model = model.filter((one) => each.meant.includes(one.subject));
          }
          expect(watch.size).toBe(model.length);
          expect(watch.dueAt).toBe((model[0]?.at ?? Number.POSITIVE_INFINITY) + 100);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe("an alarm for silence", () => {
  test("has one timer for thousands of subjects, and none when nothing is expected", () => {
    const clock = fakeClock();
    const told: string[] = [];
    const alarm = new DeadlineAlarm<number>(clock, 100, 10_000, (source, subject) =>
      told.push(`${source} ${subject}`),
    );
    expect(clock.timers).toBe(0);
    for (let n = 0; n < 5_000; n++) alarm.heard(n % 3, `s${n}`);
    expect(clock.timers).toBe(1);
    clock.advance(60);
    alarm.heard(1, "s1");
    clock.advance(40);
    expect(told).toHaveLength(4_999);
    expect(clock.timers).toBe(1);
    clock.advance(60);
    expect(told.at(-1)).toBe("1 s1");
    expect(told).toHaveLength(5_000);
    expect(clock.timers).toBe(0);
  });

  test("tells nothing of those that are heard in time, for as long as they are", () => {
    const clock = fakeClock();
    const told: string[] = [];
    const alarm = new DeadlineAlarm<number>(clock, 100, 10, (_, subject) => told.push(subject));
    for (let n = 0; n < 50; n++) {
      alarm.heard(1, "often");
      if (n === 20) alarm.heard(1, "once");
      clock.advance(99);
    }
    expect(told).toEqual(["once"]);
  });

  test("tells nothing of those that were forgotten, or after it was closed", () => {
    const clock = fakeClock();
    const told: string[] = [];
    const alarm = new DeadlineAlarm<number>(clock, 100, 10, (_, subject) => told.push(subject));
    alarm.heard(1, "forgotten");
    alarm.heard(2, "kept");
    alarm.heard(2, "not meant");
    alarm.forget(1);
    alarm.keep((subject) => subject !== "not meant");
    clock.advance(100);
    expect(told).toEqual(["kept"]);
    alarm.heard(2, "kept");
    alarm.close();
    expect(clock.timers).toBe(0);
    clock.advance(1_000);
    expect(told).toEqual(["kept"]);
  });
});
