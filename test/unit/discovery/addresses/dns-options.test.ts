import { describe, expect, test } from "vitest";
import { dns } from "../../../../src/discovery/addresses/dns.js";
import { type DnsOptions, dnsSettings } from "../../../../src/discovery/addresses/dns-options.js";
import { CallService } from "../../../gen/heliograph/test/v1/call_heliograph.js";

const GREETER = "example.v1.GreeterService";
const good: DnsOptions = { host: "greeter.default.svc.cluster.local", port: 5555, services: [GREETER] };

describe("the options of dns()", () => {
  test("have defaults", () => {
    expect(dnsSettings(good)).toEqual({
      host: "greeter.default.svc.cluster.local",
      port: 5555,
      services: [GREETER],
      families: [4, 6],
      intervalMs: 30_000,
      servers: undefined,
    });
  });

  test("take services, records, a family, and servers with and without a port", () => {
    const settings = dnsSettings({
      host: "_grpc._tcp.greeter.",
      srv: true,
      services: [CallService, GREETER, GREETER],
      family: 6,
      intervalMs: 500,
      servers: ["10.96.0.10", "127.0.0.1:5353", "fd00::a", "[fd00::a]:53"],
    });
    expect(settings).toMatchObject({
      port: undefined,
      services: ["heliograph.test.v1.CallService", GREETER],
      families: [6],
      servers: ["10.96.0.10", "127.0.0.1:5353", "fd00::a", "[fd00::a]:53"],
    });
  });

  test("give the resolver its name", () => {
    expect(dns(good).name).toBe("dns greeter.default.svc.cluster.local:5555");
    expect(dns({ ...good, port: undefined, srv: true }).name).toBe("dns greeter.default.svc.cluster.local");
  });

  test.each<[object, string]>([
    [{ host: "" }, 'host must be a name such as "greeter.default.svc.cluster.local", got ""'],
    [{ host: 5 }, "host must be a name"],
    [
      { host: "greeter:5555" },
      'host must be a name such as "greeter.default.svc.cluster.local", got "greeter:5555"',
    ],
    [{ host: "tcp://greeter" }, "host must be a name"],
    [{ host: "10.0.0.7" }, "host must be a name"],
    [{ host: "a..b" }, "host must be a name"],
    [{ host: `${"a".repeat(64)}.b` }, "host must be a name"],
    [{ host: `${"a.".repeat(127)}` }, ""],
    [{ host: `${"ab.".repeat(85)}` }, "host must be a name"],
    [
      { port: undefined },
      "port must be a whole number from 1 to 65535, got undefined; without one, ask for records",
    ],
    [{ port: 65_536 }, "port must be a whole number from 1 to 65535, got 65536"],
    [{ port: "5555" }, 'port must be a whole number from 1 to 65535, got "5555"'],
    [{ srv: true }, "with srv the records name the port; leave out port, which is 5555"],
    [{ srv: "yes" }, 'srv must be true or false, got "yes"'],
    [{ family: 5 }, "family must be 4 or 6, got 5"],
    [{ intervalMs: 0 }, "intervalMs must be a number above 0, got 0"],
    [{ services: [] }, "services must be a list such as"],
    [{ services: GREETER }, "services must be a list such as"],
    [{ servers: [] }, "servers must be a list of addresses such as"],
    [{ servers: ["dns.example.org"] }, 'got "dns.example.org"'],
    [{ servers: ["10.0.0.1:0"] }, 'got "10.0.0.1:0"'],
    [{ servers: ["[10.0.0.1]:53"] }, 'got "[10.0.0.1]:53"'],
    [{ servers: [5] }, "got 5"],
    [{ ttl: 5 }, 'dns() has no option "ttl"; it has host, port, services'],
  ])("refuse %j", (options, message) => {
    const make = () => dns({ ...good, ...options } as DnsOptions);
    if (message === "") expect(make).not.toThrow();
    else expect(make).toThrow(message);
  });
});
