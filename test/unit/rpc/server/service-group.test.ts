import { expect, test } from "vitest";
import { ServiceGroup } from "../../../../src/rpc/server/service-group.js";

test("a group tells once when its last call has ended, and those that have given up waiting not at all", () => {
  const group = new ServiceGroup();
  const told: string[] = [];
  group.begun();
  group.begun();
  group.whenIdle(() => told.push("a"));
  const forget = group.whenIdle(() => told.push("b"));
  forget();
  group.ended();
  expect([told, group.idle]).toEqual([[], false]);
  group.ended();
  group.begun();
  group.ended();
  expect([told, group.idle]).toEqual([["a"], true]);
});

test("calls that wait for one run are one call, and are waited for, each", () => {
  const group = new ServiceGroup();
  // A run, and two calls that wait for it.
  for (let n = 0; n < 3; n++) group.begun();
  group.attach();
  group.attach();
  expect([group.calls, group.idle]).toEqual([1, false]);
  group.ended();
  expect([group.calls, group.idle]).toEqual([0, false]);
});
