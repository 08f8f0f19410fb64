import type { NetworkInterfaceInfo } from "node:os";
import { describe, expect, test } from "vitest";
import { beacon } from "../../../../src/discovery/beacon/beacon.js";
import { addressesOf } from "../../../../src/discovery/beacon/beacon-interfaces.js";
import { type BeaconOptions, beaconSettings } from "../../../../src/discovery/beacon/beacon-options.js";

describe("beacon()", () => {
  test("needs no options", () => {
    expect(beaconSettings({})).toEqual({
      group: "239.255.77.77",
      port: 7701,
      interfaces: undefined,
      intervalMs: 1_000,
      ttl: 1,
      key: undefined,
    });
    expect(beacon().name).toBe("beacon 239.255.77.77:7701");
  });

  test.each([
    [{ group: "10.0.0.1" }, /group must be a multicast address of IPv4, such as .*got "10\.0\.0\.1"/],
    [{ group: "ff02::1" }, /got "ff02::1"/],
    [{ group: 7 }, /got 7/],
    [{ port: 0 }, /port of beacon\(\) must be a whole number from 1 to 65535, got 0/],
    [{ port: "7701" }, /got "7701"/],
    [{ intervalMs: 49 }, /intervalMs of beacon\(\) must be a whole number from 50 to 60000, got 49/],
    [{ ttl: 256 }, /ttl of beacon\(\) must be a whole number from 0 to 255, got 256/],
    [{ interfaces: [] }, /interfaces must be a list such as \["eth0"\], got \[\]/],
    [{ interfaces: "eth0" }, /got "eth0"/],
    [{ key: "" }, /key of beacon\(\) must be a text that is not empty/],
    [{ name: "x" }, /beacon\(\) has no option "name"; it has group, port/],
  ])("refuses %j", (options, text) => {
    const refused = () => beacon(options as BeaconOptions);
    expect(refused).toThrow(text);
    expect(refused).toThrow(expect.objectContaining({ reason: "BAD_OPTION" }));
  });
});

describe("a beacon uses the addresses", () => {
  const at = (address: string, family: "IPv4" | "IPv6", internal = false) =>
    ({ address, family, internal }) as NetworkInterfaceInfo;
  const lo = [at("127.0.0.1", "IPv4", true), at("::1", "IPv6", true)];
  const eth0 = [at("192.0.2.5", "IPv4"), at("fe80::1", "IPv6"), at("192.0.2.6", "IPv4")];
  const wlan0 = [at("198.51.100.7", "IPv4")];

  test("that lead out of the machine", () => {
    expect(addressesOf(undefined, { lo, eth0, wlan0 })).toEqual(["192.0.2.5", "192.0.2.6", "198.51.100.7"]);
  });

  test("of loopback, while there are no others", () => {
    expect(addressesOf(undefined, { lo })).toEqual(["127.0.0.1"]);
    expect(addressesOf(undefined, {})).toEqual(["127.0.0.1"]);
  });

  test("that it is told, by name or number, as far as they are there", () => {
    expect(addressesOf(["wlan0", "192.0.2.6", "wlan0"], { lo, eth0, wlan0 })).toEqual([
      "198.51.100.7",
      "192.0.2.6",
    ]);
    expect(addressesOf(["eth1", "203.0.113.1"], { lo, eth0, eth1: undefined })).toEqual([]);
    expect(addressesOf(["127.0.0.1"], { lo, eth0 })).toEqual(["127.0.0.1"]);
  });
});
