import { describe, expect, test } from "vitest";
import { ScatterRound } from "../../../../src/rpc/fan-out/scatter-round.js";

const INFINITY = Number.POSITIVE_INFINITY;
const noLimits = { maxAnswers: INFINITY, gapMs: INFINITY };

describe("a round of calls to all instances", () => {
  test("is over when each has answered or failed, whenever that is", () => {
    const round = new ScatterRound(3, noLimits);
    round.answered(10);
    round.failed();
    expect([round.over(1e9), round.gapEndsAt]).toEqual([false, INFINITY]);
    round.answered(1e9);
    expect(round.over(1e9)).toBe(true);
  });

  test("is over after the most answers; errors don't count", () => {
    const round = new ScatterRound(5, { ...noLimits, maxAnswers: 2 });
    round.answered(0);
    round.failed();
    round.failed();
    expect(round.over(0)).toBe(false);
    round.answered(0);
    expect(round.over(0)).toBe(true);
  });

  test("has no gap before the first answer, however many have failed", () => {
    const round = new ScatterRound(3, { ...noLimits, gapMs: 100 });
    round.failed();
    expect([round.gapEndsAt, round.over(1e9)]).toEqual([INFINITY, false]);
  });

  test("is over a gap after the last answer, which errors don't put off", () => {
    const round = new ScatterRound(4, { ...noLimits, gapMs: 100 });
    round.answered(50);
    expect([round.gapEndsAt, round.over(149), round.over(150)]).toEqual([150, false, true]);
    round.answered(140);
    round.failed();
    expect([round.gapEndsAt, round.over(239), round.over(240)]).toEqual([240, false, true]);
  });
});
