import { spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { afterAll, describe, expect, test } from "vitest";
import type { Finding } from "../../../src/cli/doctor/facts.js";
import type { KnownInstance } from "../../../src/cli/lookup/known-instance.js";
import { createNode, insecure, type Node, serve } from "../../../src/index.js";
import { hostId } from "../../../src/node/host-id.js";
import { type DynamicService, dynamicService } from "../../../src/wire/dynamic-service.js";
import { schemaHash } from "../../../src/wire/schema-hash.js";
import { helio } from "../../unit/cli/fake-terminal.js";
import { known, services } from "../../unit/cli/instances.js";
import { compileSet } from "../../unit/wire/schema-images.js";
import { clockAhead, echoNode, endpointOf, knownNode, standInRegistry } from "./stand-in.js";

const nodes: Node[] = [];

afterAll(() => Promise.all(nodes.map((node) => node.close())));

/** What the doctor finds where a registry knows these. */
async function examine(...instances: readonly KnownInstance[]) {
  const registry = await standInRegistry(instances);
  nodes.push(registry);
  const { code, out } = await helio(
    "doctor",
    "--registry",
    endpointOf(registry),
    "--json",
    "--timeout-ms",
    "1000",
  );
  const { healthy, findings } = JSON.parse(out[0] ?? "") as { healthy: boolean; findings: Finding[] };
  expect(code).toBe(healthy ? 0 : 1);
  return findings
    .filter(({ level }) => level !== "ok")
    .map(({ check, level, text }) => `${level} ${check}: ${text}`);
}

/** A service of this schema, and a node that serves it. */
async function jobNode(job: string): Promise<KnownInstance> {
  const schema = await compileSet({
    "job.proto": `syntax = "proto3"; package x.v1;
      service JobService { rpc Do(Job) returns (Job); }
      message Job { ${job} }`,
  });
  const service: DynamicService = dynamicService(schema, "x.v1.JobService");
  const node = createNode({ name: "jobs", security: insecure(), registries: [] });
  nodes.push(node);
  await serve(node, service, {});
  return knownNode(node, { services: [{ name: service.$service, schemaHash: schemaHash(service.$schema) }] });
}

describe("helio doctor", () => {
  test("finds nothing wrong where all is well, and says what it has looked at", async () => {
    const echo = await echoNode("echo");
    const registry = await standInRegistry([knownNode(echo)]);
    nodes.push(echo, registry);
    const { code, out, err } = await helio("doctor", "--registry", endpointOf(registry));
    expect({ code, err }).toEqual({ code: 0, err: [] });
    expect(out.slice(0, 2)).toEqual([
      expect.stringMatching(/^ok {4}environment {2}HELIOGRAPH_REGISTRY is not set/),
      `ok    registry     ${endpointOf(registry)} answers, and knows 1 instance`,
    ]);
    expect(out.map((line) => line.split(/ {2,}/)[1])).toEqual(
      expect.arrayContaining([
        "node",
        "service",
        "name",
        "endpoint",
        "kit",
        "protocol",
        "schema",
        "clock",
        "security",
      ]),
    );
    expect(out.at(-1)).toMatch(/^\d+ ok, 0 warnings, 0 failures$/);
  });

  test("finds clocks that are off, and endpoints that lead nowhere or to another node", async () => {
    const ahead = await echoNode("ahead", { clock: clockAhead(60_000) });
    const echo = await echoNode("echo");
    nodes.push(ahead, echo);
    const gone = known("gone", { endpoints: ["ipc:///nowhere/gone"] });
    const shadow = knownNode(echo, { node: "shadow", instance: "shadow-1" });
    expect(await examine(knownNode(ahead), gone, shadow)).toEqual([
      "fail endpoint: nobody listens at ipc:///nowhere/gone of gone (gone-000), as seen from here",
      expect.stringMatching(
        /^fail endpoint: something listens at \S+ of shadow \(shadow-1\), but it is not that node/,
      ),
      expect.stringMatching(
        /^warn clock: the clock of ahead \([0-9a-f]{8}\) is 60\.0 s ahead of that of this machine$/,
      ),
    ]);
  });

  test("finds schemas that do not go together, by the path of the field", async () => {
    const [text, number, more] = await Promise.all([
      jobNode("string id = 1;"),
      jobNode("int32 id = 1;"),
      jobNode("string id = 1; string note = 2;"),
    ]);
    expect(await examine(text, more)).toEqual([]);
    expect(await examine(text, number)).toEqual([
      expect.stringMatching(
        /^fail schema: x\.v1\.JobService has 2 schemas, .* which do not go together: x\.v1\.JobService\/Do: request x\.v1\.Job\.id \(field 1\) is (string|int32) here and (string|int32) at the server/,
      ),
    ]);
  });

  test("takes an endpoint of another machine's loopback for what it is", async () => {
    const echo = await echoNode("echo");
    nodes.push(echo);
    expect(await examine(knownNode(echo, { host: "elsewhere/1234" }))).toEqual([
      `warn endpoint: ${endpointOf(echo)} of echo (${echo.instance.slice(0, 8)}) can be reached on its own machine only (elsewhere/1234)`,
    ]);
  });

  test("says what to do where no registry answers, and no node", async () => {
    const { code, out, err } = await helio("doctor", "--registry", "ipc:///nowhere/registry");
    expect({ code, err }).toEqual({ code: 1, err: [] });
    expect(out[1]).toBe("fail  registry     ipc:///nowhere/registry does not answer: nobody listens there");
    expect(out[2]).toBe("                   → start it with helio registry, or correct the endpoint");
    const node = await helio("doctor", "--endpoint", "ipc:///nowhere/node");
    expect(node.code).toBe(1);
    expect(node.out[0]).toMatch(
      /^fail {2}node +no node answers at ipc:\/\/\/nowhere\/node: nobody listens there$/,
    );
  });

  test("tells of services that can be called nowhere", async () => {
    const dead = known("dead", { services: services("x.v1.DeadService"), state: "dead", endpoints: [] });
    expect(await examine(dead)).toContain(
      "warn service: x.v1.DeadService can be called nowhere: whoever served it is dead",
    );
  });

  test.runIf(process.platform === "linux")("tells a process that is stopped from a closed way", async () => {
    const child = spawn(process.execPath, [
      "-e",
      'require("node:net").createServer().listen(0, "127.0.0.1", function () { console.log(this.address().port) })',
    ]);
    try {
      const [port] = await once(child.stdout, "data");
      const { pid: processId = 0 } = child;
      child.kill("SIGSTOP");
      const stopped = known("stopped", {
        endpoints: [`tcp://127.0.0.1:${String(port).trim()}`],
        host: hostId(),
        processId,
        state: "suspect",
      });
      expect(await examine(stopped)).toEqual([
        `fail node: stopped (stopped-) is suspect: its process ${processId} was stopped by a signal, and has said nothing for 0s`,
        `warn endpoint: connections to ${stopped.endpoints[0]} of stopped (stopped-) are taken, but its process says nothing`,
      ]);
    } finally {
      child.kill("SIGKILL");
    }
  });
});
