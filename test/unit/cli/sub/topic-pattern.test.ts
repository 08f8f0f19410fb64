import { describe, expect, test } from "vitest";
import { UsageError } from "../../../../src/cli/failure.js";
import { RateCount } from "../../../../src/cli/sub/rate-count.js";
import { keyPattern } from "../../../../src/cli/sub/topic-pattern.js";
import { LogService } from "../../../../src/gen/heliograph/pubsub/v1/event_heliograph.js";
import type { KeyLevel, Topic } from "../../../../src/index.js";

const key: readonly KeyLevel[] = [
  { kind: "literal", text: "building" },
  { kind: "field", field: "floorNumber", type: "integer" },
  { kind: "field", field: "room", type: "string" },
  { kind: "field", field: "isHot", type: "bool" },
];
const topic: Topic<unknown> = { ...(LogService.records as Topic<unknown>), key };

describe("keyPattern", () => {
  test("lets fields that are left out be any", () => {
    expect(keyPattern(topic, [])).toBeUndefined();
    expect(keyPattern(topic, ["room=a/b*"])).toBe("building/*/a%2Fb%2A/*");
    expect(keyPattern(topic, ["floor_number=-07", "isHot=true", "room="])).toBe("building/-7/%/true");
  });

  test.each(["room", "=x", "floor=1", "floorNumber=1.5", "isHot=yes"])("refuses %s", (text) => {
    expect(() => keyPattern(topic, [text])).toThrow(UsageError);
    expect(() => keyPattern(topic, [text])).toThrow(JSON.stringify(text));
  });
});

test("rates are counted from one look to the next", () => {
  const rates = new RateCount(1_000);
  rates.add({ subject: "a", missed: 0 });
  rates.add({ subject: "b", missed: 2 });
  expect(rates.take(1_500)).toEqual({ rate: 4, received: 2, missed: 2, subjects: 2 });
  expect(rates.isEmpty).toBe(true);
  expect(rates.take(2_000)).toEqual({ rate: 0, received: 0, missed: 0, subjects: 0 });
});
