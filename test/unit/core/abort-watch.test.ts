import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { unwatchAbort, watchAbort } from "../../../src/core/abort-watch.js";

test("all who watch a signal are told its reason, behind one listener, until they stop watching", () => {
  const controller = new AbortController();
  const { signal } = controller;
  const told: string[] = [];
  const watchers = ["a", "b", "c"].map((name) => ({
    aborted: (reason: unknown) => {
      told.push(`${name} ${String(reason)}`);
      unwatchAbort(signal, watchers[2]!);
    },
  }));
  for (const watcher of watchers) watchAbort(signal, watcher);
  expect(getEventListeners(signal, "abort")).toHaveLength(1);
  unwatchAbort(signal, watchers[1]!);
  unwatchAbort(signal, watchers[1]!);
  controller.abort("enough");
  expect(told).toEqual(["a enough", "c enough"]);
  unwatchAbort(signal, watchers[0]!);
  expect(getEventListeners(signal, "abort")).toHaveLength(0);
});

test("a signal can be watched again after the last has left", () => {
  const controller = new AbortController();
  let told = 0;
  const watcher = { aborted: () => told++ };
  for (let i = 0; i < 3; i++) {
    watchAbort(controller.signal, watcher);
    unwatchAbort(controller.signal, watcher);
  }
  watchAbort(controller.signal, watcher);
  controller.abort();
  expect(told).toBe(1);
});
