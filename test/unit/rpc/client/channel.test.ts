import { expect, test } from "vitest";
import { DeadlineWheel } from "../../../../src/core/deadline-wheel.js";
import type { InstanceListener } from "../../../../src/naming/resolver.js";
import { bindUnary } from "../../../../src/rpc/bound-method.js";
import { Channel } from "../../../../src/rpc/client/channel.js";
import type { Link } from "../../../../src/rpc/client/link.js";
import { fakeClock } from "../../../../src/testing/index.js";
import { firstCredit, limitsFrom, mostCredit } from "../../../../src/wire/limits.js";
import { Note } from "../../../gen/heliograph/test/v1/call.js";
import { CallService } from "../../../gen/heliograph/test/v1/call_heliograph.js";
import { at } from "../../../support/hand-source.js";

const MEMBERS = 100;
const CALLS = 5_000;

/** A channel to instances none of which is connected, only connected to; how often anybody looks whether one is being connected to. */
function start(connects: (index: number) => boolean) {
  const clock = fakeClock();
  const limits = limitsFrom({});
  const deadlines = new DeadlineWheel(clock);
  let listener: InstanceListener | undefined;
  let looks = 0;
  let taken = 0;
  const take = (): Link => {
    const connecting = connects(taken++);
    const connection = {
      session: undefined,
      peer: undefined,
      get connecting() {
        looks++;
        return connecting;
      },
      withheld: () => undefined,
      connect() {},
      use() {},
      leave() {},
      channel() {},
    };
    // What a channel looks at, and no more.
    return { key: `${taken}`, connection, watch: { standing: "trusted" } } as unknown as Link;
  };
  const channel = new Channel({
    service: { name: CallService.$service, schema: "" },
    everywhere: false,
    source: {
      watch(_, follower) {
        listener = follower;
        return () => {};
      },
    },
    links: { take, update() {}, doubt() {}, release() {} },
    picker: { pick: ([one]) => one },
    pickerParts: { clock, random: () => 0, host: "" },
    clock,
    deadlines,
    connectTimeoutMs: 2_000,
    credit: { first: firstCredit(limits), most: mostCredit(limits) },
    messageBytes: limits.messageBytes,
  });
  return {
    channel,
    say: (count: number) =>
      listener?.update(
        Array.from({ length: count }, (_, i) =>
          at(`memory://${i}`, { node: "server", instance: `${i}`, epoch: 1 }),
        ),
      ),
    looksIn(work: () => void): number {
      const before = looks;
      work();
      return looks - before;
    },
    close() {
      channel.close();
      deadlines.close();
    },
  };
}

const method = bindUnary(CallService.call, "");

test.each([
  ["any instance", () => undefined, (index: number) => index === MEMBERS - 1],
  ["instances that they name", (i: number) => `${i % MEMBERS}`, () => true],
])("a change costs no more for each of many calls that wait for %s", async (_, instanceOf, connects) => {
  const { channel, say, looksIn, close } = start(connects);
  let ended = 0;
  const calls = Array.from({ length: CALLS }, (_, i) =>
    channel.unary(method, Note.create(), { instance: instanceOf(i) }).catch(() => ended++),
  );
  const looks = [looksIn(() => say(MEMBERS)), looksIn(() => channel.changed())];
  await new Promise(setImmediate);
  expect(ended).toBe(0);
  expect(looks).toEqual([MEMBERS, MEMBERS]);
  close();
  await Promise.all(calls);
  expect(ended).toBe(CALLS);
});
