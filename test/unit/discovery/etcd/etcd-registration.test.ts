import { expect, test } from "vitest";
import type { Json } from "../../../../src/discovery/etcd/etcd-json.js";
import { EtcdReach } from "../../../../src/discovery/etcd/etcd-reach.js";
import { EtcdRegistration } from "../../../../src/discovery/etcd/etcd-registration.js";
import { fakeClock } from "../../../../src/testing/fake-clock.js";
import { announcementOf, recordingHost } from "../../../support/resolver-host.js";

/** What becomes of an announcement to an etcd that answers like this, and how often that is asked in ten seconds. */
async function announced(answer: Json): Promise<{ outcome: unknown; asked: number }> {
  const clock = fakeClock();
  let asked = 0;
  const client = {
    async ask() {
      if (++asked > 10_000) throw new Error("it is asked without end");
      return answer;
    },
  };
  const reach = new EtcdReach(recordingHost(clock), "etcd");
  const registration = new EtcdRegistration({ clock, client, reach, prefix: "p/", leaseTtlMs: 10_000 });
  const outcome = registration.announce(announcementOf("a")).catch((error: unknown) => error);
  await clock.advanceAsync(10_000);
  await registration.end();
  expect(clock.timers).toBe(0);
  return { outcome: await outcome, asked };
}

test.each(["1e-9", "-5", "nonsense", "", undefined])(
  "an etcd that grants %j seconds is asked no more often than is good for it",
  async (TTL) => {
    const { outcome, asked } = await announced({ ID: "7", TTL });
    expect(outcome).toBeUndefined();
    expect(asked).toBeLessThan(400);
  },
);

test("an etcd that grants a lease without a name has failed", async () => {
  const { outcome, asked } = await announced({ TTL: "10" });
  expect(outcome).toMatchObject({
    reason: "RESOLVER_FAILED",
    message: expect.stringContaining("without an ID"),
  });
  expect(asked).toBeLessThan(50);
});
