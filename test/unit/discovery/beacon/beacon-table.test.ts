import { describe, expect, test } from "vitest";
import { announcementMessage } from "../../../../src/discovery/announcement-message.js";
import {
  type Presence,
  presenceDatagrams,
  readDatagram,
} from "../../../../src/discovery/beacon/beacon-datagram.js";
import { BeaconTable, MAX_INSTANCES } from "../../../../src/discovery/beacon/beacon-table.js";
import { Announcement as AnnouncementMessage } from "../../../../src/gen/heliograph/discovery/v1/registry.js";
import type { Announcement } from "../../../../src/naming/instance.js";
import { announcementOf } from "../../../support/resolver-host.js";

const GREETER = "example.v1.GreeterService";
const load = { loopLagMs: 0, loopUtilization: 0, callsInFlight: 0, memoryBytes: 0 };

function presences(announcement: Announcement, intervalMs = 1_000, callsInFlight = 0): readonly Presence[] {
  return presenceDatagrams(announcement, intervalMs, { ...load, callsInFlight }, undefined).map((bytes) => {
    const said = readDatagram(bytes, undefined);
    if (said.kind !== "presence") throw new Error("a presence is one");
    return said.presence;
  });
}

function hear(table: BeaconTable, now: number, announcement: Announcement, intervalMs = 1_000, calls = 0) {
  return presences(announcement, intervalMs, calls).map((presence) => table.heard(presence, now));
}

const states = (table: BeaconTable) => table.list("").map(({ instance, state }) => `${instance} ${state}`);

describe("what a beacon has heard", () => {
  test("is listed by service, as long as nothing changes as the same objects", () => {
    const table = new BeaconTable();
    hear(table, 0, announcementOf("a"));
    hear(table, 0, announcementOf("b", { services: [] }));
    expect(table.list(GREETER).map(({ instance }) => instance)).toEqual(["a"]);
    expect(table.list("")).toHaveLength(2);
    const [first] = table.list(GREETER);
    table.look(500);
    expect(table.list(GREETER)[0]).toBe(first);
  });

  test("changes with a newer announcement only", () => {
    const table = new BeaconTable();
    expect(hear(table, 0, announcementOf("a", { version: 2 }))).toEqual(["changed"]);
    expect(hear(table, 0, announcementOf("a", { version: 1, node: "old" }))).toEqual(["same"]);
    expect(hear(table, 0, announcementOf("a", { epoch: 1, version: 9, node: "older" }))).toEqual(["same"]);
    expect(table.list("")).toMatchObject([{ node: "greeter", version: 2 }]);
    expect(hear(table, 0, announcementOf("a", { version: 3, node: "new" }))).toEqual(["changed"]);
    expect(table.list("")).toMatchObject([{ node: "new", version: 3 }]);
  });

  test("has the load that was said last", () => {
    const table = new BeaconTable();
    hear(table, 0, announcementOf("a"), 1_000, 1);
    expect(hear(table, 0, announcementOf("a"), 1_000, 7)).toEqual(["load"]);
    expect(table.list("")).toMatchObject([{ load: { callsInFlight: 7 } }]);
  });

  test("keeps the old announcement until the new one is whole", () => {
    const table = new BeaconTable();
    hear(table, 0, announcementOf("a"));
    const [first, ...others] = presences(
      announcementOf("a", { version: 2, endpoints: Array(40).fill(`tcp://${"x".repeat(60)}:1`) }),
    );
    if (first === undefined) throw new Error("there are several parts");
    expect(table.heard(first, 1_900)).toBe("same");
    // A part of the new one is a sign of life, too.
    expect(table.look(2_500)).toBe(false);
    expect(table.list("")).toMatchObject([{ version: 1, state: "alive" }]);
    expect(others.map((presence) => table.heard(presence, 2_500)).at(-1)).toBe("changed");
    expect(table.list("")).toMatchObject([{ version: 2 }]);
  });

  test("is nothing of an announcement that is of somebody else", () => {
    const table = new BeaconTable();
    const [presence] = presences(announcementOf("a"));
    const [other] = presences(announcementOf("b"));
    if (presence === undefined || other === undefined) throw new Error("there is a part");
    expect(table.heard({ ...presence, bytes: other.bytes }, 0)).toEqual({
      refused: expect.stringMatching(/of another instance/),
    });
    expect(table.heard({ ...presence, bytes: Buffer.from("garbage") }, 0)).toHaveProperty("refused");
    const wild = AnnouncementMessage.encode(
      announcementMessage(announcementOf("a", { endpoints: ["tcp://0.0.0.0:*"] })),
    ).finish();
    expect(table.heard({ ...presence, bytes: wild }, 0)).toEqual({
      refused: expect.stringMatching(/not an address that others can reach/),
    });
    expect(table.list("")).toEqual([]);
  });

  test("is bounded", () => {
    const table = new BeaconTable();
    for (let index = 0; index < MAX_INSTANCES; index++) hear(table, 0, announcementOf(`i${index}`));
    expect(hear(table, 0, announcementOf("more"))).toEqual([
      { refused: `there are ${MAX_INSTANCES} instances already` },
    ]);
    expect(hear(table, 0, announcementOf("i7", { version: 2 }))).toEqual(["changed"]);
    expect(table.list("")).toHaveLength(MAX_INSTANCES);
  });
});

