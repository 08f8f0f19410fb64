import { once } from "node:events";
import { afterEach, expect, test } from "vitest";
import { RegistryService } from "../../../src/gen/heliograph/discovery/v1/registry_heliograph.js";
import { connectTo, createClient, createNode, insecure, serveRegistry } from "../../../src/index.js";
import { type Child, startChild } from "../../support/child.js";
import { Lateness } from "../../support/lateness.js";
import { Spectator } from "../../support/registry-peers.js";
import { until } from "../../support/within.js";

/** Long enough for a machine that is busy with other tests. */
const HEARTBEAT_MS = 400;

const open: AsyncDisposable[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each[Symbol.asyncDispose]()));
});

/** A registry here, a node in a process of its own, and what a watcher is told of it, in short. */
async function start() {
  const registry = createNode({ name: "registry", security: insecure(), registries: [] });
  open.push({ [Symbol.asyncDispose]: () => registry.close({ graceMs: 0 }) });
  const { endpoints } = await serveRegistry(registry, { heartbeatMs: HEARTBEAT_MS });
  const connection = connectTo(endpoints, { security: insecure() });
  open.push(connection);
  const child = await startChild("registered-node", { registry: endpoints[0] });
  open.push(child);
  const watcher = new Spectator(createClient(connection, RegistryService));
  await until(20_000, "the node to be known", () => watcher.told.some((each) => each.endsWith(" alive")));
  const instance = watcher.responses.flatMap(({ changed }) => changed)[0]?.announcement?.instance ?? "";
  watcher.news();
  const states = () => watcher.told.map((each) => each.replace(`${instance} `, "").replace(instance, "gone"));
  const becomes = async (...expected: readonly string[]) => {
    const told = () => states().filter((each) => each !== "complete");
    await until(20_000, expected.join(", "), () => told().length >= expected.length);
    expect(told()).toEqual(expected);
    watcher.news();
  };
  return { child, becomes };
}

function tell(child: Child, message: object): void {
  child.process.send(message);
}

test("a stopped process is suspect, then dead, and alive when it goes on; a blocked one is stalled meanwhile", async () => {
  const { child, becomes } = await start();
  child.process.kill("SIGSTOP");
  await becomes("suspect", "dead");
  child.process.kill("SIGCONT");
  await becomes("alive");
  tell(child, { kind: "block", ms: 5 * HEARTBEAT_MS });
  await becomes("stalled", "alive");
});

test("a process that is killed is suspect at once, then dead; one that closes is gone", async () => {
  const [killed, closed] = await Promise.all([start(), start()]);
  using late = new Lateness();
  const before = performance.now();
  await killed.child.kill("SIGKILL");
  await killed.becomes("suspect");
  expect(performance.now() - before).toBeLessThan(HEARTBEAT_MS + late.ms);
  await killed.becomes("dead");
  const gone = once(closed.child.process, "exit");
  tell(closed.child, { kind: "close" });
  await gone;
  // It says that it drains before it leaves.
  await closed.becomes("alive", "-gone");
});
