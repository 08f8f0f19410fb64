import { inspect } from "node:util";
import { expect, test } from "vitest";
import { Code } from "../../src/core/code.js";
import { etcd } from "../../src/discovery/etcd/etcd.js";
import { type EtcdServer, openEtcd, startEtcd } from "../support/etcd.js";
import { announcementOf, recordingHost, watching } from "../support/resolver-host.js";
import { until } from "../support/within.js";

const GREETER = "example.v1.GreeterService";
const PASSWORD = "correct horse battery staple";

const base64 = (value: string) => Buffer.from(value).toString("base64");

/** Lets in nobody but root, and `helio`, who may use the keys below `heliograph/`. */
async function protect(server: EtcdServer): Promise<void> {
  const role = { key: base64("heliograph/"), range_end: base64("heliograph0"), permType: "READWRITE" };
  await server.ask("/v3/auth/user/add", { name: "root", password: PASSWORD });
  await server.ask("/v3/auth/user/grant", { user: "root", role: "root" });
  await server.ask("/v3/auth/role/add", { name: "nodes" });
  await server.ask("/v3/auth/role/grant", { name: "nodes", perm: role });
  await server.ask("/v3/auth/user/add", { name: "helio", password: PASSWORD });
  await server.ask("/v3/auth/user/grant", { user: "helio", role: "nodes" });
  await server.ask("/v3/auth/enable", {});
}

test("an etcd with users lets in who has a password, also when it has forgotten that", async () => {
  await using server = await startEtcd();
  await protect(server);
  const options = { endpoints: [server.endpoint], username: "helio", password: PASSWORD, leaseTtlMs: 2_000 };
  const host = recordingHost();
  await using node = openEtcd(host, options);
  await using other = openEtcd(recordingHost(), options);
  const seen = watching(other, GREETER);
  await node.announce(announcementOf("a"));
  await seen.becomes("a");

  // The tokens that it hands out are in its memory only.
  await server.kill();
  await until(20_000, "it to be lost", () => host.told.length === 1);
  await server.start();
  await until(20_000, "it to be back", () => host.told.length === 2);
  await node.announce(announcementOf("a", { version: 2 }));
  await until(20_000, "the change", () => seen.last()[0]?.version === 2);
  await node.withdraw();
  await seen.becomes();
});

test("a password is not needed by an etcd that has no users yet, and is from then on", async () => {
  await using server = await startEtcd();
  const options = { endpoints: [server.endpoint], username: "helio", password: PASSWORD };
  await using node = openEtcd(recordingHost(), options);
  await node.announce(announcementOf("a"));
  await protect(server);
  await node.announce(announcementOf("a", { version: 2 }));
  await using other = openEtcd(recordingHost(), options);
  const seen = watching(other, GREETER);
  await seen.becomes("a");
  expect(seen.last()[0]?.version).toBe(2);
});

test("an etcd with users refuses everybody else, who learn why, without the password", async () => {
  await using server = await startEtcd();
  await protect(server);
  const wrong = "Tr0ub4dor&3";
  const attempts = [
    { options: {}, code: Code.InvalidArgument, text: /user name is empty/ },
    {
      options: { username: "helio", password: wrong },
      code: Code.InvalidArgument,
      text: /authenticate: .*invalid user ID or password/,
    },
    {
      options: { username: "helio", password: PASSWORD, prefix: "elsewhere/" },
      code: Code.PermissionDenied,
      text: /permission denied/,
    },
  ];
  for (const { options, code, text } of attempts) {
    const host = recordingHost();
    await using opened = openEtcd(host, { endpoints: [server.endpoint], ...options });
    const seen = watching(opened, GREETER);
    const refused = await opened.announce(announcementOf("a")).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code, message: expect.stringMatching(text) });
    await until(20_000, "the watch to be refused", () => seen.failures.length === 1);
    expect(host.told).toEqual(["lost"]);
    const shown = inspect([refused, seen.failures, host.lostWith, host.warnings], { depth: 9 });
    expect(shown).not.toContain(wrong);
    expect(shown).not.toContain(PASSWORD);
  }
  const resolver = etcd({ endpoints: [server.endpoint], username: "helio", password: PASSWORD });
  const opened = resolver.open(recordingHost());
  expect(inspect([resolver, opened], { depth: 9, showHidden: true })).not.toContain(PASSWORD);
  await opened.close();
});

test("an etcd behind TLS is reached with its authority, and by no means without", async () => {
  await using server = await startEtcd({ tls: true });
  const ca = await server.certificate();
  await using node = openEtcd(recordingHost(), { endpoints: [server.endpoint], tls: { ca } });
  await node.announce(announcementOf("a"));
  const seen = watching(node, GREETER);
  await seen.becomes("a");

  await using stranger = openEtcd(recordingHost(), { endpoints: [server.endpoint] });
  await expect(stranger.announce(announcementOf("b"))).rejects.toMatchObject({
    code: Code.Unavailable,
    message: expect.stringMatching(/certificate/),
  });
});
