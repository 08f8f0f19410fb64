import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { announcementMessage } from "../../src/discovery/announcement-message.js";
import type { EtcdOptions } from "../../src/discovery/etcd/etcd-options.js";
import { Announcement as AnnouncementMessage } from "../../src/gen/heliograph/discovery/v1/registry.js";
import type { Announcement } from "../../src/naming/instance.js";
import type { ResolverHost } from "../../src/naming/resolver.js";
import { fakeClock } from "../../src/testing/fake-clock.js";
import { type EtcdServer, openEtcd, startEtcd } from "../support/etcd.js";
import { holdings } from "../support/leaks.js";
import { announcementOf, recordingHost, watching } from "../support/resolver-host.js";
import { until } from "../support/within.js";

const GREETER = "example.v1.GreeterService";
const BAKERY = "example.v1.BakeryService";
/** As short as etcd grants them. */
const SHORT = { leaseTtlMs: 1_000 };

let server: EtcdServer;
let tests = 0;
let prefix: string;
beforeAll(async () => {
  server = await startEtcd();
});
afterAll(() => server[Symbol.asyncDispose]());
beforeEach(() => {
  prefix = `test-${tests++}/`;
});

function open(host: ResolverHost = recordingHost(), options: Partial<EtcdOptions> = {}) {
  return openEtcd(host, { endpoints: [server.endpoint], prefix, ...options });
}

const base64 = (value: string | Uint8Array) => Buffer.from(value).toString("base64");
const encoded = (announcement: Announcement) =>
  AnnouncementMessage.encode(announcementMessage(announcement)).finish();
const serving = (...names: readonly string[]) => ({
  services: names.map((name) => ({ name, schemaHash: "0011223344556677" })),
});

/** Puts values there as another program would, 100 at a time. */
async function put(values: readonly (readonly [key: string, value: string | Uint8Array])[]): Promise<void> {
  for (let at = 0; at < values.length; at += 100) {
    const success = values.slice(at, at + 100).map(([key, value]) => ({
      request_put: { key: base64(`${prefix}${key}`), value: base64(value) },
    }));
    await server.ask("/v3/kv/txn", { success });
  }
}

async function keysThere(): Promise<readonly string[]> {
  const { kvs = [] } = await server.ask("/v3/kv/range", {
    key: base64(prefix),
    range_end: base64(`${prefix}~`),
    keys_only: true,
  });
  const pairs = kvs as readonly { readonly key: string }[];
  return pairs.map(({ key }) => Buffer.from(key, "base64").toString().slice(prefix.length));
}

describe("an etcd makes nodes known", () => {
  test("to those who watch their services, with all that they say of themselves", async () => {
    await using node = open();
    await using other = open();
    const greeters = watching(other, GREETER);
    const bakers = watching(other, BAKERY);
    const all = watching(other, "");
    await Promise.all([greeters.becomes(), bakers.becomes(), all.becomes()]);

    await node.announce(announcementOf("a"));
    await Promise.all([greeters.becomes("a"), all.becomes("a")]);
    const info = { ...announcementOf("a"), state: "alive", load: undefined };
    expect(greeters.last()).toEqual([info]);
    expect(all.last()).toEqual([info]);
    expect(bakers.lists).toEqual([[]]);
  });

  test("that were there before anybody watched", async () => {
    await using node = open();
    await node.announce(announcementOf("a"));
    await using other = open();
    const seen = watching(other, GREETER);
    await seen.becomes("a");
    expect(seen.lists).toEqual([["a"]]);
  });

  test("and tells what has changed of them", async () => {
    await using node = open();
    await using other = open();
    const greeters = watching(other, GREETER);
    const bakers = watching(other, BAKERY);
    await node.announce(announcementOf("a", serving(GREETER, BAKERY)));
    await Promise.all([greeters.becomes("a"), bakers.becomes("a")]);

    await node.announce(announcementOf("a", { ...serving(BAKERY), version: 2, condition: "draining" }));
    await greeters.becomes();
    await until(20_000, "the other watch to be told", () => bakers.last()[0]?.version === 2);
    expect(bakers.last()).toMatchObject([{ version: 2, condition: "draining" }]);
    expect(await keysThere()).toEqual(["instances/a", `services/${BAKERY}/a`]);
  });

  test("until they leave, and not a moment longer", async () => {
    await using a = open();
    await using b = open();
    await using other = open();
    const seen = watching(other, GREETER);
    await a.announce(announcementOf("a"));
    await b.announce(announcementOf("b"));
    await seen.becomes("a", "b");
    await a.withdraw();
    await seen.becomes("b");
    expect(await keysThere()).toEqual(["instances/b", `services/${GREETER}/b`]);
  });

  test("until they are silent for as long as their lease, and no sooner", async () => {
    await using living = open(recordingHost(), SHORT);
    await using other = open();
    const dying = open(recordingHost(), SHORT);
    const seen = watching(other, GREETER);
    await living.announce(announcementOf("living"));
    await dying.announce(announcementOf("dying"));
    await seen.becomes("dying", "living");
    const end = performance.now();
    await dying.close();
    await seen.becomes("living");
    expect(performance.now() - end).toBeGreaterThan(600);
  });

  test("again after they have left", async () => {
    await using node = open();
    await using other = open();
    const seen = watching(other, GREETER);
    await node.announce(announcementOf("a"));
    await node.withdraw();
    await node.announce(announcementOf("a"));
    await seen.becomes("a");
  });

  test("anew when somebody has revoked their lease", async () => {
    await using node = open(recordingHost(), SHORT);
    await using other = open();
    const seen = watching(other, GREETER);
    await node.announce(announcementOf("a"));
    await seen.becomes("a");
    const before = seen.lists.length;
    const { leases } = await server.ask("/v3/lease/leases", {});
    for (const { ID } of leases as readonly { readonly ID: string }[]) {
      await server.ask("/v3/lease/revoke", { ID });
    }
    await until(20_000, "it to be gone and back", () => seen.lists.length >= before + 2);
    expect(seen.lists.slice(before)).toEqual([[], ["a"]]);
  });

  test("with more services than etcd takes at a time", async () => {
    const services = Array.from({ length: 250 }, (_, index) => `example.v1.S${index}Service`);
    await using node = open();
    await using other = open();
    await node.announce(announcementOf("a", serving(...services)));
    const seen = watching(other, services.at(-1) ?? "");
    await seen.becomes("a");
    expect(seen.last()[0]?.services).toHaveLength(250);
    expect(await keysThere()).toHaveLength(251);
    await node.announce(announcementOf("a", { ...serving(GREETER), version: 2 }));
    expect(await keysThere()).toEqual(["instances/a", `services/${GREETER}/a`]);
  });

  test("of the same prefix only", async () => {
    await using node = open();
    await using other = open(recordingHost(), { prefix: `${prefix}other/` });
    await node.announce(announcementOf("a"));
    const seen = watching(other, "");
    await seen.becomes();
  });
});

