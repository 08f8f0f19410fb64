import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type BeaconSaid,
  goodbyeDatagram,
  MAX_DATAGRAM,
  MAX_PARTS,
  type Presence,
  presenceDatagrams,
  queryDatagram,
  readDatagram,
} from "../../../../src/discovery/beacon/beacon-datagram.js";
import { BeaconParts } from "../../../../src/discovery/beacon/beacon-parts.js";
import { BeaconTable } from "../../../../src/discovery/beacon/beacon-table.js";
import { BeaconDatagram, BeaconMessage } from "../../../../src/gen/heliograph/discovery/v1/beacon.js";
import type { Announcement, Load } from "../../../../src/naming/instance.js";
import { announcementOf } from "../../../support/resolver-host.js";

const load: Load = { loopLagMs: 2.5, loopUtilization: 0.5, callsInFlight: 4, memoryBytes: 2 ** 40 };
const services = fc.uniqueArray(
  fc.record({ name: fc.string({ minLength: 1, maxLength: 60 }), schemaHash: fc.string({ maxLength: 16 }) }),
  { maxLength: 200, selector: ({ name }) => name },
);
const keys = fc.option(fc.string({ minLength: 1 }), { nil: undefined });

function presenceIn(said: BeaconSaid): Presence {
  if (said.kind !== "presence") throw new Error(`not a presence: ${JSON.stringify(said)}`);
  return said.presence;
}

function presencesOf(announcement: Announcement, key?: string): readonly Presence[] {
  return presenceDatagrams(announcement, 1_000, load, key).map((bytes) =>
    presenceIn(readDatagram(bytes, key)),
  );
}

/** Labels of so many bytes, and some. */
function filling(bytes: number): Record<string, string> {
  const labels = Array.from({ length: Math.floor(bytes / 200) }, (_, index) => [
    `l${index}`,
    "x".repeat(200),
  ]);
  return Object.fromEntries([...labels, ["rest", "x".repeat(bytes % 200)]]);
}

/** A datagram with anything in it. */
function datagram(message: BeaconMessage, envelope: Partial<BeaconDatagram> = {}): Buffer {
  const whole = {
    magic: 0x48474c42,
    version: 1,
    message: BeaconMessage.encode(message).finish(),
    mac: new Uint8Array(0),
    ...envelope,
  };
  return Buffer.from(BeaconDatagram.encode(whole).finish());
}

describe("what datagrams say", () => {
  test("is what was announced, whatever its size, in whatever order they come", () => {
    const order = fc.infiniteStream(fc.nat());
    const numbers = fc.record({
      epoch: fc.maxSafeNat().map((epoch) => epoch || 1),
      version: fc.maxSafeNat(),
      processId: fc.nat(),
    });
    fc.assert(
      fc.property(services, numbers, keys, order, (served, rest, key, random) => {
        const said = announcementOf("a", { services: served, ...rest });
        const datagrams = presenceDatagrams(said, 500, load, key);
        expect(Math.max(...datagrams.map(({ length }) => length))).toBeLessThanOrEqual(MAX_DATAGRAM);
        const table = new BeaconTable();
        const shuffled = datagrams
          .map((bytes) => ({ bytes, at: random.next().value ?? 0 }))
          .sort((a, b) => a.at - b.at);
        for (const { bytes } of shuffled) table.heard(presenceIn(readDatagram(bytes, key)), 0);
        expect(table.list("")).toEqual([{ ...said, state: "alive", load }]);
      }),
    );
  });

  test("is a question, or a goodbye", () => {
    expect(readDatagram(queryDatagram("k"), "k")).toEqual({ kind: "query" });
    expect(readDatagram(goodbyeDatagram(announcementOf("a", { epoch: 5 }), "k"), "k")).toEqual({
      kind: "goodbye",
      subject: { instance: "a", epoch: 5, version: 1 },
    });
  });

  test("is whole datagrams until the very last byte", () => {
    const lengths = Array.from({ length: 1_200 }, (_, index) =>
      presenceDatagrams(announcementOf("a", { labels: filling(index) }), 1_000, load, "key"),
    );
    const longest = Math.max(...lengths.flat().map(({ length }) => length));
    expect(longest).toBeLessThanOrEqual(MAX_DATAGRAM);
    expect(longest).toBeGreaterThan(MAX_DATAGRAM - 20);
  });

  test("is nothing that a registry would not take", () => {
    expect(() => presencesOf(announcementOf("a", { endpoints: ["nowhere"] }))).toThrow(
      expect.objectContaining({ reason: "REGISTRATION_REFUSED" }),
    );
  });

  test("is at most 32 of them", () => {
    const many = (count: number) =>
      announcementOf("a", {
        services: Array.from({ length: count }, (_, index) => ({
          name: `example.v1.${"x".repeat(100)}${index}Service`,
          schemaHash: "",
        })),
      });
    expect(presencesOf(many(200)).length).toBeLessThanOrEqual(MAX_PARTS);
    expect(() => presencesOf(many(400))).toThrow(/has \d+ bytes, and a beacon takes up to \d+/);
  });
});

