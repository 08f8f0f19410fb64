import { describe, expect, test } from "vitest";
import { etcd } from "../../../../src/discovery/etcd/etcd.js";
import { type EtcdOptions, etcdSettings } from "../../../../src/discovery/etcd/etcd-options.js";

const endpoints = ["http://127.0.0.1:2379"];
const refused = (options: object) => () => etcd({ endpoints, ...options } as EtcdOptions);

describe("etcd()", () => {
  test("needs no more than endpoints", () => {
    const { prefix, leaseTtlMs, user, tls } = etcdSettings({ endpoints });
    expect({ prefix, leaseTtlMs, user, tls }).toEqual({
      prefix: "heliograph/",
      leaseTtlMs: 10_000,
      user: undefined,
      tls: {},
    });
  });

  test("is named after its endpoints", () => {
    expect(etcd({ endpoints: ["http://a:1", "https://b:2/etcd/"] }).name).toBe(
      "etcd http://a:1,https://b:2/etcd",
    );
  });

  test("rounds leases up to whole seconds", () => {
    const ttl = (leaseTtlMs: number) => etcdSettings({ endpoints, leaseTtlMs }).leaseTtlMs;
    expect([1, 1_000, 1_001, 3_600_000].map(ttl)).toEqual([1_000, 1_000, 2_000, 3_600_000]);
  });

  test("takes PEM as a text and as bytes", () => {
    expect(
      etcdSettings({ endpoints, tls: { ca: "one", cert: Buffer.from("two"), key: undefined } }).tls,
    ).toEqual({
      ca: "one",
      cert: "two",
    });
  });

  test.each([
    [{ endpoints: [] }, /endpoints must be a list such as .*got \[\]/],
    [{ endpoints: "http://127.0.0.1:2379" }, /endpoints must be a list/],
    [{ endpoints: ["127.0.0.1:2379"] }, /"127\.0\.0\.1:2379" is not an endpoint of etcd: write http:/],
    [{ endpoints: [7] }, /7 is not an endpoint of etcd/],
    [{ prefix: "" }, /prefix must be a text such as "heliograph\/", got ""/],
    [{ leaseTtlMs: 0 }, /leaseTtlMs must be a number of milliseconds.*got 0/],
    [{ leaseTtlMs: 3_600_001 }, /up to an hour, got 3600001/],
    [{ leaseTtlMs: Number.NaN }, /got NaN/],
    [{ username: "helio" }, /username and password of etcd\(\) must both be texts/],
    [{ password: "secret" }, /must both be texts/],
    [{ user: "helio" }, /etcd\(\) has no option "user"; it has endpoints, prefix/],
    [{ tls: { ca: 7 } }, /tls\.ca of etcd\(\) must be PEM/],
    [{ tls: { rejectUnauthorized: false } }, /tls of etcd\(\) has no option "rejectUnauthorized"/],
  ])("refuses %j", (options, text) => {
    expect(refused(options)).toThrow(text);
    expect(refused(options)).toThrow(expect.objectContaining({ reason: "BAD_OPTION" }));
  });

  test("refuses a password in an endpoint, without showing it", () => {
    const endpoint = "http://helio:s3cret@127.0.0.1:2379";
    expect(refused({ endpoints: [endpoint] })).toThrow(/holds a password: give username and password/);
    expect(refused({ endpoints: [endpoint] })).not.toThrow(/s3cret/);
  });
});
