import { describe, expect, test } from "vitest";
import { Code } from "../../../../src/core/code.js";
import { HeliographError } from "../../../../src/core/error.js";
import { announcementMessage } from "../../../../src/discovery/announcement-message.js";
import { EtcdInstances, UnreadableValues } from "../../../../src/discovery/etcd/etcd-instances.js";
import type { Json } from "../../../../src/discovery/etcd/etcd-json.js";
import { rangeOf } from "../../../../src/discovery/etcd/etcd-keys.js";
import { EtcdReach } from "../../../../src/discovery/etcd/etcd-reach.js";
import { EtcdWatch, type EtcdWatchParts } from "../../../../src/discovery/etcd/etcd-watch.js";
import { MAX_INSTANCES } from "../../../../src/discovery/registry-limits.js";
import { Announcement as AnnouncementMessage } from "../../../../src/gen/heliograph/discovery/v1/registry.js";
import { fakeClock } from "../../../../src/testing/fake-clock.js";
import { announcementOf, recordingHost } from "../../../support/resolver-host.js";

const GRACE_MS = 10_000;
const base64 = (value: string | Uint8Array) => Buffer.from(value).toString("base64");
const pair = (instance: string): Json => ({
  key: base64(`p/instances/${instance}`),
  value: base64(AnnouncementMessage.encode(announcementMessage(announcementOf(instance))).finish()),
});
const header = (revision: number) => ({ header: { revision: String(revision) } });
const failed = (code: Code) => new HeliographError(code, "it failed", { reason: "RESOLVER_FAILED" });

/** An etcd of a test: what it has, and one stream that the test speaks through. */
class HandEtcd {
  has: Json = { ...header(1) };
  failure: HeliographError | undefined;
  readonly asked: Json[] = [];
  readonly followed: Json[] = [];
  #wake: (() => void) | undefined;
  readonly #messages: (Json | HeliographError)[] = [];

  async ask(_path: string, body: Json): Promise<Json> {
    this.asked.push(body);
    if (this.failure !== undefined) throw this.failure;
    return this.has;
  }

  async *follow(_path: string, body: Json, signal: AbortSignal): AsyncGenerator<Json, never, undefined> {
    this.followed.push(body);
    for (;;) {
      const next = this.#messages.shift();
      signal.throwIfAborted();
      if (next instanceof HeliographError) throw next;
      if (next !== undefined) yield next;
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
          signal.addEventListener("abort", () => resolve());
        });
    }
  }

  say(message: Json | HeliographError): void {
    this.#messages.push(message);
    this.#wake?.();
  }
}

function start(has: Json | HeliographError = header(1)) {
  const clock = fakeClock();
  const host = recordingHost(clock);
  const server = new HandEtcd();
  if (has instanceof HeliographError) server.failure = has;
  else server.has = has;
  const lists: (readonly string[])[] = [];
  const failures: HeliographError[] = [];
  const parts: EtcdWatchParts = {
    clock,
    client: server,
    reach: new EtcdReach(host, "etcd"),
    range: rangeOf("p/", ""),
    instances: new EtcdInstances("p/", GRACE_MS, new UnreadableValues(host.logger)),
    listener: {
      update: (instances) => lists.push(instances.map(({ instance }) => instance)),
      failed: (error) => failures.push(error),
    },
  };
  const watch = new EtcdWatch(parts);
  const ended = watch.run();
  return { clock, host, server, lists, failures, watch, ended };
}

