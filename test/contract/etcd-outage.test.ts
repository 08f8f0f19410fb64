import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { Code } from "../../src/core/code.js";
import { freePort, openEtcd, startEtcd, startEtcdCluster } from "../support/etcd.js";
import { announcementOf, recordingHost, watching } from "../support/resolver-host.js";
import { until } from "../support/within.js";

const GREETER = "example.v1.GreeterService";
const LONG_MS = 20_000;

test("an etcd that is restarted keeps its nodes, and who watches it goes on", async () => {
  await using server = await startEtcd();
  const hosts = [recordingHost(), recordingHost()] as const;
  await using node = openEtcd(hosts[0], { endpoints: [server.endpoint], leaseTtlMs: 2_000 });
  await using other = openEtcd(hosts[1], { endpoints: [server.endpoint], leaseTtlMs: 2_000 });
  const seen = watching(other, GREETER);
  await seen.becomes();
  await node.announce(announcementOf("a"));
  await seen.becomes("a");

  await server.kill();
  await until(LONG_MS, "both to notice", () => hosts.every(({ told }) => told.length === 1));
  await server.start();
  await until(LONG_MS, "both to be back", () => hosts.every(({ told }) => told.length === 2));
  await node.announce(announcementOf("a", { version: 2 }));
  await until(LONG_MS, "the change", () => seen.last()[0]?.version === 2);
  expect(seen.lists.slice(1)).toEqual([["a"], ["a"]]);
  expect(seen.failures).toHaveLength(1);
  expect(hosts.map(({ told }) => told)).toEqual([
    ["lost", "back"],
    ["lost", "back"],
  ]);
});

test("an etcd that comes back empty is told of its nodes anew, and nobody misses them meanwhile", async () => {
  await using server = await startEtcd();
  await using node = openEtcd(recordingHost(), { endpoints: [server.endpoint], leaseTtlMs: 2_000 });
  const gone = openEtcd(recordingHost(), { endpoints: [server.endpoint], leaseTtlMs: 2_000 });
  await using other = openEtcd(recordingHost(), { endpoints: [server.endpoint], leaseTtlMs: 2_000 });
  const seen = watching(other, GREETER);
  await seen.becomes();
  await node.announce(announcementOf("a"));
  await gone.announce(announcementOf("gone"));
  await seen.becomes("a", "gone");

  await server.kill();
  await gone.close();
  await server.empty();
  await server.start();
  await using late = openEtcd(recordingHost(), { endpoints: [server.endpoint] });
  const anew = watching(late, GREETER);
  await until(LONG_MS, "the node to be announced anew", () => anew.lists.at(-1)?.join() === "a");
  // Whoever does not come back is forgotten in the end.
  await until(LONG_MS, "the other to be forgotten", () => seen.lists.at(-1)?.join() === "a");
  expect(seen.lists.filter((list) => !list.includes("a"))).toEqual([[]]);
});

test("who asks an etcd where nobody listens is told so, once, and goes on trying", async () => {
  const endpoint = `http://127.0.0.1:${await freePort()}`;
  const host = recordingHost();
  const opened = openEtcd(host, { endpoints: [endpoint] });
  const seen = watching(opened, GREETER);
  await expect(opened.announce(announcementOf("a"))).rejects.toMatchObject({
    code: Code.Unavailable,
    reason: "RESOLVER_FAILED",
    message: expect.stringMatching(`${endpoint}: /v3/lease/grant: connect ECONNREFUSED`),
  });
  await expect(opened.announce(announcementOf("a"))).rejects.toMatchObject({ code: Code.Unavailable });
  await until(LONG_MS, "the watch to fail", () => seen.failures.length === 1);
  expect(host.told).toEqual(["lost"]);
  await opened.withdraw();
  await opened.close();
  expect({ lists: seen.lists, failures: seen.failures.length, told: host.told }).toEqual({
    lists: [],
    failures: 1,
    told: ["lost"],
  });
});

test("an announcement that waits when the node leaves is refused", async () => {
  await using server = await startEtcd();
  const opened = openEtcd(recordingHost(), { endpoints: [server.endpoint] });
  server.freeze();
  const announced = expect(opened.announce(announcementOf("a"))).rejects.toMatchObject({
    code: Code.Cancelled,
    reason: "CONNECTION_CLOSED",
  });
  await opened.withdraw();
  await announced;
  await opened.close();
});

