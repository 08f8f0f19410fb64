import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Liveness, type LivenessState } from "../../../src/core/liveness.js";

const INTERVAL = 1_000;

function states(liveness: Liveness, times: readonly number[]): LivenessState[] {
  return times.map((at) => liveness.state(at));
}

describe("a peer's liveness", () => {
  test("is alive until 2 intervals have passed in silence, suspect until 3 have, then dead", () => {
    const liveness = new Liveness(INTERVAL, 0);
    expect(states(liveness, [0, 1_999, 2_000, 2_999, 3_000, 1e9])).toEqual([
      "alive",
      "alive",
      "suspect",
      "suspect",
      "dead",
      "dead",
    ]);
  });

  test.each([500, 1_999, 2_500, 3_000, 600_000])("is alive again when it is heard after %d ms", (at) => {
    const liveness = new Liveness(INTERVAL, 0);
    liveness.heard(at);
    expect(states(liveness, [at, at + 1_999, at + 2_000])).toEqual(["alive", "alive", "suspect"]);
  });

  test("asks for probes after 1.5 intervals, until it is dead", () => {
    const liveness = new Liveness(INTERVAL, 0);
    expect([1_499, 1_500, 2_999, 3_000].map((at) => liveness.wantsProbe(at))).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });

  test("is stalled for as long as its link answers, and takes 3 intervals to die after that", () => {
    const liveness = new Liveness(INTERVAL, 0);
    for (let at = 1_500; at <= 60_000; at += 500) {
      liveness.linkAnswered(at);
      expect(liveness.state(at)).toBe("stalled");
    }
    expect(states(liveness, [61_999, 62_000, 62_999, 63_000])).toEqual([
      "stalled",
      "suspect",
      "suspect",
      "dead",
    ]);
  });

  test("is stalled, and no longer suspect, when a late probe is answered", () => {
    const liveness = new Liveness(INTERVAL, 0);
    expect(liveness.state(2_700)).toBe("suspect");
    liveness.linkAnswered(2_700);
    expect(liveness.state(2_700)).toBe("stalled");
  });

  test("is not stalled by an answered probe before it was silent for 1.5 intervals", () => {
    const liveness = new Liveness(INTERVAL, 0);
    liveness.linkAnswered(700);
    expect(states(liveness, [700, 1_499, 1_500])).toEqual(["alive", "alive", "stalled"]);
  });

  test("is alive, not stalled, when it is heard after a probe was answered", () => {
    const liveness = new Liveness(INTERVAL, 0);
    liveness.linkAnswered(1_600);
    liveness.heard(1_700);
    expect(states(liveness, [1_700, 3_199, 3_699, 3_700])).toEqual(["alive", "alive", "alive", "suspect"]);
  });

  test("stays dead when its link answers, for something else may listen there", () => {
    const liveness = new Liveness(INTERVAL, 0);
    liveness.linkAnswered(3_000);
    expect(states(liveness, [3_000, 4_000])).toEqual(["dead", "dead"]);
    liveness.heard(5_000);
    expect(liveness.state(5_000)).toBe("alive");
  });

  test("is suspect at once when its connection breaks, and dead 3 intervals after its last sign of life", () => {
    const liveness = new Liveness(INTERVAL, 0);
    liveness.heard(900);
    liveness.broke();
    expect(states(liveness, [900, 3_899, 3_900])).toEqual(["suspect", "suspect", "dead"]);
    expect(liveness.wantsProbe(2_500)).toBe(false);
  });

  test("stays suspect after a break although its link answers, until it is heard", () => {
    const liveness = new Liveness(INTERVAL, 0);
    liveness.broke();
    liveness.linkAnswered(2_000);
    expect(states(liveness, [2_000, 4_999, 5_000])).toEqual(["suspect", "suspect", "dead"]);
    const back = new Liveness(INTERVAL, 0);
    back.broke();
    back.heard(100);
    expect(back.state(100)).toBe("alive");
  });

  test("stays dead when its connection breaks late", () => {
    const liveness = new Liveness(INTERVAL, 0);
    liveness.broke();
    expect(liveness.state(3_000)).toBe("dead");
  });

  test("goes by its interval", () => {
    const liveness = new Liveness(200, 0);
    expect(states(liveness, [399, 400, 600])).toEqual(["alive", "suspect", "dead"]);
  });
});