describe("who is silent", () => {
  test("goes from alive to forgotten, by its own interval", () => {
    const table = new BeaconTable();
    hear(table, 0, announcementOf("fast"), 100);
    hear(table, 0, announcementOf("slow"), 1_000);
    const looks = [199, 200, 299, 300, 599, 600, 1_999, 2_000, 3_000, 5_999, 6_000];
    expect(looks.map((now) => `${now} ${table.look(now)} ${states(table)}`)).toEqual([
      "199 false fast alive,slow alive",
      "200 true fast suspect,slow alive",
      "299 false fast suspect,slow alive",
      "300 true fast dead,slow alive",
      "599 false fast dead,slow alive",
      "600 true slow alive",
      "1999 false slow alive",
      "2000 true slow suspect",
      "3000 true slow dead",
      "5999 false slow dead",
      "6000 true ",
    ]);
  });

  test("is looked at exactly when something is due", () => {
    const table = new BeaconTable();
    expect(table.nextLookMs(0)).toBeUndefined();
    hear(table, 0, announcementOf("a"));
    const changes: number[] = [];
    for (let now = 0; ; ) {
      const next = table.nextLookMs(now);
      if (next === undefined) break;
      now += next;
      if (table.look(now)) changes.push(now);
    }
    expect(changes).toEqual([2_000, 3_000, 6_000]);
  });

  test("is alive when it is heard again", () => {
    const table = new BeaconTable();
    hear(table, 0, announcementOf("a"));
    table.look(3_500);
    expect(states(table)).toEqual(["a dead"]);
    expect(hear(table, 3_600, announcementOf("a"))).toEqual(["changed"]);
    expect(states(table)).toEqual(["a alive"]);
  });

  test("is excused for what nobody could have heard", () => {
    const table = new BeaconTable();
    hear(table, 0, announcementOf("a"));
    table.excuse(10_000, 11_000);
    expect(table.look(11_000)).toBe(false);
    expect(table.look(12_000)).toBe(true);
    expect(states(table)).toEqual(["a suspect"]);
  });
});

describe("who leaves", () => {
  const subject = announcementOf("a", { version: 3 });

  test("is gone at once, and what was on its way does not bring it back", () => {
    const table = new BeaconTable();
    hear(table, 0, subject);
    expect(table.left(subject, 10)).toBe(true);
    expect(table.left(subject, 10)).toBe(false);
    expect(hear(table, 20, subject)).toEqual(["same"]);
    expect(table.list("")).toEqual([]);
    expect(table.look(6_010)).toBe(false);
    expect(hear(table, 6_020, subject)).toEqual(["changed"]);
  });

  test("comes back with a new announcement", () => {
    const table = new BeaconTable();
    hear(table, 0, subject);
    table.left(subject, 10);
    expect(hear(table, 20, { ...subject, version: 4 })).toEqual(["changed"]);
    expect(states(table)).toEqual(["a alive"]);
  });

  test("leaves with its last announcement only: an old goodbye takes nobody away", () => {
    const table = new BeaconTable();
    hear(table, 0, subject);
    expect(table.left({ ...subject, version: 2 }, 10)).toBe(false);
    expect(table.left({ ...subject, epoch: 1, version: 9 }, 10)).toBe(false);
    expect(table.left({ ...subject, instance: "b" }, 10)).toBe(false);
    expect(states(table)).toEqual(["a alive"]);
  });
});
