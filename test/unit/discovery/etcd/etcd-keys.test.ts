import { expect, test } from "vitest";
import { belongsAt, keysOf, rangeOf } from "../../../../src/discovery/etcd/etcd-keys.js";
import { announcementOf } from "../../../support/resolver-host.js";

const services = ["a.B", "a.BC", "a.B0"].map((name) => ({ name, schemaHash: "" }));
const holds = (service: string, key: string) => {
  const range = rangeOf("p/", service);
  return key >= range.key && key < range.rangeEnd;
};

test("an announcement lies once below instances, and once below each of its services", () => {
  expect(keysOf("p/", announcementOf("i", { services }))).toEqual([
    "p/instances/i",
    "p/services/a.B/i",
    "p/services/a.BC/i",
    "p/services/a.B0/i",
  ]);
});

test("the range of a service holds its keys, and no others", () => {
  const keys = ["a", "~", "z"].flatMap((instance) => keysOf("p/", announcementOf(instance, { services })));
  for (const { name } of services) {
    expect(keys.filter((key) => holds(name, key))).toEqual(
      keys.filter((key) => key.startsWith(`p/services/${name}/`)),
    );
  }
  expect(keys.filter((key) => holds("", key))).toEqual(keys.filter((key) => key.startsWith("p/instances/")));
});

test("no name leads out of its folder", () => {
  const announcement = announcementOf("../x/y", { services: [{ name: "a/b c", schemaHash: "" }] });
  const keys = keysOf("p/", announcement);
  expect(keys).toEqual(["p/instances/..%2Fx%2Fy", "p/services/a%2Fb%20c/..%2Fx%2Fy"]);
  expect(keys.every((key) => belongsAt("p/", key, announcement))).toBe(true);
  expect(belongsAt("p/", "p/instances/x", announcement)).toBe(false);
});
