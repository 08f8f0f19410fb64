import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { run } from "../../../src/cli/program.js";
import { type CheckResponse, Status } from "../../../src/gen/heliograph/health/v1/health.js";
import { HealthService } from "../../../src/gen/heliograph/health/v1/health_heliograph.js";
import { Code, HeliographError, type Node, serve } from "../../../src/index.js";
import { fakeTerminal, helio } from "../../unit/cli/fake-terminal.js";
import { known, services } from "../../unit/cli/instances.js";
import { endpointOf, knownNode, standInNode, standInRegistry } from "./stand-in.js";

const SERVICE = "example.v1.GreeterService";
const ok: CheckResponse = { status: Status.STATUS_SERVING, reason: "" };
const paused: CheckResponse = { status: Status.STATUS_NOT_SERVING, reason: "paused" };

/** What the node says of itself. */
const said = new Map<string, CheckResponse>([
  ["", ok],
  [SERVICE, ok],
]);
const watchers = new Set<() => void>();

let greeter: Node;
let registry: Node;
let at: string[];

function say(service: string, status: CheckResponse): void {
  said.set(service, status);
  for (const wake of watchers) wake();
}

beforeAll(async () => {
  greeter = await standInNode("greeter");
  await serve(greeter, HealthService, {
    check({ service }) {
      const status = said.get(service);
      if (status !== undefined) return status;
      throw new HeliographError(Code.NotFound, `${service} is not served`);
    },
    list: () => ({ statuses: new Map([...said].map(([name, { status }]) => [name, status])) }),
    async *watch({ service }, { signal }) {
      const ended = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
      while (!signal.aborted) {
        const changed = new Promise<void>((resolve) => watchers.add(resolve));
        yield said.get(service) ?? { status: Status.STATUS_SERVICE_UNKNOWN, reason: "" };
        await Promise.race([changed, ended]);
      }
    },
  });
  const gone = known("gone", { endpoints: ["ipc:///nowhere/gone"] });
  registry = await standInRegistry([knownNode(greeter, { services: services(SERVICE) }), gone]);
  at = ["--registry", endpointOf(registry)];
});

beforeEach(() => {
  say("", ok);
  say(SERVICE, ok);
});

afterAll(() => Promise.all([greeter.close(), registry.close()]));

describe("helio health", () => {
  test("shows a node and its services, and ends with 0 when all serve", async () => {
    const id = greeter.instance.slice(0, 8);
    expect(await helio("health", "greeter", ...at)).toEqual({
      code: 0,
      err: [],
      out: [
        "NODE     INSTANCE  SERVICE                    STATUS",
        `greeter  ${id}  (the node)                 serving`,
        `greeter  ${id}  example.v1.GreeterService  serving`,
      ],
    });
  });

  test("ends with 1 when something does not serve, and says why", async () => {
    say(SERVICE, paused);
    const { code, out } = await helio("health", "greeter", ...at);
    expect(code).toBe(1);
    expect(out.at(-1)).toMatch(/example\.v1\.GreeterService +not serving +paused$/);
    const service = await helio("health", "GreeterService", "--json", ...at);
    expect(service.code).toBe(1);
    expect(JSON.parse(service.out[0] ?? "")).toEqual({
      healthy: false,
      health: [
        {
          node: "greeter",
          instance: greeter.instance,
          service: SERVICE,
          status: "not-serving",
          reason: "paused",
        },
      ],
    });
  });

  test("ends with 1 when something does not answer", async () => {
    const { code, out } = await helio("health", ...at);
    expect(code).toBe(1);
    expect(out.at(-1)).toMatch(/^greeter/);
    expect(out[1]).toMatch(/^gone +gone-000 +\(the node\) +unreachable +nobody listens there$/);
  });

  test("is the probe of a container, without a registry", async () => {
    const endpoint = endpointOf(greeter);
    expect((await helio("health", "--endpoint", endpoint)).code).toBe(0);
    expect((await helio("health", endpoint, "--json")).code).toBe(0);
    say("", paused);
    expect((await helio("health", "--endpoint", endpoint)).code).toBe(1);
    expect(await helio("health", "--endpoint", "ipc:///nowhere/greeter")).toEqual({
      code: 1,
      out: [],
      err: ["no node answers at ipc:///nowhere/greeter: nobody listens there"],
    });
  });

  test("says of what was announced and is not served any more that it is not", async () => {
    said.delete(SERVICE);
    const { code, out } = await helio("health", SERVICE, ...at);
    expect(code).toBe(1);
    expect(out.at(-1)).toMatch(/GreeterService +not served$/);
  });

  test("shows each change with --watch, until Ctrl+C", async () => {
    const terminal = fakeTerminal();
    const ended = run(["health", "GreeterService", "--watch", ...at], terminal);
    await terminal.printed(/GreeterService {2}serving$/);
    say(SERVICE, paused);
    await terminal.printed(
      /^[\d:.]{12} {2}greeter \([0-9a-f]{8}\) {2}example\.v1\.GreeterService {2}not serving: paused$/,
    );
    terminal.interrupt();
    expect(await ended).toBe(0);
    expect(terminal.out).toHaveLength(2);
  });

  test("gives a program a line of JSON for each change", async () => {
    const terminal = fakeTerminal();
    const ended = run(["health", "gone", "--watch", "--json", ...at], terminal);
    const line = JSON.parse(await terminal.printed(/unreachable/));
    expect(line).toEqual({
      time: expect.stringMatching(/^\d{4}-.*Z$/),
      node: "gone",
      instance: "gone-0000",
      service: "",
      status: "unreachable",
      reason: "nobody listens there",
    });
    terminal.interrupt();
    expect(await ended).toBe(0);
  });
});