describe("who watches an etcd", () => {
  test("sees more instances than one answer holds", async () => {
    const names = Array.from({ length: 1_100 }, (_, index) => `i${index}`);
    await put(names.map((name) => [`instances/${name}`, encoded(announcementOf(name))] as const));
    await using other = open();
    const seen = watching(other, "");
    await seen.becomes(...names);
    expect(seen.lists).toHaveLength(1);
  });

  test("passes over values that can't be read, and is told so once", async () => {
    const host = recordingHost();
    await using node = open();
    await using other = open(host);
    await put([
      [`services/${GREETER}/garbage`, "what is this?"],
      [`services/${GREETER}/empty`, ""],
      [`services/${GREETER}/b`, encoded(announcementOf("a"))],
      [`services/${GREETER}/wild`, encoded(announcementOf("wild", { endpoints: ["tcp://0.0.0.0:*"] }))],
    ]);
    const seen = watching(other, GREETER);
    await seen.becomes();
    await node.announce(announcementOf("a"));
    await put([[`services/${GREETER}/late`, "\0\0\0"]]);
    await seen.becomes("a");
    await node.announce(announcementOf("a", { version: 2 }));
    await put([[`services/${GREETER}/a`, "overwritten"]]);
    await seen.becomes();
    expect(host.warnings).toHaveLength(1);
    expect(host.warnings[0]).toMatch(/is not an announcement .*services.*belongs to another key/);
    expect(host.debugs).toHaveLength(5);
  });

  test("is not called from within watch, nor after the watch has ended", async () => {
    await using node = open();
    await using other = open();
    const ended = watching(other, GREETER);
    expect(ended.lists).toEqual([]);
    ended.end();
    const going = watching(other, GREETER);
    await going.becomes();
    const closed = watching(other, "");
    await closed.becomes();
    closed.end();
    await node.announce(announcementOf("a"));
    await going.becomes("a");
    expect(ended.lists).toEqual([]);
    expect(closed.lists).toEqual([[]]);
    await other.close();
    await node.withdraw();
    expect(going.lists).toEqual([[], ["a"]]);
    expect([...ended.failures, ...going.failures, ...closed.failures]).toEqual([]);
  });

  test("and closes, leaves nothing behind, whatever was under way", async () => {
    const sockets = () => holdings().resources["TCPSocketWrap"] ?? 0;
    const before = { files: holdings().files, sockets: sockets() };
    for (let round = 0; round < 4; round++) {
      const clock = fakeClock();
      const opened = open(recordingHost(clock));
      const seen = watching(opened, GREETER);
      const announced = opened.announce(announcementOf("a"));
      if (round > 1) await announced;
      if (round > 2) await seen.becomes("a");
      const told = seen.lists.length;
      await opened.close();
      await announced.catch(() => undefined);
      expect({ timers: clock.timers, lists: seen.lists.length, failures: seen.failures }).toEqual({
        timers: 0,
        lists: told,
        failures: [],
      });
    }
    await until(20_000, "all connections to be closed", () => sockets() <= before.sockets);
    expect(holdings().files).toBeLessThanOrEqual(before.files);
  });
});
