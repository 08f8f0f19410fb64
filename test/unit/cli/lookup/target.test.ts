import { describe, expect, test } from "vitest";
import { ambiguousText, findService, findTarget } from "../../../../src/cli/lookup/target.js";
import { known, services } from "../instances.js";

const greeterA = known("greeter", { instance: "aaaa1111", services: services("example.v1.GreeterService") });
const greeterB = known("greeter", { instance: "aaaa2222", services: services("example.v1.GreeterService") });
const clock = known("clock", {
  instance: "cccc3333",
  services: services("example.v1.ClockService", "other.v1.ClockService"),
});
const oven = known("bakery.oven", { instance: "dddd4444" });
const all = [greeterA, greeterB, clock, oven];

function names(found: ReturnType<typeof findTarget>) {
  return "instances" in found ? found.instances.map(({ instance }) => instance) : found;
}

describe("a name on the command line", () => {
  test("may be left out, and means all", () => {
    expect(findTarget(all, undefined)).toEqual({ kind: "all", name: "", instances: all });
  });

  test.each([
    ["greeter", "node", ["aaaa1111", "aaaa2222"]],
    ["aaaa2222", "instance", ["aaaa2222"]],
    ["cccc", "instance", ["cccc3333"]],
    ["ipc:///run/clock", "endpoint", ["cccc3333"]],
    ["example.v1.GreeterService", "service", ["aaaa1111", "aaaa2222"]],
    ["GreeterService", "service", ["aaaa1111", "aaaa2222"]],
    ["v1.GreeterService", "service", ["aaaa1111", "aaaa2222"]],
    ["v1.Greeter", "service", ["aaaa1111", "aaaa2222"]],
    ["Greeter", "service", ["aaaa1111", "aaaa2222"]],
    ["greeterservice", "service", ["aaaa1111", "aaaa2222"]],
    ["oven", "node", ["dddd4444"]],
    ["Bakery.Oven", "node", ["dddd4444"]],
  ])("%s is a %s", (name, kind, instances) => {
    const found = findTarget(all, name);
    expect(found.kind).toBe(kind);
    expect(names(found)).toEqual(instances);
  });

  test("is the node before the instance that begins so", () => {
    const node = known("aaaa");
    expect(findTarget([...all, node], "aaaa")).toMatchObject({ kind: "node", instances: [node] });
  });

  test("has to be written in full where it fits several", () => {
    expect(findTarget(all, "aaaa")).toEqual({ kind: "ambiguous", candidates: ["aaaa1111", "aaaa2222"] });
    const found = findTarget(all, "ClockService");
    expect(found).toEqual({
      kind: "ambiguous",
      candidates: ["example.v1.ClockService", "other.v1.ClockService"],
    });
    if (found.kind === "ambiguous") {
      expect(ambiguousText("ClockService", found)).toBe(
        '"ClockService" may be any of example.v1.ClockService, other.v1.ClockService; write it in full',
      );
    }
  });

  test("may be the last part of a node's name, where that is one node's only", () => {
    const other = known("kitchen.oven");
    expect(findTarget([...all, other], "oven")).toEqual({
      kind: "ambiguous",
      candidates: ["bakery.oven", "kitchen.oven"],
    });
    expect(findTarget([...all, known("oven")], "oven")).toMatchObject({ kind: "node", name: "oven" });
    expect(findTarget(all, "en").kind).toBe("none");
  });

  test("of three letters is no beginning of an instance, but may mean one", () => {
    expect(findTarget(all, "ccc")).toEqual({ kind: "none", candidates: ["cccc3333"] });
    expect(findTarget(all, "")).toEqual({ kind: "none", candidates: [] });
  });

  test.each([
    ["greter", ["greeter"]],
    ["Clok", ["clock"]],
    ["GreeterServise", ["example.v1.GreeterService"]],
    ["nothing-like-it", []],
  ])("%s is nothing, but may mean %s", (name, candidates) => {
    expect(findTarget(all, name)).toEqual({ kind: "none", candidates });
  });

  test("finds a service only by whole parts of its name, but for Service at its end", () => {
    expect(findService(all, "Service")).toBeUndefined();
    expect(findService(all, "reeter")).toBeUndefined();
    expect(findService(all, "Greeter")).toMatchObject({ name: "example.v1.GreeterService" });
  });
});
