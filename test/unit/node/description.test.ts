import { expect, test } from "vitest";
import { Code } from "../../../src/core/code.js";
import { HeliographError } from "../../../src/core/error.js";
import { type DescriptionParts, describeNode, runtimeName } from "../../../src/node/description.js";
import { ResolverLinks } from "../../../src/node/resolver-links.js";
import { schemaHash } from "../../../src/wire/schema-hash.js";
import { CallService } from "../../gen/heliograph/test/v1/call_heliograph.js";

const hash = schemaHash(CallService.$schema);

function partsOf(changes: Partial<DescriptionParts> = {}): DescriptionParts {
  return {
    announcement: {
      node: "streams",
      instance: "a1",
      epoch: 1_000_000,
      endpoints: ["tcp://192.0.2.7:5", "tcp://127.0.0.1:5"],
      services: [
        { name: CallService.$service, schemaHash: hash },
        { name: "other.v1.OtherService", schemaHash: "" },
      ],
      labels: { zone: "eu-1" },
      host: "web-1/9c1185a5",
      condition: "serving",
      kit: "typescript 0.1.0",
      processId: 17,
    },
    state: "running",
    endpoints: ["tcp://0.0.0.0:5"],
    definitions: [CallService],
    registries: [],
    load: { loopLagMs: 1, loopUtilization: 0.5, callsInFlight: 2, memoryBytes: 3 },
    nowUs: 3_500_400,
    ...changes,
  };
}

test("a description has all that a node knows of itself, and survives JSON", () => {
  const description = describeNode(partsOf());
  expect(description).toMatchObject({
    name: "streams",
    instance: "a1",
    epoch: 1_000_000,
    kit: "typescript 0.1.0",
    runtime: `node ${process.versions.node}`,
    processId: 17,
    host: "web-1/9c1185a5",
    state: "running",
    condition: "serving",
    endpoints: ["tcp://0.0.0.0:5"],
    advertised: ["tcp://192.0.2.7:5", "tcp://127.0.0.1:5"],
    labels: { zone: "eu-1" },
    uptimeMs: 2_500,
    registries: [],
    load: { callsInFlight: 2 },
  });
  expect(JSON.parse(JSON.stringify(description))).toEqual(description);
});

test("services are described with their methods, as far as their definitions are known", () => {
  const [known, unknown] = describeNode(partsOf()).services;
  expect(known).toMatchObject({ name: CallService.$service, schemaHash: hash });
  expect(known?.methods.length).toBeGreaterThan(0);
  for (const method of known?.methods ?? []) {
    expect(Object.keys(method)).toEqual(["name", "kind", "idempotency"]);
  }
  expect(new Set(known?.methods.map(({ kind }) => kind)).size).toBeGreaterThan(1);
  expect(unknown).toEqual({ name: "other.v1.OtherService", schemaHash: "", methods: [] });
});

test("a clock that was set back makes no uptime below zero", () => {
  expect(describeNode(partsOf({ nowUs: 0 })).uptimeMs).toBe(0);
});

test.each([
  [{ node: "20.20.0", bun: "1.2.0" }, "bun 1.2.0"],
  [{ node: "20.20.0", deno: "2.1.0" }, "deno 2.1.0"],
  [{ node: "20.20.0" }, "node 20.20.0"],
  [{}, "unknown"],
])("what runs with %j is told as %s", (versions, name) => {
  expect(runtimeName(versions)).toBe(name);
});

test("links to resolvers are reached until they are lost, and again when they are back", () => {
  const links = new ResolverLinks(["registry tcp://a:1", "dns b"]);
  const reached = [
    { name: "registry tcp://a:1", connected: true, error: "", serving: false },
    { name: "dns b", connected: true, error: "", serving: false },
  ];
  expect(links.all).toEqual(reached);
  links.lost("dns b", new HeliographError(Code.Unavailable, "no answer"));
  expect(links.all[1]).toEqual({
    name: "dns b",
    connected: false,
    error: "UNAVAILABLE: no answer",
    serving: false,
  });
  links.back("dns b");
  expect(links.all).toEqual(reached);
  links.serves("registry tcp://a:1", true);
  expect(links.all.map(({ serving }) => serving)).toEqual([true, false]);
  links.serves("registry tcp://a:1", false);
  expect(links.all).toEqual(reached);
});