describe("a datagram is refused", () => {
  const subject = { instance: "a", epoch: 1n, version: 1n };
  const presence = { ...subject, intervalMs: 1_000, announcement: new Uint8Array(0), part: 0, parts: 1 };
  const present = (rest: object) =>
    datagram({ said: { $case: "presence", value: { ...presence, ...rest } } });
  const goodbye = (rest: object) => datagram({ said: { $case: "goodbye", value: { ...subject, ...rest } } });
  const query: BeaconMessage = { said: { $case: "query", value: {} } };

  test.each([
    ["of another program", datagram(query, { magic: 7 }), /not of a beacon/],
    ["of a later version", datagram(query, { version: 2 }), /version 2 of the protocol/],
    ["that is signed", queryDatagram("some key"), /signed with another key/],
    ["that says nothing", datagram({ said: undefined }), /says nothing that is known/],
    ["that is too long", Buffer.alloc(MAX_DATAGRAM + 1), /1201 bytes/],
    ["without a name", goodbye({ instance: "" }), /no proper name/],
    ["with a long name", goodbye({ instance: "x".repeat(129) }), /no proper name/],
    ["with an epoch beyond reason", goodbye({ epoch: 2n ** 60n }), /not below 2\^53/],
    ["that is no part", present({ parts: 0 }), /part 0 of 0/],
    ["of too many parts", present({ parts: 33 }), /part 0 of 33/],
    ["of a part beyond the last", present({ part: 2, parts: 2 }), /part 2 of 2/],
    ["with no interval", present({ intervalMs: 0 }), /interval is 0 ms/],
    ["with an interval of days", present({ intervalMs: 86_400_000 }), /interval is 86400000 ms/],
    [
      "with a load beyond reason",
      present({ load: { loopLagMs: -1, loopUtilization: 0, callsInFlight: 0, memoryBytes: 0n } }),
      /loop_lag_ms/,
    ],
  ])("%s", (_what, bytes, why) => {
    expect(readDatagram(bytes, undefined)).toEqual({ kind: "refused", why: expect.stringMatching(why) });
  });

  test("that is not signed, or of which a bit was changed", () => {
    expect(readDatagram(queryDatagram(undefined), "key").kind).toBe("refused");
    const [signed = Buffer.alloc(0)] = presenceDatagrams(announcementOf("a"), 1_000, load, "key");
    const taken = Array.from({ length: signed.length * 8 }, (_, bit) => {
      const changed = Buffer.from(signed);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      return readDatagram(changed, "key").kind;
    });
    expect(new Set(taken)).toEqual(new Set(["refused"]));
  });

  test("whatever it holds, and nothing is thrown", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1_300 }), (bytes) => {
        expect(readDatagram(Buffer.from(bytes), undefined).kind).toBe("refused");
      }),
    );
  });

  test("or read, when it is damaged, and nothing is thrown", () => {
    const datagrams = [
      ...presenceDatagrams(announcementOf("a"), 1_000, load, undefined),
      goodbyeDatagram(announcementOf("a"), undefined),
    ];
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.constantFrom(...datagrams), damage, fc.nat(), (whole, changes, cut) => {
        const bytes = Buffer.from(whole.subarray(0, whole.length - (cut % 3)));
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        const said = readDatagram(bytes, undefined);
        if (said.kind === "presence") new BeaconTable().heard(said.presence, 0);
        expect(["presence", "query", "goodbye", "refused"]).toContain(said.kind);
      }),
    );
  });
});

describe("parts of announcements", () => {
  const large = (instance: string, version = 1) =>
    presencesOf(announcementOf(instance, { version, labels: filling(2_000) }));

  test("of several instances are told apart", () => {
    const parts = new BeaconParts();
    const [a1, ...a] = large("a");
    const [b1, ...b] = large("b");
    if (a1 === undefined || b1 === undefined) throw new Error("there are several parts");
    const whole = [a1, b1, ...a, ...b].map((presence) => parts.add(presence) !== undefined);
    expect(whole.filter(Boolean)).toHaveLength(2);
    expect(whole.at(-1)).toBe(true);
  });

  test("of two announcements of one instance are never mixed", () => {
    const parts = new BeaconParts();
    const old = large("a", 1);
    const young = large("a", 2);
    expect(old).toHaveLength(young.length);
    const [first, ...others] = young;
    if (first === undefined) throw new Error("there are several parts");
    expect([...old.slice(1), first, ...old].map((presence) => parts.add(presence))).toEqual(
      Array(old.length * 2).fill(undefined),
    );
    expect(others.map((presence) => parts.add(presence) !== undefined).at(-1)).toBe(true);
  });

  test("are kept of 256 instances at most", () => {
    const parts = new BeaconParts();
    const [first, ...others] = large("first");
    if (first === undefined) throw new Error("there are several parts");
    parts.add(first);
    for (let index = 0; index < 256; index++) {
      const [part] = large(`i${index}`);
      if (part !== undefined) parts.add(part);
    }
    expect(others.map((presence) => parts.add(presence)).at(-1)).toBeUndefined();
    expect(parts.add(first)).toBeDefined();
  });
});
