import { randomBytes } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { beforeEach, describe, expect, test } from "vitest";
import type { Clock } from "../../src/core/clock.js";
import { Code } from "../../src/core/code.js";
import {
  goodbyeDatagram,
  MAX_DATAGRAM,
  presenceDatagrams,
  queryDatagram,
  readDatagram,
} from "../../src/discovery/beacon/beacon-datagram.js";
import { fakeClock } from "../../src/testing/fake-clock.js";
import { lanSocket, openBeacon, type TestLan, testLan } from "../support/beacon.js";
import { holdings } from "../support/leaks.js";
import { announcementOf, recordingHost, watching } from "../support/resolver-host.js";
import { until } from "../support/within.js";

const GREETER = "example.v1.GreeterService";
const BAKERY = "example.v1.BakeryService";
const SOON_MS = 20_000;
const noLoad = { loopLagMs: 0, loopUtilization: 0, callsInFlight: 0, memoryBytes: 0 };
const serving = (...names: readonly string[]) => ({
  services: names.map((name) => ({ name, schemaHash: "0011223344556677" })),
});
const manyServices = Array.from({ length: 300 }, (_, index) => `example.v1.Number${index}Service`);

let lan: TestLan;
beforeEach(async () => {
  lan = await testLan();
});

describe("a beacon", () => {
  test("makes a node known to who watches its services, with all that it says of itself", async () => {
    const load = { loopLagMs: 1.5, loopUtilization: 0.25, callsInFlight: 3, memoryBytes: 4_096 };
    const hosts = [recordingHost(undefined, () => load), recordingHost()] as const;
    await using node = openBeacon(hosts[0], lan);
    await using other = openBeacon(hosts[1], lan);
    const greeters = watching(other, GREETER);
    const all = watching(other, "");
    const bakers = watching(other, BAKERY);
    await node.announce(announcementOf("a"));
    await Promise.all([greeters.becomes("a"), all.becomes("a"), bakers.becomes()]);
    const info = { ...announcementOf("a"), state: "alive", load };
    expect(greeters.last()).toEqual([info]);
    expect(all.last()).toEqual([info]);
    expect(hosts.flatMap(({ told, warnings }) => [...told, ...warnings])).toEqual([]);
  });

  test("answers who comes later, without an interval in between", async () => {
    await using first = openBeacon(recordingHost(), { ...lan, intervalMs: 60_000 });
    await using second = openBeacon(recordingHost(), { ...lan, intervalMs: 60_000 });
    await first.announce(announcementOf("a"));
    await second.announce(announcementOf("b"));
    await using late = openBeacon(recordingHost(), { ...lan, intervalMs: 60_000 });
    const seen = watching(late, GREETER);
    await seen.becomes("a", "b");
    const again = watching(late, GREETER);
    await again.becomes("a", "b");
  });

  test("tells who watches that nobody is there, once who is there had time to answer", async () => {
    await using other = openBeacon(recordingHost(), lan);
    const seen = watching(other, GREETER);
    await seen.becomes();
    expect(seen.lists).toEqual([[]]);
  });

  test("tells what has changed of a node", async () => {
    await using node = openBeacon(recordingHost(), lan);
    await using other = openBeacon(recordingHost(), lan);
    const greeters = watching(other, GREETER);
    const bakers = watching(other, BAKERY);
    await node.announce(announcementOf("a", serving(GREETER, BAKERY)));
    await Promise.all([greeters.becomes("a"), bakers.becomes("a")]);
    await node.announce(announcementOf("a", { ...serving(BAKERY), version: 2, condition: "paused" }));
    await greeters.becomes();
    expect(bakers.last()).toMatchObject([{ version: 2, condition: "paused" }]);
  });

  test("splits what is too large for one datagram", async () => {
    await using listener = await lanSocket(lan);
    await using node = openBeacon(recordingHost(), { ...lan, intervalMs: 60_000 });
    await using other = openBeacon(recordingHost(), lan);
    const seen = watching(other, manyServices.at(-1) ?? "");
    await node.announce(announcementOf("a", serving(...manyServices)));
    await seen.becomes("a");
    expect(seen.last()[0]?.services).toHaveLength(300);
    await until(SOON_MS, "all datagrams", () => listener.heard.length > 10);
    expect(Math.max(...listener.heard.map(({ length }) => length))).toBeLessThanOrEqual(MAX_DATAGRAM);
  });

  test("refuses an announcement that is too large for it, and keeps the one before", async () => {
    const services = manyServices.map((name) => `${"x".repeat(150)}.${name}`);
    await using node = openBeacon(recordingHost(), lan);
    await using other = openBeacon(recordingHost(), lan);
    await node.announce(announcementOf("a"));
    await expect(node.announce(announcementOf("a", serving(...services)))).rejects.toMatchObject({
      code: Code.ResourceExhausted,
      reason: "MESSAGE_TOO_LARGE",
      message: expect.stringMatching(/has \d+ bytes, and a beacon takes up to \d+: it has too many services/),
    });
    const seen = watching(other, GREETER);
    await seen.becomes("a");
  });

  test("says goodbye when its node leaves", async () => {
    await using node = openBeacon(recordingHost(), { ...lan, intervalMs: 60_000 });
    await using other = openBeacon(recordingHost(), lan);
    const seen = watching(other, GREETER);
    await node.announce(announcementOf("a"));
    await seen.becomes("a");
    await node.withdraw();
    await seen.becomes();
    await node.announce(announcementOf("a", { version: 2 }));
    await seen.becomes("a");
  });

  test("hears only those with its key", async () => {
    const host = recordingHost();
    await using one = openBeacon(recordingHost(), { ...lan, key: "one" });
    await using two = openBeacon(recordingHost(), { ...lan, key: "two" });
    await using none = openBeacon(recordingHost(), lan);
    await one.announce(announcementOf("one"));
    await two.announce(announcementOf("two"));
    await none.announce(announcementOf("none"));
    await using other = openBeacon(host, { ...lan, key: "two" });
    await using without = openBeacon(recordingHost(), lan);
    await Promise.all([watching(other, "").becomes("two"), watching(without, "").becomes("none")]);
    await until(SOON_MS, "a warning", () => host.warnings.length === 1);
    expect(host.warnings[0]).toMatch(/not of this beacon.*signed with another key/);
    expect(host.warnings[0]).not.toMatch(/"(one|two)"/);
  });

  test("passes over garbage, with one warning, and goes on", async () => {
    const host = recordingHost();
    await using stranger = await lanSocket(lan);
    await using node = openBeacon(recordingHost(), lan);
    await using other = openBeacon(host, lan);
    const seen = watching(other, GREETER);
    await node.announce(announcementOf("a"));
    await seen.becomes("a");
    const [good = Buffer.alloc(0)] = presenceDatagrams(announcementOf("b"), 1_000, noLoad, undefined);
    const garbage = [
      Buffer.alloc(0),
      Buffer.from("hello"),
      randomBytes(MAX_DATAGRAM),
      randomBytes(9_000),
      good.subarray(0, -1),
      Buffer.concat([good, Buffer.from([0x08])]),
    ];
    for (const bytes of garbage) await stranger.send(bytes);
    for (let index = 0; index < 100; index++) await stranger.send(Buffer.from(`number ${index}`));
    await node.announce(announcementOf("a", { version: 2 }));
    await until(SOON_MS, "the change", () => seen.last()[0]?.version === 2);
    expect(host.warnings).toHaveLength(1);
    expect(host.debugs.filter((line) => line.includes("passed over"))).toHaveLength(2);
    expect(seen.last()).toHaveLength(1);
  });

  test("answers a thousand questions once", async () => {
    await using asking = await lanSocket(lan);
    await using node = openBeacon(recordingHost(), { ...lan, intervalMs: 60_000 });
    await node.announce(announcementOf("a"));
    for (let index = 0; index < 1_000; index++) await asking.send(queryDatagram(undefined));
    const answers = () =>
      asking.heard.filter((bytes) => readDatagram(bytes, undefined).kind === "presence").length;
    // The announcement itself, and one answer for each 100 ms that the questions took.
    await until(SOON_MS, "an answer", () => answers() >= 2);
    expect(answers()).toBeLessThan(12);
  });
});

