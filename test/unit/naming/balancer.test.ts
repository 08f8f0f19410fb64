import { expect, test } from "vitest";
import { HeliographError } from "../../../src/index.js";
import { checkBalancer } from "../../../src/naming/balancer.js";
import { consistentHash } from "../../../src/naming/consistent-hash.js";
import { roundRobin } from "../../../src/naming/round-robin.js";
import { sticky } from "../../../src/naming/sticky.js";

test.each([
  [roundRobin, "got the function roundRobin: write roundRobin()"],
  [(() => () => {})(), "got a function"],
  ["random", 'got "random"'],
  [null, "got null"],
  [Object.create(null), "got an object"],
  [{ name: "own" }, "got an object"],
])("what is no balancer is refused, and it is said what to write: %#", (given, shown) => {
  const check = () => checkBalancer("balancer", given);
  expect(check).toThrow(HeliographError);
  expect(check).toThrow(`balancer must be a balancer such as roundRobin(), ${shown}`);
});

test("balancers that can't do without options say which", () => {
  expect(() => consistentHash(undefined as never)).toThrow(
    "INVALID_ARGUMENT: the options of consistentHash() must be an object with key, maxLoad, got undefined",
  );
  expect(() => sticky(undefined as never)).toThrow("the options of sticky() must be an object with key");
});
