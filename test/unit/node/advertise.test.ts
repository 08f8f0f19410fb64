import type { NetworkInterfaceInfo } from "node:os";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { advertised, checkAdvertise, type Interfaces } from "../../../src/node/advertise.js";

function address(address: string, internal = false): NetworkInterfaceInfo {
  const common = { address, netmask: "", mac: "00:00:00:00:00:00", internal, cidr: null };
  return address.includes(":") ? { ...common, family: "IPv6", scopeid: 0 } : { ...common, family: "IPv4" };
}

const lo = [address("127.0.0.1", true), address("::1", true)];

describe("what is announced", () => {
  const machine: Interfaces = {
    lo,
    docker0: [address("172.17.0.1")],
    "br-0123456789ab": [address("172.18.0.1")],
    eth0: [address("fd00::2"), address("fe80::1"), address("192.0.2.7")],
    wg0: [address("10.8.0.3")],
  };

  test.each(["tcp://0.0.0.0:5", "tcp://*:5"])(
    "of %s are the machine's IPv4 addresses that others reach, and last loopback",
    (endpoint) => {
      expect(advertised([endpoint], undefined, () => machine)).toEqual([
        "tcp://192.0.2.7:5",
        "tcp://10.8.0.3:5",
        "tcp://127.0.0.1:5",
      ]);
    },
  );

  test("of an endpoint on all IPv6 addresses are those of both kinds, IPv4 first", () => {
    expect(advertised(["tcp://[::]:5"], undefined, () => machine)).toEqual([
      "tcp://192.0.2.7:5",
      "tcp://10.8.0.3:5",
      "tcp://[fd00::2]:5",
      "tcp://127.0.0.1:5",
    ]);
  });

  test("are addresses of bridges and of the link if there are no others", () => {
    expect(
      advertised(["tcp://0.0.0.0:1"], undefined, () => ({ lo, docker0: [address("172.17.0.1")] })),
    ).toEqual(["tcp://172.17.0.1:1", "tcp://127.0.0.1:1"]);
    expect(advertised(["tcp://[::]:1"], undefined, () => ({ lo, eth0: [address("fe80::1")] }))).toEqual([
      "tcp://[fe80::1%eth0]:1",
      "tcp://127.0.0.1:1",
    ]);
    expect(
      advertised(["tcp://0.0.0.0:1"], undefined, () => ({ lo, eth0: [address("169.254.3.4")] })),
    ).toEqual(["tcp://169.254.3.4:1", "tcp://127.0.0.1:1"]);
  });

  test("is loopback alone on a machine without a network", () => {
    expect(advertised(["tcp://0.0.0.0:1", "tcp://[::]:1"], undefined, () => ({ lo }))).toEqual([
      "tcp://127.0.0.1:1",
    ]);
    expect(advertised(["tcp://*:1"], undefined, () => ({}))).toEqual(["tcp://127.0.0.1:1"]);
  });

  test("is every other endpoint as it is, ipc with its whole path; inproc is nobody else's business", () => {
    const bound = ["tcp://127.0.0.1:1", "tcp://192.0.2.7:2", "ipc:///run/a", "ipc://@a", "memory://a"];
    expect(advertised([...bound, "inproc://a"], undefined, () => machine)).toEqual(bound);
    expect(advertised(["ipc://run/a"], undefined, () => machine)).toEqual([`ipc://${resolve("run/a")}`]);
  });

  test("is what the node was told to advertise in place of all that", () => {
    const told = ["tcp://greeter.example.org:5"];
    expect(advertised(["tcp://0.0.0.0:1", "ipc:///run/a"], told, () => machine)).toEqual(told);
  });

  test("on this machine is something for each address to listen on", () => {
    for (const endpoint of ["tcp://0.0.0.0:1", "tcp://[::]:1"]) {
      expect(advertised([endpoint]).at(-1)).toBe("tcp://127.0.0.1:1");
    }
  });
});

describe("what a node is told to advertise", () => {
  test("may be left out, be names and addresses with ports, and be of any network", () => {
    expect(checkAdvertise(undefined)).toBeUndefined();
    const good = [
      "tcp://greeter.example.org:5",
      "tcp://192.0.2.7:8",
      "tcp://[fd00::2]:1",
      "ipc:///a",
      "memory://a",
    ];
    expect(checkAdvertise(good)).toEqual(good);
  });

  test.each([
    [[], "advertise must be a list such as"],
    ["tcp://a:1", 'got "tcp://a:1"'],
    [["greeter.example.org:5"], '"greeter.example.org:5", which is no endpoint: it begins with no scheme'],
    [[5555], "5555, which is no endpoint"],
    [["tcp://0.0.0.0:5"], "stands for all addresses"],
    [["tcp://*:5"], "stands for all addresses"],
    [["tcp://[::]:5"], "stands for all addresses"],
    [["tcp://[0:0:0:0:0:0:0:0]:5"], "stands for all addresses"],
    [["tcp://greeter.example.org:0"], "has no port that others could connect to"],
    [["tcp://greeter.example.org:*"], "has no port that others could connect to"],
    [["tcp://greeter.example.org"], "has no port"],
    [["tcp://greeter.invalid:99999"], "99999"],
    [["ipc://*"], "stands for all addresses"],
    [["inproc://a"], "one thread only"],
    [["tcp://a b:1"], "a b:1"],
  ])("is refused if others could not connect there: %j", (advertise, why) => {
    expect(() => checkAdvertise(advertise)).toThrow(
      expect.objectContaining({ reason: "BAD_OPTION", message: expect.stringContaining(why) }),
    );
  });
});