describe("who is silent", () => {
  test("is suspect after two intervals, dead after three, forgotten after six", async () => {
    const clock = fakeClock();
    await using stranger = await lanSocket(lan);
    await using other = openBeacon(recordingHost(clock), lan);
    const seen = watching(other, GREETER);
    await stranger.asked();
    for (const bytes of presenceDatagrams(announcementOf("a"), 1_000, noLoad, undefined)) {
      await stranger.send(bytes);
    }
    await until(SOON_MS, "the node", () => {
      clock.advance(1);
      return seen.lists.length > 0;
    });
    const states: string[] = [];
    for (let half = 0; half < 14; half++) {
      states.push(seen.last()[0]?.state ?? "forgotten");
      await clock.advanceAsync(500);
    }
    // It was heard a few milliseconds before the first of these.
    expect(states.slice(0, 4)).toEqual(Array(4).fill("alive"));
    expect(states.slice(4, 6)).toEqual(Array(2).fill("suspect"));
    expect(states.slice(6, 12)).toEqual(Array(6).fill("dead"));
    expect(states.slice(12)).toEqual(Array(2).fill("forgotten"));
    expect(seen.failures).toEqual([]);
  });

  test("is alive again when it is heard, and gone at once when it leaves", async () => {
    const clock = fakeClock();
    await using stranger = await lanSocket(lan);
    await using other = openBeacon(recordingHost(clock), lan);
    const seen = watching(other, GREETER);
    const [present = Buffer.alloc(0)] = presenceDatagrams(announcementOf("a"), 1_000, noLoad, undefined);
    await stranger.asked();
    const becomes = (what: string, holds: () => boolean) =>
      until(SOON_MS, what, () => {
        clock.advance(1);
        return holds();
      });
    await stranger.send(present);
    await becomes("the node", () => seen.last()[0]?.state === "alive");
    clock.advance(2_500);
    expect(seen.last()[0]?.state).toBe("suspect");
    await stranger.send(present);
    await becomes("it to be alive", () => seen.last()[0]?.state === "alive");
    await stranger.send(goodbyeDatagram(announcementOf("a"), undefined));
    await becomes("it to be gone", () => seen.last().length === 0);
    // A datagram that was on its way when the node left does not bring it back.
    await stranger.send(present);
    await stranger.send(presenceDatagrams(announcementOf("b"), 1_000, noLoad, undefined)[0] ?? present);
    await becomes("another", () => seen.last().length > 0);
    expect(seen.last().map(({ instance }) => instance)).toEqual(["b"]);
  });

  test("is excused for a time in which nobody was listened to", async () => {
    const clock = fakeClock();
    let blockedMs = 0;
    const late: Clock = {
      now: () => clock.now() + blockedMs,
      wallUs: () => clock.wallUs(),
      after: (ms, fn) => clock.after(ms, fn),
    };
    await using stranger = await lanSocket(lan);
    await using other = openBeacon(recordingHost(late), lan);
    const seen = watching(other, GREETER);
    await stranger.asked();
    await stranger.send(
      presenceDatagrams(announcementOf("a"), 1_000, noLoad, undefined)[0] ?? Buffer.alloc(0),
    );
    await until(SOON_MS, "the node", () => {
      clock.advance(1);
      return seen.lists.length > 0;
    });
    // The loop is blocked: timers that were due long ago fire when it goes on.
    blockedMs = 60_000;
    clock.advance(1_800);
    expect(seen.last()[0]?.state).toBe("alive");
    clock.advance(1_000);
    expect(seen.last()[0]?.state).toBe("suspect");
  });
});