test("leaving an etcd that hangs takes a second", async () => {
  await using server = await startEtcd();
  const opened = openEtcd(recordingHost(), { endpoints: [server.endpoint], leaseTtlMs: 10_000 });
  await opened.announce(announcementOf("a"));
  server.freeze();
  const start = performance.now();
  await opened.withdraw();
  expect(performance.now() - start).toBeLessThan(2_000);
  await opened.close();
});

test("what is not an etcd is named as such", async () => {
  const web = createServer((_request, response) => {
    response.writeHead(404, { "Content-Type": "text/html" }).end("<h1>Not found</h1>");
  }).listen(0, "127.0.0.1");
  try {
    await new Promise((resolve) => web.once("listening", resolve));
    const { port } = web.address() as AddressInfo;
    await using opened = openEtcd(recordingHost(), { endpoints: [`http://127.0.0.1:${port}`] });
    await expect(opened.announce(announcementOf("a"))).rejects.toMatchObject({
      code: Code.Unimplemented,
      message: expect.stringMatching(/of status 404, is not etcd's; it must be etcd 3\.4 or newer/),
    });
  } finally {
    web.closeAllConnections();
    web.close();
  }
});

test("of several endpoints, those that fail are passed over without a word", async () => {
  await using server = await startEtcd();
  const dead = `http://127.0.0.1:${await freePort()}`;
  const host = recordingHost();
  await using opened = openEtcd(host, { endpoints: [dead, server.endpoint] });
  const seen = watching(opened, GREETER);
  await opened.announce(announcementOf("a"));
  await seen.becomes("a");
  expect(host.told).toEqual([]);
});

test("an etcd that hangs is noticed by who only watches, and when it goes on", async () => {
  await using server = await startEtcd();
  const host = recordingHost();
  await using watcher = openEtcd(host, { endpoints: [server.endpoint], leaseTtlMs: 1_000 });
  await using node = openEtcd(recordingHost(), { endpoints: [server.endpoint], leaseTtlMs: 10_000 });
  const seen = watching(watcher, GREETER);
  await node.announce(announcementOf("a"));
  await seen.becomes("a");
  server.freeze();
  await until(LONG_MS, "the watch to fail", () => seen.failures.length === 1);
  expect(seen.failures[0]).toMatchObject({ reason: "RESOLVER_FAILED" });
  server.thaw();
  await until(LONG_MS, "the etcd to be back", () => host.told.length === 2);
  await node.announce(announcementOf("a", { version: 2 }));
  await until(LONG_MS, "the change", () => seen.last()[0]?.version === 2);
  expect(host.told).toEqual(["lost", "back"]);
});

test("a cluster may lose one of three, and says so when it has lost two", async () => {
  const [first, second, third] = await startEtcdCluster(3);
  if (first === undefined || second === undefined || third === undefined)
    throw new Error("three were started");
  try {
    const host = recordingHost();
    const endpoints = [first, second, third].map(({ endpoint }) => endpoint);
    await using node = openEtcd(host, { endpoints, leaseTtlMs: 2_000 });
    await using watcher = openEtcd(host, { endpoints, leaseTtlMs: 2_000 });
    const seen = watching(watcher, GREETER);
    await seen.becomes();
    await node.announce(announcementOf("a"));
    await seen.becomes("a");

    await first.kill();
    await node.announce(announcementOf("a", { version: 2 })).catch(() => undefined);
    await until(LONG_MS, "the change", () => seen.last()[0]?.version === 2);

    const before = host.told.length;
    await second.kill();
    await until(LONG_MS, "it to be lost", () => host.told.length > before && host.told.at(-1) === "lost");
    await second.start();
    await until(LONG_MS, "it to be back", () => host.told.at(-1) === "back");
    await node.announce(announcementOf("a", { version: 3 }));
    await until(LONG_MS, "the change", () => seen.last()[0]?.version === 3);
    expect(seen.lists.slice(1).every((list) => list.join() === "a")).toBe(true);
  } finally {
    await Promise.all([first, second, third].map((member) => member[Symbol.asyncDispose]()));
  }
});
