import { describe, expect, test } from "vitest";
import { type DnsAnswer, retryMs, useMs } from "../../../../src/discovery/addresses/dns-answer.js";
import { DnsInstances } from "../../../../src/discovery/addresses/dns-instances.js";

const none = { kind: "none" } as const;

function found(endpoints: readonly string[], whole = true, labels = {}): DnsAnswer & { kind: "found" } {
  return { kind: "found", places: endpoints.map((endpoint) => ({ endpoint, labels })), whole, ttlMs: 5_000 };
}

function instances(...first: readonly string[]) {
  const all = new DnsInstances(["example.v1.GreeterService"]);
  all.take(found(first), 0);
  return { all, endpoints: () => all.all.flatMap(({ endpoints }) => endpoints) };
}

describe("the instances of DNS", () => {
  test("are those of the last whole answer, in one order", () => {
    const { all, endpoints } = instances("b", "a");
    expect(endpoints()).toEqual(["a", "b"]);
    expect(all.take(found(["a", "b"]), 1)).toBe(false);
    expect(all.take(found(["c", "b"]), 2)).toBe(true);
    expect(endpoints()).toEqual(["b", "c"]);
    expect(all.take(found(["c"]), 3)).toBe(true);
    expect(endpoints()).toEqual(["c"]);
  });

  test("stay the same objects while nothing changes, and get a newer version when labels do", () => {
    const { all } = instances("a", "b");
    const [a, b] = all.all;
    const labels = { weight: "3" };
    const places = [
      { endpoint: "a", labels },
      { endpoint: "b", labels: {} },
    ];
    expect(all.take({ ...found([]), places }, 1)).toBe(true);
    expect(all.all[1]).toBe(b);
    expect(all.all[0]).toMatchObject({ endpoints: ["a"], labels });
    expect(all.all[0]?.version).toBeGreaterThan(a?.version ?? 0);
    expect(all.take({ ...found([]), places }, 2)).toBe(false);
  });

  test("outlive answers that there are none for a minute after the first of them", () => {
    const { all, endpoints } = instances("a");
    expect(all.take(none, 100_000)).toBe(false);
    expect(all.take(none, 159_999)).toBe(false);
    expect(endpoints()).toEqual(["a"]);
    expect(all.take(none, 160_000)).toBe(true);
    expect(endpoints()).toEqual([]);
    expect(all.take(none, 170_000)).toBe(false);
  });

  test("have another minute after each whole answer", () => {
    const { all, endpoints } = instances("a");
    all.take(none, 0);
    all.take(found(["a"]), 50_000);
    all.take(none, 90_000);
    expect(endpoints()).toEqual(["a"]);
  });

  test("that are missing from an answer which is not whole stay for a minute, too, while others come at once", () => {
    const { all, endpoints } = instances("a", "b");
    expect(all.take(found(["b", "c"], false), 1_000)).toBe(true);
    expect(endpoints()).toEqual(["a", "b", "c"]);
    expect(all.take(found(["b", "c"], false), 60_999)).toBe(false);
    expect(all.take(found(["b", "c"], false), 61_000)).toBe(true);
    expect(endpoints()).toEqual(["b", "c"]);
  });

  test("are none at first", () => {
    const all = new DnsInstances([]);
    expect(all.take(none, 0)).toBe(false);
    expect(all.all).toEqual([]);
  });
});

test("an answer is used for as long as its records say, at least a second and at most the interval", () => {
  const ttls = [0, 500, 1_000, 7_000, 90_000];
  expect(ttls.map((ttlMs) => useMs({ ...found([]), ttlMs }, 30_000))).toEqual([
    1_000, 1_000, 1_000, 7_000, 30_000,
  ]);
  expect(useMs(none, 30_000)).toBe(5_000);
  expect(useMs(none, 300)).toBe(300);
});

test("failures are followed by ever longer waits, up to the interval", () => {
  expect([1, 2, 3, 4, 5, 6, 2_000].map((failures) => retryMs(failures, 30_000))).toEqual([
    1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000,
  ]);
  expect(retryMs(1, 300)).toBe(300);
});
