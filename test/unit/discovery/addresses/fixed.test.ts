import { describe, expect, test } from "vitest";
import { type FixedAddresses, fixed } from "../../../../src/discovery/addresses/fixed.js";
import { CallService } from "../../../gen/heliograph/test/v1/call_heliograph.js";
import { recordingHost, watching } from "../../../support/resolver-host.js";
import { until } from "../../../support/within.js";

const GREETER = "example.v1.GreeterService";
const BAKERY = "example.v1.BakeryService";

/** Where nobody is: nothing is connected to. */
const at = (host: string, port: number) => `tcp://${host}:${port}`;

async function shown(addresses: readonly FixedAddresses[], service: string) {
  const resolver = fixed(addresses).open(recordingHost());
  const seen = watching(resolver, service);
  expect(seen.lists).toEqual([]);
  await until(20_000, "an answer", () => seen.lists.length === 1);
  await resolver.close();
  return seen.last();
}

describe("fixed", () => {
  test("tells of each endpoint as an instance of which nothing else is known", async () => {
    const endpoints = [at("10.0.0.7", 5555), at("greeter.example.org", 5555)];
    const labels = { zone: "eu-1" };
    const [first, second, ...more] = await shown(
      [{ services: [GREETER, CallService], endpoints, labels }],
      GREETER,
    );
    expect(first).toEqual({
      node: "",
      instance: "",
      epoch: 0,
      version: 1,
      endpoints: [at("10.0.0.7", 5555)],
      services: [
        { name: GREETER, schemaHash: "" },
        { name: "heliograph.test.v1.CallService", schemaHash: "" },
      ],
      labels,
      host: "",
      condition: "serving",
      kit: "",
      processId: 0,
      state: "alive",
      load: undefined,
    });
    expect(second?.endpoints).toEqual([at("greeter.example.org", 5555)]);
    expect(more).toEqual([]);
  });

  test("tells each service its own, and those who ask for all of all", async () => {
    const addresses = [
      { services: [GREETER], endpoints: [at("10.0.0.7", 1)] },
      { services: [BAKERY], endpoints: [at("10.0.0.7", 2)] },
    ];
    const ports = async (service: string) =>
      (await shown(addresses, service)).flatMap(({ endpoints }) => endpoints.map((each) => each.at(-1)));
    expect(await ports(GREETER)).toEqual(["1"]);
    expect(await ports(BAKERY)).toEqual(["2"]);
    expect(await ports("")).toEqual(["1", "2"]);
    expect(await ports("example.v1.CounterService")).toEqual([]);
  });

  test("takes an endpoint in several entries for one instance", async () => {
    const endpoints = ["ipc:///run/all"];
    const instances = await shown(
      [
        { services: [GREETER], endpoints, labels: { zone: "eu-1" } },
        { services: [BAKERY, GREETER], endpoints, labels: { oven: "gas" } },
      ],
      "",
    );
    expect(instances).toHaveLength(1);
    expect(instances[0]?.services.map(({ name }) => name)).toEqual([GREETER, BAKERY]);
    expect(instances[0]?.labels).toEqual({ zone: "eu-1", oven: "gas" });
  });

  test("may be empty", async () => {
    expect(await shown([], GREETER)).toEqual([]);
  });

  test("serves several nodes, and tells nobody anything who has ended its watch or was closed", async () => {
    const list = fixed([{ services: [GREETER], endpoints: [at("10.0.0.7", 1)] }]);
    const [one, other] = [list.open(recordingHost()), list.open(recordingHost())];
    const [ended, closed, told] = [watching(one, GREETER), watching(one, GREETER), watching(other, GREETER)];
    ended.end();
    await one.close();
    await until(20_000, "an answer", () => told.lists.length === 1);
    expect([ended.lists, closed.lists]).toEqual([[], []]);
    await other.close();
  });

  test.each<[unknown, string]>([
    [{ services: [] }, "fixed() takes a list such as [{ services: [GreeterService], endpoints:"],
    [[at("10.0.0.7", 1)], "fixed() takes a list such as [{ services: [GreeterService], endpoints:"],
    [[null], "fixed() takes a list such as"],
    [[{ services: [], endpoints: [at("10.0.0.7", 1)] }], "services must be a list such as"],
    [
      [{ services: ["greeter service"], endpoints: [] }],
      'services: "greeter service" is neither a service nor',
    ],
    [[{ services: [{}], endpoints: [] }], "services: an object is neither a service nor a topic"],
    [[{ services: [GREETER], endpoints: [] }], "endpoints must be a list such as"],
    [[{ services: [GREETER], endpoints: ["10.0.0.7:1"] }], '"10.0.0.7:1" is not an endpoint'],
    [
      [{ services: [GREETER], endpoints: [at("a", 1)], labels: { zone: 1 } }],
      "the label zone must be a text",
    ],
    [
      [{ services: [GREETER], endpoints: [at("a", 1)], label: {} }],
      'an entry of fixed() has no option "label"',
    ],
  ])("refuses %j", (addresses, message) => {
    expect(() => fixed(addresses as readonly FixedAddresses[])).toThrow(message);
  });
});
