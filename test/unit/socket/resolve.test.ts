import { expect, test } from "vitest";
import { formatEndpoint, isNamedHost, needsIpv6, parseEndpoint } from "../../../src/socket/resolve.js";

test.each([
  "tcp://127.0.0.1:5555",
  "tcp://example.org:1",
  "tcp://[::1]:65535",
  "tcp://[fe80::1%eth0]:5555",
  "ipc:///run/app/greeter",
  "ipc://@abstract",
  "inproc://greeter",
])("%s can be dialed and listened on", (endpoint) => {
  expect(formatEndpoint(parseEndpoint(endpoint, "dial"))).toBe(endpoint);
  expect(formatEndpoint(parseEndpoint(endpoint, "listen"))).toBe(endpoint);
});

test.each(["tcp://*:5555", "tcp://127.0.0.1:*", "tcp://eth0:0", "ipc://*"])(
  "%s can only be listened on",
  (endpoint) => {
    expect(formatEndpoint(parseEndpoint(endpoint, "listen"))).toBe(endpoint);
    expect(() => parseEndpoint(endpoint, "dial")).toThrow(JSON.stringify(endpoint));
  },
);

test.each([
  "",
  "tcp",
  "tcp://",
  "tcp://:5555",
  "tcp://host",
  "tcp://host:",
  "tcp://host:65536",
  "tcp://host:-1",
  "tcp://::1:5555",
  "tcp://[]:5555",
  "tcp://a;b:1",
  "tcp://host:1/path",
  "TCP://host:1",
  "ipc://",
  "ipc:///a\0b",
  `ipc:///${"é".repeat(54)}`,
  "http://host:1",
])("%j is refused in both roles", (endpoint) => {
  for (const role of ["listen", "dial"] as const) {
    expect(() => parseEndpoint(endpoint, role)).toThrow(JSON.stringify(endpoint));
  }
});

test("Only host names are looked up, and only addresses in brackets need IPv6", () => {
  const named = ["tcp://localhost:1", "tcp://127.0.0.1:1", "tcp://[::1]:1", "ipc:///a", "inproc://a"];
  const parsed = named.map((endpoint) => parseEndpoint(endpoint, "dial"));
  expect(parsed.map(isNamedHost)).toEqual([true, false, false, false, false]);
  expect(parsed.map(needsIpv6)).toEqual([false, false, true, false, false]);
});
