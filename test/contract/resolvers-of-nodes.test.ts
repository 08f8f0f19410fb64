import { expect, test } from "vitest";
import { GreeterService } from "../../examples/gen/example/v1/greeter_heliograph.js";
import { beacon } from "../../src/discovery/beacon/beacon.js";
import { etcd } from "../../src/discovery/etcd/etcd.js";
import { createClient, createNode, insecure, type NodeOptions, serve } from "../../src/index.js";
import type { Resolver } from "../../src/naming/resolver.js";
import { testLan } from "../support/beacon.js";
import { freePort, startEtcd } from "../support/etcd.js";
import { until } from "../support/within.js";

function nodeOf(name: string, resolvers: readonly Resolver[], rest: Partial<NodeOptions> = {}) {
  return createNode({ name, security: insecure(), registries: [], resolvers, ...rest });
}

async function greeterWith(resolvers: readonly Resolver[], name = "greeter") {
  const node = nodeOf(name, resolvers);
  await serve(node, GreeterService, { greet: (request) => ({ text: `${name} greets ${request.name}` }) });
  return node;
}

test("nodes find each other through an etcd, until one of them leaves", async () => {
  await using server = await startEtcd();
  const resolver = etcd({ endpoints: [server.endpoint], leaseTtlMs: 1_000 });
  await using caller = nodeOf("caller", [resolver]);
  await using staying = await greeterWith([resolver], "staying");
  const leaving = await greeterWith([resolver], "leaving");
  expect(staying.state).toBe("running");
  const greeter = createClient(caller, GreeterService);
  const greetings = new Set<string>();
  await until(20_000, "both to be called", () => {
    greeter.greet({ name: "Ada" }, { waitForReady: true }).then(
      ({ text }) => greetings.add(text),
      () => undefined,
    );
    return greetings.size === 2;
  });
  await leaving.close();
  for (let call = 0; call < 10; call++) {
    expect(await greeter.greet({ name: "Ada" })).toEqual({ text: "staying greets Ada" });
  }
});

test("nodes find each other by a beacon", async () => {
  const resolver = beacon(await testLan());
  await using caller = nodeOf("caller", [resolver]);
  await using _greeter = await greeterWith([resolver]);
  const greeter = createClient(caller, GreeterService);
  expect(await greeter.greet({ name: "Ada" })).toEqual({ text: "greeter greets Ada" });
});

test("a node without its etcd serves nevertheless, and says what is missing", async () => {
  const logger = { debug() {}, info() {}, warn() {}, error() {} };
  const endpoint = `http://127.0.0.1:${await freePort()}`;
  const node = nodeOf("greeter", [etcd({ endpoints: [endpoint] })], { logger });
  const lost = (async () => {
    for await (const status of node.status()) if (status.kind === "registry-lost") return status;
    return undefined;
  })();
  await serve(node, GreeterService, { greet: ({ name }) => ({ text: name }) });
  expect(await lost).toMatchObject({ resolver: `etcd ${endpoint}`, error: { reason: "RESOLVER_FAILED" } });
  await node.close();
});
