import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { GonePeers } from "../../../src/socket/gone-peers.js";

const id = Buffer.from("a");

describe("peers that can't be sent to any more", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setImmediate"] }));
  afterEach(() => void vi.useRealTimers());

  function peers() {
    const left: string[] = [];
    const gone = new GonePeers((routingId) => left.push(routingId.toString()));
    const turns = (count: number) => {
      for (let i = 0; i < count; i++) vi.runOnlyPendingTimers();
    };
    return { left, gone, turns };
  }

  test("are told of once, after some turns in which nothing of them was read", () => {
    const { left, gone, turns } = peers();
    gone.add(id);
    gone.add(id);
    turns(2);
    gone.heard(id);
    gone.heard(Buffer.from("b"));
    turns(4);
    expect(left).toEqual([]);
    turns(1);
    expect(left).toEqual(["a"]);
    turns(10);
    expect([left, vi.getTimerCount()]).toEqual([["a"], 0]);
  });

  test("are not told of again when they said so themselves", () => {
    const { left, gone, turns } = peers();
    gone.add(id);
    turns(1);
    gone.delete(id);
    turns(10);
    expect([left, vi.getTimerCount()]).toEqual([[], 0]);
  });
});
