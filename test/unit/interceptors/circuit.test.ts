import { describe, expect, test } from "vitest";
import {
  Circuit,
  type CircuitSettings,
  type CircuitState,
  type Outcome,
} from "../../../src/interceptors/circuit.js";

const settings: CircuitSettings = { failureRatio: 0.5, minCalls: 4, windowMs: 1_000, openMs: 500, probes: 2 };

function circuit(over: Partial<CircuitSettings> = {}) {
  const changes: CircuitState[] = [];
  const made = new Circuit({ ...settings, ...over }, (to) => changes.push(to));
  /** Makes a call that ends at once. False when it was refused. */
  const call = (outcome: Outcome, now: number): boolean => {
    const permit = made.admit(now);
    if (permit !== undefined) made.settle(permit, outcome, now);
    return permit !== undefined;
  };
  const calls = (outcomes: readonly Outcome[], now: number) => outcomes.map((each) => call(each, now));
  return { made, changes, call, calls };
}

describe("a closed circuit", () => {
  test("opens when the share of failures is reached, and enough calls were made", () => {
    const { made, call } = circuit();
    for (const outcome of ["success", "failure", "failure"] as const) call(outcome, 0);
    expect(made.state).toBe("closed");
    call("failure", 0);
    expect(made.state).toBe("open");
  });

  test("stays closed below that share, and does not open by a success", () => {
    const { made, calls } = circuit();
    calls(["success", "success", "success", "failure", "failure", "success", "success", "failure"], 0);
    expect(made.state).toBe("closed");
    const few = circuit({ minCalls: 3 });
    few.calls(["failure", "failure", "success"], 0);
    expect(few.made.state).toBe("closed");
  });

  test("forgets what is older than its window", () => {
    const { made, calls } = circuit();
    calls(["failure", "failure", "failure"], 0);
    calls(["failure"], 1_100);
    expect(made.state).toBe("closed");
    calls(["failure", "failure", "failure"], 1_900);
    expect(made.state).toBe("open");
  });

  test("does not count what tells nothing", () => {
    const { made, calls } = circuit();
    calls(["nothing", "nothing", "nothing", "failure", "failure", "failure"], 0);
    expect(made.state).toBe("closed");
  });
});

describe("an open circuit", () => {
  const open = () => {
    const made = circuit();
    made.calls(["failure", "failure", "failure", "failure"], 0);
    return made;
  };

  test("refuses calls for a time, and says for how long", () => {
    const { made, call } = open();
    expect([call("success", 0), call("success", 499), made.waitMs(100)]).toEqual([false, false, 400]);
  });

  test("then lets as many pass as it needs to close", () => {
    const { made } = open();
    const probes = [made.admit(500), made.admit(500), made.admit(500)];
    expect(probes.map((permit) => permit !== undefined)).toEqual([true, true, false]);
    expect(made.state).toBe("half-open");
    for (const probe of probes) if (probe !== undefined) made.settle(probe, "success", 510);
    expect([made.state, made.waitMs(510)]).toEqual(["closed", 0]);
  });

  test("opens anew at the first probe that fails", () => {
    const { made, call, changes } = open();
    const probe = made.admit(500);
    call("failure", 520);
    expect([made.state, made.waitMs(520)]).toEqual(["open", 500]);
    // The other probe belongs to the past.
    if (probe !== undefined) made.settle(probe, "success", 530);
    expect(changes).toEqual(["open", "half-open", "open"]);
  });

  test("tries another call in the place of a probe that told nothing", () => {
    const { made, calls } = open();
    calls(["nothing", "nothing", "nothing", "success", "success"], 500);
    expect(made.state).toBe("closed");
  });

  test("lets another call pass when its probes tell nothing for as long as it was open", () => {
    const { made } = open();
    made.admit(500);
    made.admit(600);
    expect([made.waitMs(700), made.admit(1_099)]).toEqual([400, undefined]);
    const another = made.admit(1_100);
    expect([another !== undefined, made.admit(1_100)]).toEqual([true, undefined]);
    if (another !== undefined) made.settle(another, "failure", 1_200);
    expect(made.state).toBe("open");
  });

  test("does not count calls that began before it opened, nor once it has closed again", () => {
    const { made, calls, changes } = circuit();
    const early = [made.admit(0), made.admit(0), made.admit(0), made.admit(0)];
    calls(["failure", "failure", "failure", "failure"], 0);
    calls(["success", "success"], 500);
    for (const permit of early) if (permit !== undefined) made.settle(permit, "failure", 510);
    expect([made.state, changes]).toEqual(["closed", ["open", "half-open", "closed"]]);
  });
});
