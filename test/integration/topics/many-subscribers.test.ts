import { afterEach, expect, test } from "vitest";
import { RobotService } from "../../../examples/gen/example/v1/robot_heliograph.js";
import { connectTo, createNode, createPublisher, insecure, subscribe } from "../../../src/index.js";
import { memoryNetwork } from "../../../src/testing/index.js";
import { silent } from "../../contract/rpc-harness.js";
import { endpointsOf } from "./endpoints-of.js";
import { SequenceCheck } from "./sequence-check.js";

const ROOM = "hall";

const open: AsyncDisposable[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each[Symbol.asyncDispose]()));
});

test.each([
  { where: "in memory", subscribers: 1_000, publications: 20, memory: true },
  { where: "over tcp", subscribers: 100, publications: 200, memory: false },
])("$subscribers subscribers of one subject, $where, each get everything once and in order", async (form) => {
  const { subscribers, publications, memory } = form;
  const network = memory ? memoryNetwork() : undefined;
  const common = { security: insecure(), logger: silent, network };
  const node = createNode({ name: "publisher", registries: [], ...common });
  open.push({ [Symbol.asyncDispose]: () => node.close({ graceMs: 0 }) });
  const publisher = createPublisher(node, RobotService.temperature, {
    overflow: "block",
    bufferSize: 64,
    endpoint: memory ? "memory://publisher" : "tcp://127.0.0.1:*",
  });
  const endpoints = await endpointsOf(node);
  // Each with a connection of its own, as if each were a process of its own.
  const readers = Array.from({ length: subscribers }, async (_, n) => {
    const connection = connectTo(endpoints, { name: `subscriber-${n}`, ...common });
    open.push(connection);
    const check = new SequenceCheck();
    const subscription = subscribe(connection, RobotService.temperature, { key: { room: ROOM } });
    for await (const delivery of subscription) check.add(delivery);
    return { check, stats: subscription.stats };
  });
  await publisher.ready({ subscribers, timeoutMs: 30_000 });
  for (let celsius = 1; celsius <= publications; celsius++) await publisher.publish({ room: ROOM, celsius });
  await publisher.flush({ level: "taken", timeoutMs: 30_000 });
  expect(publisher.stats.dropped).toBe(0);
  expect(publisher.stats.subscribers.every(({ sent }) => sent === publications)).toBe(true);
  publisher.end();
  for (const { check, stats } of await Promise.all(readers)) {
    expect(check.faults).toEqual([]);
    expect([...check.lines.values()]).toEqual([
      { first: 1, last: publications, delivered: publications, missed: 0, history: 0 },
    ]);
    expect(stats).toMatchObject({ received: publications, missed: 0, dropped: 0, pending: 0 });
  }
});
