import { expect, test } from "vitest";
import { seenFrom, whyUnreachable } from "../../../src/naming/reach.js";
import { at } from "../../support/hand-source.js";

const here = { host: "here", processId: 7 };

test("what lists of endpoints can be reached from here", () => {
  const all = at("tcp://192.0.2.1:5", { host: "there" });
  expect(seenFrom(all, here)).toBe(all);
  const endpoints = ["tcp://192.0.2.1:5", "tcp://localhost:5", "ipc:///run/a", "inproc://a", "memory://a"];
  const from = (host: string, processId: number) => seenFrom(at("", { host, processId, endpoints }), here);
  expect(from("there", 7).endpoints).toEqual(["tcp://192.0.2.1:5", "memory://a"]);
  expect(from("there", 7).unreachable).toEqual(["tcp://localhost:5", "ipc:///run/a", "inproc://a"]);
  expect(from("here", 8).unreachable).toEqual(["inproc://a"]);
  expect(from("here", 7).unreachable).toBeUndefined();
  // Of one of which it is not known where it runs, or where this is, everything is tried.
  expect(from("", 8).unreachable).toBeUndefined();
  expect(seenFrom(from("there", 8), { host: "", processId: 7 }).endpoints).toEqual([
    "tcp://192.0.2.1:5",
    "memory://a",
  ]);
});

test("says of an instance that can't be reached why, and what to do", () => {
  const why = (endpoint: string) => whyUnreachable(seenFrom(at(endpoint, { host: "there" }), here));
  expect(why("tcp://192.0.2.1:5")).toBeUndefined();
  expect(why("tcp://127.0.0.1:5")).toBe(
    "listens on host there, where only that machine reaches it (tcp://127.0.0.1:5): serve it on an endpoint that others reach, or give its node `advertise`",
  );
  expect(why("inproc://a")).toMatch(/^listens within its own process \(inproc:\/\/a\)/);
  expect(whyUnreachable(at("", { endpoints: [] }))).toBe("listens nowhere");
});
