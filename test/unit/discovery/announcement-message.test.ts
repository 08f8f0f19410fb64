import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Code } from "../../../src/core/code.js";
import {
  announcementMessage,
  instanceMessage,
  loadMessage,
  readAnnouncement,
  readInstance,
  readLoad,
} from "../../../src/discovery/announcement-message.js";
import {
  Announcement as AnnouncementMessage,
  Condition,
  Instance as InstanceMessage,
  Load as LoadMessage,
  State,
} from "../../../src/gen/heliograph/discovery/v1/registry.js";
import type { Announcement, InstanceInfo, Load } from "../../../src/naming/instance.js";

const text = fc.string({ unit: "grapheme", maxLength: 12 });
const integer = fc.maxSafeNat();
const loads: fc.Arbitrary<Load> = fc.record({
  loopLagMs: fc.double({ min: 0, max: 1e9, noNaN: true }).map((ms) => ms + 0),
  loopUtilization: fc.double({ min: 0, max: 1, noNaN: true }),
  callsInFlight: fc.nat(),
  memoryBytes: integer,
});
const announcements: fc.Arbitrary<Announcement> = fc.record({
  node: text,
  instance: text,
  epoch: integer,
  version: integer,
  endpoints: fc.array(text),
  services: fc.array(fc.record({ name: text, schemaHash: text })),
  labels: fc.dictionary(fc.oneof(text, fc.constant("__proto__")), text, { noNullPrototype: true }),
  host: text,
  condition: fc.constantFrom("serving", "paused", "draining"),
  kit: text,
  processId: fc.nat(),
});
const instances: fc.Arbitrary<InstanceInfo> = fc
  .tuple(announcements, fc.constantFrom("alive", "stalled", "suspect", "dead"), fc.option(loads))
  .map(([announcement, state, load]) => ({ ...announcement, state, load: load ?? undefined }));

const announcement: Announcement = {
  node: "greeter",
  instance: "a",
  epoch: 1,
  version: 2,
  endpoints: [],
  services: [],
  labels: {},
  host: "h",
  condition: "serving",
  kit: "typescript 0.1.0",
  processId: 7,
};

describe("what travels says the same when it is read", () => {
  test("of an instance", () => {
    fc.assert(
      fc.property(instances, (info) => {
        const bytes = InstanceMessage.encode(instanceMessage(info, 12)).finish();
        expect(readInstance(InstanceMessage.decode(bytes))).toEqual(info);
      }),
    );
  });

  test("of an announcement", () => {
    fc.assert(
      fc.property(announcements, (said) => {
        const bytes = AnnouncementMessage.encode(announcementMessage(said)).finish();
        expect(readAnnouncement(AnnouncementMessage.decode(bytes))).toEqual(said);
      }),
    );
  });

  test("of a load", () => {
    fc.assert(
      fc.property(loads, (load) => {
        expect(readLoad(LoadMessage.decode(LoadMessage.encode(loadMessage(load)).finish()))).toEqual(load);
      }),
    );
  });

  test("of how long ago an instance was heard, within what the field holds", () => {
    const info: InstanceInfo = { ...announcement, state: "alive", load: undefined };
    expect([0, -3, 1.6, 1e12].map((ms) => instanceMessage(info, ms).heardMsAgo)).toEqual([
      0, 0, 2, 0xffffffff,
    ]);
  });
});

describe("what is not known is an error, never a default", () => {
  const refused = (code: Code, text: RegExp) =>
    expect.objectContaining({ code, reason: "MALFORMED_MESSAGE", message: expect.stringMatching(text) });
  const thrown = (fn: () => unknown): unknown => {
    try {
      return fn();
    } catch (error) {
      return error;
    }
  };

  test.each([Condition.CONDITION_UNSPECIFIED, Condition.UNRECOGNIZED, 4])("condition %s", (condition) => {
    const message = { ...announcementMessage(announcement), condition: condition as Condition };
    expect(thrown(() => readAnnouncement(message))).toEqual(
      refused(Code.InvalidArgument, /Announcement\.condition .*-?\d/),
    );
  });

  test.each([State.STATE_UNSPECIFIED, State.UNRECOGNIZED, 5])("state %s", (state) => {
    const message = {
      ...instanceMessage({ ...announcement, state: "alive", load: undefined }, 0),
      state: state as State,
    };
    expect(thrown(() => readInstance(message))).toEqual(refused(Code.Internal, /Instance\.state/));
  });

  test("an instance without its announcement", () => {
    expect(thrown(() => readInstance(InstanceMessage.create({ state: State.STATE_ALIVE })))).toEqual(
      refused(Code.Internal, /announcement is missing/),
    );
  });

  test.each(["epoch", "version"] as const)("%s of 2^53 and more", (field) => {
    const message = { ...announcementMessage(announcement), [field]: 2n ** 53n };
    expect(thrown(() => readAnnouncement(message))).toEqual(
      refused(Code.InvalidArgument, new RegExp(`Announcement\\.${field} must be below 2\\^53`)),
    );
  });

  test.each([
    { loopLagMs: -1 },
    { loopLagMs: Number.NaN },
    { loopLagMs: Infinity },
    { loopUtilization: 1.01 },
    { loopUtilization: -0.1 },
    { loopUtilization: Number.NaN },
    { memoryBytes: 2n ** 60n },
  ])("a load of $loopLagMs ms, $loopUtilization and $memoryBytes bytes", (part) => {
    expect(thrown(() => readLoad(LoadMessage.create(part)))).toEqual(
      refused(Code.InvalidArgument, /^INVALID_ARGUMENT: Load\./),
    );
  });
});
