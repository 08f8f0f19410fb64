import { describe, expect, test } from "vitest";
import { HeliographError } from "../../../../src/index.js";
import type { Condition } from "../../../../src/naming/instance.js";
import { HealthBoard, type HealthStatus, setHealth } from "../../../../src/node/verbs/health-board.js";
import { CallService, SecondService } from "../../../gen/heliograph/test/v1/call_heliograph.js";

const CALL = CallService.$service;
const SECOND = SecondService.$service;
const well = { status: "serving", reason: "" };

/** A serving side that a test changes. */
class Source {
  services: string[] = [];
  condition: Condition = "serving";
  private tell = () => {};

  onChange(listener: () => void): () => void {
    this.tell = listener;
    return () => {};
  }

  change(change: Partial<Pick<Source, "services" | "condition">>): void {
    Object.assign(this, change);
    this.tell();
  }
}

function board() {
  const source = new Source();
  const health = new HealthBoard(source);
  return { source, health, node: { health } };
}

describe("the health of a node", () => {
  test("is good until somebody says otherwise; a service that is not served has none", () => {
    const { source, health, node } = board();
    expect([health.get(""), health.get(CALL)]).toEqual([well, undefined]);
    source.change({ services: [CALL] });
    expect(health.get(CALL)).toEqual(well);
    setHealth(node, CallService, "not-serving", "the disk is full");
    expect(health.get(CALL)).toEqual({ status: "not-serving", reason: "the disk is full" });
    setHealth(node, CallService, "serving");
    expect(health.get(CALL)).toEqual(well);
  });

  test("is each service's own: one that is ill says nothing of the others, nor of the node as a whole", () => {
    const { source, health, node } = board();
    source.change({ services: [CALL, SECOND] });
    setHealth(node, CallService, "not-serving");
    expect([health.get(""), health.get(SECOND)]).toEqual([well, well]);
    setHealth(node, CallService, "serving");
    setHealth(node, "", "not-serving", "no network");
    expect([health.get("")?.reason, health.get(CALL)]).toEqual(["no network", well]);
  });

  test("is not serving while the node is paused or drains, whatever was said; after that it is as it was said", () => {
    const { source, health, node } = board();
    source.change({ services: [CALL] });
    setHealth(node, CallService, "not-serving", "the disk is full");
    for (const condition of ["paused", "draining"] as const) {
      source.change({ condition });
      expect([...health.all().values()]).toEqual(Array(2).fill({ status: "not-serving", reason: condition }));
    }
    source.change({ condition: "serving" });
    expect([...health.all()]).toEqual([
      ["", well],
      [CALL, { status: "not-serving", reason: "the disk is full" }],
    ]);
  });

  test("may be said of a service before it is served", () => {
    const { source, health, node } = board();
    setHealth(node, CallService, "not-serving", "warming up");
    expect(health.get(CALL)).toBeUndefined();
    source.change({ services: [CALL] });
    expect(health.get(CALL)?.reason).toBe("warming up");
  });

  test("tells of each change until nobody wants to hear", () => {
    const { source, health, node } = board();
    let told = 0;
    const forget = health.onChange(() => told++);
    source.change({ condition: "paused" });
    setHealth(node, "", "not-serving");
    expect(told).toBe(2);
    forget();
    source.change({ condition: "serving" });
    expect(told).toBe(2);
  });

  test.each([
    ["a connection in the place of a node", {}, CallService, "serving", undefined],
    ["a name in the place of a service", undefined, CALL, "serving", undefined],
    ["no service", undefined, undefined, "serving", undefined],
    ["another status", undefined, CallService, "SERVING", undefined],
    ["a reason that is no text", undefined, CallService, "not-serving", 5],
  ])("can't be set with %s: the error quotes it", (_what, node, service, status, reason) => {
    const call = () =>
      setHealth(
        (node ?? board().node) as never,
        service as never,
        status as HealthStatus,
        reason as string | undefined,
      );
    expect(call).toThrow(HeliographError);
    expect(call).toThrow(/INVALID_ARGUMENT.*got/);
  });
});