describe("a beacon without a network", () => {
  test("says so once", async () => {
    const host = recordingHost();
    await using lost = openBeacon(host, { ...lan, interfaces: ["192.0.2.77"] });
    const seen = watching(lost, GREETER);
    await expect(lost.announce(announcementOf("a"))).rejects.toMatchObject({
      code: Code.Unavailable,
      reason: "RESOLVER_FAILED",
      message: expect.stringMatching(/^UNAVAILABLE: beacon 239\..*there is no network interface/),
    });
    await until(SOON_MS, "the watch to fail", () => seen.failures.length === 1);
    expect({ lists: seen.lists, told: host.told }).toEqual({ lists: [], told: ["lost"] });
    const later = watching(lost, BAKERY);
    await until(SOON_MS, "the other watch to fail", () => later.failures.length === 1);
    await lost.withdraw();
  });

  test("comes back when it can, and asks who is there", async () => {
    const clock = fakeClock();
    const host = recordingHost(clock);
    const taken = createSocket("udp4").bind(lan.port, process.platform === "win32" ? "0.0.0.0" : lan.group);
    await once(taken, "listening");
    await using opened = openBeacon(host, lan);
    const seen = watching(opened, GREETER);
    await until(SOON_MS, "it to be lost", () => host.told.length === 1);
    expect(host.lostWith[0]?.message).toMatch(/no socket: bind EADDRINUSE/);
    taken.close();
    await once(taken, "close");

    await using node = openBeacon(recordingHost(), { ...lan, intervalMs: 60_000 });
    await node.announce(announcementOf("a"));
    clock.advance(5_000);
    await until(SOON_MS, "it to be back", () => host.told.length === 2);
    await until(SOON_MS, "the node", () => {
      clock.advance(1);
      return seen.last().length > 0;
    });
    expect(host.told).toEqual(["lost", "back"]);
  });

  test("that is closed leaves nothing behind", async () => {
    const noSocket = () => holdings().resources["UDPWrap"] === undefined;
    await until(SOON_MS, "the sockets of other tests to be closed", noSocket);
    const before = holdings();
    for (let round = 0; round < 3; round++) {
      const clock = fakeClock();
      const opened = openBeacon(recordingHost(clock), lan);
      const seen = watching(opened, GREETER);
      const announced = opened.announce(announcementOf("a"));
      if (round > 0) await announced;
      await opened.close();
      await announced.catch(() => undefined);
      expect(clock.timers).toBe(0);
      expect(seen.lists).toEqual([]);
    }
    await until(SOON_MS, "all sockets to be closed", noSocket);
    expect(holdings()).toEqual(before);
  });
});