describe("a watch of etcd", () => {
  test("begins after the revision that was read", async () => {
    await using running = disposable(start({ ...header(41), kvs: [pair("a")] }));
    await running.clock.advanceAsync(0);
    expect(running.server.followed).toMatchObject([{ create_request: { start_revision: 42 } }]);
    expect(running.lists).toEqual([["a"]]);
  });

  test("reads page after page, all of the same revision", async () => {
    await using running = disposable(start({ ...header(41), kvs: [pair("a"), pair("b")], more: true }));
    const { server } = running;
    server.has = { ...header(43), kvs: [pair("c")] };
    await running.clock.advanceAsync(0);
    expect(server.asked).toMatchObject([
      { key: base64("p/instances/") },
      { key: base64("p/instances/b\0"), revision: 41 },
    ]);
    expect(running.lists).toEqual([["a", "b", "c"]]);
    expect(server.followed).toMatchObject([{ create_request: { start_revision: 42 } }]);
  });

  test("that was compacted reads anew, and nobody needs to know", async () => {
    await using running = disposable(start({ ...header(4), kvs: [pair("a")] }));
    const { server, clock } = running;
    await clock.advanceAsync(0);
    server.say({ ...header(4), created: true });
    server.say({ ...header(0), canceled: true, compact_revision: "90" });
    server.has = { ...header(100), kvs: [pair("a"), pair("b")] };
    await clock.advanceAsync(200);
    expect(server.followed).toMatchObject([
      { create_request: { start_revision: 5 } },
      { create_request: { start_revision: 101 } },
    ]);
    expect(running.lists).toEqual([["a"], ["a", "b"]]);
    expect([...running.failures, ...running.host.told]).toEqual([]);
  });

  test("of an etcd that has gone back to an earlier revision reads anew", async () => {
    await using running = disposable(start({ ...header(40), kvs: [pair("a")] }));
    const { server, clock } = running;
    await clock.advanceAsync(0);
    server.has = { ...header(3), kvs: [pair("a")] };
    server.say({ ...header(3), created: true });
    await clock.advanceAsync(400);
    expect(server.followed).toMatchObject([
      { create_request: { start_revision: 41 } },
      { create_request: { start_revision: 4 } },
    ]);
  });

  test("keeps what is missing after a break for a while, as long as etcd can be watched", async () => {
    await using running = disposable(start({ ...header(4), kvs: [pair("a"), pair("b")] }));
    const { server, clock } = running;
    await clock.advanceAsync(0);
    server.say({ ...header(4), created: true });
    server.has = { ...header(1), kvs: [] };
    server.say(failed(Code.Unavailable));
    await clock.advanceAsync(200);
    server.say({ ...header(1), created: true });
    await clock.advanceAsync(GRACE_MS / 2);
    server.say({ ...header(2), events: [{ kv: pair("b") }] });
    await clock.advanceAsync(GRACE_MS / 4);
    expect(running.lists).toEqual([["a", "b"]]);
    // Gone once more: what is missing has to be missing when it is back, too.
    server.failure = failed(Code.Unavailable);
    server.say(failed(Code.Unavailable));
    await clock.advanceAsync(GRACE_MS * 2);
    expect(running.lists).toEqual([["a", "b"]]);
    server.failure = undefined;
    server.has = { ...header(2), kvs: [pair("b")] };
    await clock.advanceAsync(5_000);
    server.say({ ...header(2), created: true });
    await clock.advanceAsync(GRACE_MS);
    expect(running.lists).toEqual([["a", "b"], ["b"]]);
  });

  test("forgets what stays missing although its stream breaks again and again", async () => {
    await using running = disposable(start({ ...header(4), kvs: [pair("a"), pair("b")] }));
    const { server, clock } = running;
    await clock.advanceAsync(0);
    server.has = { ...header(5), kvs: [pair("b")] };
    for (let breaks = 0; breaks < 6; breaks++) {
      server.say(failed(Code.Unavailable));
      await clock.advanceAsync(300);
      server.say({ ...header(5), created: true });
      await clock.advanceAsync(GRACE_MS / 4);
    }
    expect(running.lists).toEqual([["a", "b"], ["b"]]);
  });

  test("keeps no more than it may, of an etcd that never comes to an end", async () => {
    await using running = disposable(start({ ...header(4), kvs: Array(1_000).fill(pair("a")), more: true }));
    await running.clock.advanceAsync(0);
    expect(running.server.asked).toHaveLength(MAX_INSTANCES / 1_000);
    expect(running.server.followed).toHaveLength(1);
  });

  test("forgets at once what etcd says is gone", async () => {
    await using running = disposable(start({ ...header(4), kvs: [pair("a"), pair("b")] }));
    const { server, clock } = running;
    await clock.advanceAsync(0);
    server.say({ ...header(4), created: true });
    server.say({ ...header(5), events: [{ type: "DELETE", kv: { key: pair("a")["key"] } }] });
    await clock.advanceAsync(0);
    expect(running.lists).toEqual([["a", "b"], ["b"]]);
  });

  test("that fails says so once, asks less and less often, and says nothing when it goes on", async () => {
    await using running = disposable(start(failed(Code.Unavailable)));
    const { server, clock } = running;
    await clock.advanceAsync(60_000);
    expect(running.failures).toEqual([server.failure]);
    expect(running.host.told).toEqual(["lost"]);
    // Half of a wait is left to chance: 5 s at most, 2.5 s at least.
    expect(server.asked.length).toBeGreaterThan(12);
    expect(server.asked.length).toBeLessThan(32);
    server.failure = undefined;
    await clock.advanceAsync(5_000);
    expect(running.host.told).toEqual(["lost"]);
    server.say({ ...header(1), created: true });
    await clock.advanceAsync(0);
    expect(running.host.told).toEqual(["lost", "back"]);
    expect(running.failures).toHaveLength(1);
    expect(running.lists).toEqual([[]]);
  });

  test("that may read but not watch fails, and goes on reading", async () => {
    await using running = disposable(start());
    const { server, clock } = running;
    const refused = { ...header(1), created: true, canceled: true, cancel_reason: "permission denied" };
    for (let round = 0; round < 3; round++) {
      server.say(refused);
      await clock.advanceAsync(5_000);
    }
    expect(running.failures).toHaveLength(1);
    expect(running.failures[0]?.message).toMatch(/etcd ended a watch: permission denied/);
    expect(running.host.told).toEqual(["lost"]);
    expect(server.asked.length).toBeGreaterThan(2);
  });

  test("that is closed leaves no timer behind", async () => {
    const running = start(failed(Code.Unavailable));
    await running.clock.advanceAsync(0);
    running.watch.close();
    await running.ended;
    expect(running.clock.timers).toBe(0);
  });
});

function disposable(running: ReturnType<typeof start>) {
  return {
    ...running,
    async [Symbol.asyncDispose]() {
      running.watch.close();
      await running.ended;
      expect(running.clock.timers).toBe(0);
    },
  };
}