describe("an observer that did not look", () => {
  test("counts that time for nobody", () => {
    const liveness = new Liveness(INTERVAL, 0);
    liveness.excuse(5_000, 6_200);
    expect(liveness.silentMs(6_200)).toBe(1_200);
    expect(states(liveness, [6_200, 6_999, 7_000, 8_000])).toEqual(["alive", "alive", "suspect", "dead"]);
  });

  test("leaves stalled what was stalled, suspect what was suspect, and dead what was dead", () => {
    const stalled = new Liveness(INTERVAL, 0);
    stalled.linkAnswered(1_800);
    stalled.excuse(10_000, 12_000);
    expect(states(stalled, [12_000, 13_800])).toEqual(["stalled", "suspect"]);
    const suspect = new Liveness(INTERVAL, 0);
    suspect.broke();
    suspect.excuse(10_000, 12_500);
    expect(states(suspect, [12_500, 13_000])).toEqual(["suspect", "dead"]);
    const dead = new Liveness(INTERVAL, 0);
    dead.excuse(10_000, 13_000);
    expect(dead.state(13_000)).toBe("dead");
  });

  test("gives no credit to one that was heard after the pause", () => {
    const liveness = new Liveness(INTERVAL, 0);
    liveness.heard(5_990);
    liveness.excuse(5_000, 6_000);
    expect(liveness.silentMs(6_000)).toBe(0);
    expect(liveness.state(8_000)).toBe("suspect");
  });
});

/** What can happen to a peer, after a pause. */
type Event = { readonly afterMs: number } & (
  | { readonly kind: "heard" | "answered" | "broke" | "nothing" }
  | { readonly kind: "late"; readonly byMs: number }
);

const pauses = fc.oneof(
  fc.double({ min: 0, max: 4_000, noNaN: true }),
  fc.constantFrom(0, 500, 1_000, 1_500, 2_000, 3_000),
);
const events: fc.Arbitrary<Event> = fc.oneof(
  fc.record({ afterMs: pauses, kind: fc.constantFrom("heard", "answered", "broke", "nothing") }),
  fc.record({ afterMs: pauses, kind: fc.constant("late"), byMs: pauses }),
);

/** The definition, told again: from the whole story, in time that does not pass while the observer does not look. */
function judged(story: readonly { kind: string; at: number }[], now: number): LivenessState {
  let heardAt = 0;
  let answeredAt = 0;
  let broken = false;
  const signAt = () => Math.max(heardAt, answeredAt);
  for (const { kind, at } of story) {
    if (kind === "heard") {
      heardAt = at;
      answeredAt = 0;
      broken = false;
    } else if (kind === "answered" && at - signAt() < 3 * INTERVAL) answeredAt = at;
    else if (kind === "broke") broken = true;
  }
  const linkSilent = now - signAt();
  if (linkSilent >= 3 * INTERVAL) return "dead";
  if (broken || linkSilent >= 2 * INTERVAL) return "suspect";
  return answeredAt > heardAt && now - heardAt >= 1.5 * INTERVAL ? "stalled" : "alive";
}

describe("liveness, whatever happens", () => {
  test("is what the definition says of the whole story", () => {
    // Whole milliseconds, so that sums are exact in whatever order they are made.
    fc.assert(
      fc.property(fc.array(events, { maxLength: 12 }), (happening) => {
        const liveness = new Liveness(INTERVAL, 0);
        const story: { kind: string; at: number }[] = [];
        let now = 0;
        let missed = 0;
        for (const event of happening) {
          now += Math.round(event.afterMs);
          if (event.kind === "heard") liveness.heard(now);
          else if (event.kind === "answered") liveness.linkAnswered(now);
          else if (event.kind === "broke") liveness.broke();
          else if (event.kind === "late") {
            const by = Math.round(event.byMs);
            now += by;
            missed += by;
            liveness.excuse(by, now);
          }
          story.push({ kind: event.kind, at: now - missed });
          expect(liveness.state(now)).toBe(judged(story, now - missed));
        }
      }),
      { numRuns: 1_000 },
    );
  });

  test("changes with time alone at no other moment than that of the next look", () => {
    fc.assert(
      fc.property(
        fc.array(events, { maxLength: 8 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (happening, share) => {
          const liveness = new Liveness(INTERVAL, 0);
          let now = 0.1;
          for (const event of happening) {
            now += event.afterMs;
            if (event.kind === "heard") liveness.heard(now);
            else if (event.kind === "answered") liveness.linkAnswered(now);
            else if (event.kind === "broke") liveness.broke();
          }
          for (let looks = 0; looks < 20; looks++) {
            const next = liveness.nextLookMs(now);
            expect(next).toBeGreaterThan(0);
            const before = liveness.state(now);
            if (next === Infinity) {
              expect(before).toBe("dead");
              return;
            }
            const between = now + next * share;
            // There may be no number in between.
            if (between < now + next) {
              expect(liveness.state(between)).toBe(before);
              if (!liveness.wantsProbe(now)) expect(liveness.wantsProbe(between)).toBe(false);
            }
            now += next;
          }
          expect(liveness.state(now)).toBe("dead");
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
