import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RegistryLog } from "../../../../src/discovery/registry/registry-log.js";
import { serving } from "../announcements.js";

const names = fc.subarray(["a", "b", "c"]);
const change = fc.record({
  instance: fc.constantFrom("1", "2", "3", "4"),
  before: names,
  after: names,
  weight: fc.nat(10),
});

describe("a registry's log", () => {
  test("tells who has changed since a revision, of those that serve or served what is watched", () => {
    fc.assert(
      fc.property(
        fc.array(change, { maxLength: 30 }),
        fc.nat(40),
        fc.constantFrom("", "a", "b", "d"),
        (all, since, service) => {
          const log = new RegistryLog(8, 1_000);
          for (const { instance, before, after, weight } of all)
            log.add(instance, serving(...before).services, serving(...after).services, weight);
          expect(log.revision).toBe(all.length);
          const known = since <= all.length && since >= all.length - 8;
          expect(log.countSince(since)).toBe(known ? all.length - since : undefined);
          if (!known) return;
          const expected = all
            .slice(since)
            .filter(({ before, after }) => service === "" || [...before, ...after].includes(service))
            .map(({ instance }) => instance);
          expect(log.since(since, service)).toEqual(new Set(expected));
        },
      ),
    );
  });

  test("keeps no more weight alive than it may", () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 60 }), (all) => {
        const log = new RegistryLog(1_000, 25);
        for (const { instance, before, after, weight } of all)
          log.add(instance, serving(...before).services, serving(...after).services, weight);
        let kept = 0;
        let weight = 0;
        for (const each of [...all].reverse()) {
          weight += each.weight;
          if (weight > 25) break;
          kept++;
        }
        expect(log.countSince(all.length - kept)).toBe(kept);
        expect(log.countSince(all.length - kept - 1)).toBeUndefined();
      }),
    );
  });

  test("knows of no changes to come", () => {
    expect(new RegistryLog(8, 100).countSince(0)).toBe(0);
    expect(new RegistryLog(8, 100).countSince(1)).toBeUndefined();
  });
});
