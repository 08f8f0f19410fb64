import { describe, expect, test } from "vitest";
import { Code } from "../../../src/core/code.js";
import { checkAnnouncement } from "../../../src/discovery/registry-limits.js";
import type { Announcement } from "../../../src/naming/instance.js";
import { announced } from "../../support/announcements.js";

const long = (length: number) => "x".repeat(length);
const many = (count: number) => Array.from({ length: count }, (_, index) => String(index));
const services = (...names: string[]) => names.map((name) => ({ name, schemaHash: "" }));

describe("an announcement", () => {
  test.each<[string, Partial<Announcement>]>([
    ["of a node that serves nothing", { endpoints: [], services: [], labels: {}, host: "", kit: "" }],
    ["with as much as it may have", { node: long(64), instance: long(128), host: long(256), kit: long(256) }],
    ["with 64 endpoints", { endpoints: many(64).map((port) => `tcp://10.0.0.7:1${port}`) }],
    ["with 512 services", { services: services(...many(512)) }],
    ["with labels", { labels: { zone: "eu-1", [long(256)]: long(256) } }],
    ["of ipc and inproc", { endpoints: ["ipc:///run/greeter.sock", "inproc://greeter"] }],
    ["on IPv6", { endpoints: ["tcp://[fe80::1]:5"] }],
  ])("%s is taken", (_, part) => {
    expect(checkAnnouncement(announced("a", part))).toBeGreaterThan(200);
  });

  test.each<[string, Partial<Announcement>, RegExp]>([
    ["without a node", { node: "" }, /node must have 1 to 64 letters.*got ""/],
    ["of a node with a strange name", { node: "a b" }, /got "a b"/],
    ["without an instance", { instance: "" }, /instance must not be empty/],
    ["with a long instance", { instance: long(129) }, /instance may have 128 bytes, got 129/],
    ["without an epoch", { epoch: 0 }, /epoch must be the time/],
    ["with 65 endpoints", { endpoints: many(65).map((p) => `tcp://h:${p}`) }, /65 endpoints.*at most 64/],
    ["with an endpoint that is none", { endpoints: ["10.0.0.7"] }, /"10\.0\.0\.7" is not an endpoint/],
    [
      "with a long endpoint",
      { endpoints: [`ipc://${long(256)}`] },
      /an endpoint may have 256 bytes, got 262/,
    ],
    ["with any port", { endpoints: ["tcp://10.0.0.7:*"] }, /not an address that others can reach/],
    ["with any ipc path", { endpoints: ["ipc://*"] }, /not an address that others can reach/],
    ["with port 0", { endpoints: ["tcp://10.0.0.7:0"] }, /not an address that others can reach/],
    [
      "with all addresses of IPv6",
      { endpoints: ["tcp://[0:0::0]:5"] },
      /not an address that others can reach/,
    ],
    ["with all addresses", { endpoints: ["tcp://0.0.0.0:5"] }, /not an address that others can reach/],
    ["with all of IPv6", { endpoints: ["tcp://[::]:5"] }, /not an address that others can reach/],
    ["with 513 services", { services: services(...many(513)) }, /513 services.*at most 512/],
    ["with a nameless service", { services: services("") }, /name of a service must not be empty/],
    ["with a long service", { services: services(long(257)) }, /name of a service may have 256 bytes/],
    ["with a service twice", { services: services("a", "b", "a") }, /the service "a" is there twice/],
    ["with a long hash", { services: [{ name: "a", schemaHash: long(129) }] }, /schema hash may have 128/],
    ["with 65 labels", { labels: Object.fromEntries(many(65).map((k) => [k, k])) }, /65 labels.*at most 64/],
    ["with a nameless label", { labels: { "": "eu-1" } }, /name of a label must not be empty.*"eu-1"/],
    ["with a long label", { labels: { [long(257)]: "" } }, /name of a label may have 256/],
    ["with a label of much", { labels: { zone: long(257) } }, /value of a label may have 256/],
    ["with a label of few but large characters", { labels: { zone: "€".repeat(86) } }, /256 bytes, got 258/],
    ["with a long host", { host: long(257) }, /host may have 256/],
    ["with a long kit", { kit: long(257) }, /kit may have 256/],
    [
      "with too much in all",
      { services: services(...many(512).map((n) => n.padStart(250, "s"))) },
      /takes \d+ bytes; at most 131072/,
    ],
  ])("%s is refused", (_, part, text) => {
    expect(() => checkAnnouncement(announced("a", part))).toThrow(
      expect.objectContaining({
        code: Code.InvalidArgument,
        reason: "REGISTRATION_REFUSED",
        message: expect.stringMatching(text),
      }),
    );
  });
});
