import { Buffer } from "node:buffer";
import { expect, test } from "vitest";
import { Lanes, type Runnable } from "../../../../src/rpc/kept/lanes.js";
import type { RequestFacts } from "../../../../src/rpc/server/server-call.js";
import type { ServerShared } from "../../../../src/rpc/server/server-shared.js";
import { ServerUnaryCall, type UnaryCallOwner } from "../../../../src/rpc/server/server-unary-call.js";
import { ServiceGroup } from "../../../../src/rpc/server/service-group.js";

/** Says how often it was asked to let somebody in. */
class CountedLanes extends Lanes {
  entered = 0;

  override enter(runnable: Runnable): void {
    this.entered++;
    super.enter(runnable);
  }
}

/** A call that waits for the one lane, which is taken, and then for its peer to read. */
function waitingCall() {
  const lanes = new CountedLanes(1);
  lanes.enter({ run: () => true, over: false });
  let postponed = 0;
  const owner = { postpone: () => ++postponed > 0 } as unknown as UnaryCallOwner;
  const group = new ServiceGroup();
  const facts = { route: { lanes, group }, deadline: Number.POSITIVE_INFINITY } as unknown as RequestFacts;
  const call = new ServerUnaryCall({} as ServerShared, owner, facts);
  return { lanes, call, postponed: () => postponed };
}

test("a call waits in line once, however often it is asked to go on", () => {
  const { lanes, call, postponed } = waitingCall();
  call.start(Buffer.alloc(1), 0, 1, 0);
  for (let n = 0; n < 1_000; n++) call.enter();
  expect(lanes.entered).toBe(2);
  lanes.leave();
  expect(postponed()).toBe(1);
  // Its turn has come to nothing: the next time it lines up again.
  call.enter();
  expect([lanes.entered, postponed()]).toEqual([3, 2]);
});
