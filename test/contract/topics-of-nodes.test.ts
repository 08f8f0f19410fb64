import { fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  type FieldDescriptorProto,
  FieldDescriptorProto_Type,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";
import { afterEach, expect, test } from "vitest";
import type { Reading } from "../../examples/gen/example/v1/robot.js";
import { RobotService } from "../../examples/gen/example/v1/robot_heliograph.js";
import { NodeService } from "../../src/gen/heliograph/node/v1/node_heliograph.js";
import { LogService } from "../../src/gen/heliograph/pubsub/v1/event_heliograph.js";
import {
  Code,
  connectTo,
  createClient,
  createNode,
  createPublisher,
  fixed,
  insecure,
  type Node,
  type NodeOptions,
  type Publisher,
  serve,
  subscribe,
} from "../../src/index.js";
import { fakeClock, memoryNetwork } from "../../src/testing/index.js";
import type { Topic } from "../../src/wire/definition.js";
import { dynamicService } from "../../src/wire/dynamic-service.js";
import { schemaHash } from "../../src/wire/schema-hash.js";
import type { Note } from "../gen/heliograph/test/v1/call.js";
import { CallService } from "../gen/heliograph/test/v1/call_heliograph.js";
import { until } from "../support/within.js";

const open: AsyncDisposable[] = [];

afterEach(async () => {
  for (const one of open.splice(0)) await one[Symbol.asyncDispose]();
});

const network = memoryNetwork();

function nodeOf(name: string, options: Partial<NodeOptions> = {}): Node {
  const node = createNode({ name, security: insecure(), network, registries: [], ...options });
  open.push(node);
  return node;
}

function connect({ endpoints }: Node) {
  const connection = connectTo(endpoints, { security: insecure(), network });
  open.push(connection);
  return connection;
}

/** A node that publishes temperatures, and listens. */
async function thermometer(options: Partial<NodeOptions> = {}) {
  const node = nodeOf("robot", options);
  const publisher = createPublisher(node, RobotService.temperature, { history: 1 });
  await node.announced();
  return { node, publisher };
}

test("a node tells the schema of a service of which it only publishes a topic", async () => {
  const { node, publisher } = await thermometer();
  const client = createClient(connect(node), NodeService);
  const schema = {
    name: RobotService.$service,
    hash: schemaHash(RobotService.$schema),
    descriptorSet: Uint8Array.from(Buffer.from(RobotService.$schema, "base64")),
  };
  expect((await client.schema({})).services).toEqual([schema]);
  expect((await client.schema({ services: [RobotService.$service] })).services).toEqual([schema]);
  await publisher.close();
  expect((await client.schema({})).services).toEqual([]);
});

test("a description tells topics from services", async () => {
  const { node } = await thermometer();
  expect(node.describe()).toMatchObject({
    services: [],
    topics: [{ name: RobotService.temperature.path, schemaHash: schemaHash(RobotService.$schema) }],
  });
});

let made = 0;

/** The topic, as somebody knows it whose `Reading` has another field 2. Nobody has met that schema before. */
function otherTopic(change: (field: FieldDescriptorProto) => void): Topic<Record<string, unknown>> {
  const set = fromBinary(FileDescriptorSetSchema, Buffer.from(RobotService.$schema, "base64"));
  for (const { messageType } of set.file)
    for (const { name, field } of messageType)
      for (const each of field) {
        if (name === "Reading" && each.number === 2) change(each);
        if (name === "ResizeJob") each.name = `path_${++made}`;
      }
  const service = dynamicService(toBinary(FileDescriptorSetSchema, set), RobotService.$service);
  return service["temperature"] as Topic<Record<string, unknown>>;
}

const asText = () =>
  otherTopic((field) => {
    field.type = FieldDescriptorProto_Type.STRING;
  });

test("a subscriber that would misread a publisher is told so, with the path of the field, and delivers nothing", async () => {
  const { node, publisher } = await thermometer();
  await publisher.publish({ room: "kitchen", celsius: 21 });
  const readings = subscribe(connect(node), asText(), { snapshot: true });
  open.push(readings);
  const events = readings.events();
  const { value: event } = await events.next();
  const path = "example.v1.RobotService/Temperature: answer example.v1.Reading.celsius (field 2)";
  expect(event).toMatchObject({
    kind: "incompatible",
    publisher: { node: "robot", instance: node.instance },
    error: {
      code: Code.FailedPrecondition,
      reason: "SCHEMA_INCOMPATIBLE",
      message: expect.stringContaining(`${path} is string here and double at the server`),
    },
  });
  await expect(readings.ready({ timeoutMs: 20 })).rejects.toThrow(path);
  expect(readings.stats).toMatchObject({ received: 0, publishers: [] });
  // Once it knows, it does not stay.
  await until(20_000, "the publisher to be rid of it", () => publisher.stats.subscribers.length === 0);
});

test("a subscriber whose schema differs otherwise gets everything, also where the rest of the service does not fit", async () => {
  const { node, publisher } = await thermometer();
  const renamed = otherTopic((field) => {
    field.name = "degrees";
    field.jsonName = "degrees";
  });
  const readings = subscribe(connect(node), renamed);
  open.push(readings);
  await readings.ready({ timeoutMs: 20_000 });
  await publisher.publish({ room: "kitchen", celsius: 21 });
  expect((await readings.next()).value?.message).toMatchObject({ room: "kitchen", degrees: 21 });
});

test("a subscriber takes the publishers that fit, and says why it takes no others", async () => {
  const good = await thermometer();
  const bad = nodeOf("bad");
  createPublisher(bad, asText());
  await bad.announced();
  const node = nodeOf("reader", {
    resolvers: [
      fixed([
        {
          services: [RobotService.temperature],
          endpoints: [good.node, bad].flatMap(({ endpoints }) => endpoints),
        },
      ]),
    ],
  });
  const readings = subscribe(node, RobotService.temperature);
  await readings.ready({ publishers: 1, timeoutMs: 20_000 });
  await expect(readings.ready({ publishers: 2, timeoutMs: 300 })).rejects.toThrow(
    /celsius \(field 2\) is double here/,
  );
  expect(readings.stats.publishers.map(({ peer }) => peer)).toEqual([
    { node: "robot", instance: good.node.instance },
  ]);
});

for (const address of ["fixed", "named"] as const) {
  test(`a subscriber finds a publisher of which only the address is known (${address})`, async () => {
    const { node, publisher } = await thermometer();
    const topic = RobotService.temperature;
    const services = [address === "fixed" ? topic : topic.path];
    const reader = nodeOf("reader", { resolvers: [fixed([{ services, endpoints: node.endpoints }])] });
    const readings = subscribe(reader, topic);
    open.push(readings);
    await readings.ready({ timeoutMs: 20_000 });
    await publisher.publish({ room: "kitchen", celsius: 21 });
    expect((await readings.next()).value).toMatchObject({
      message: { room: "kitchen", celsius: 21 },
      publisher: { node: "robot", instance: node.instance },
    });
  });
}

test("a node says which subscriber does not keep up, once until it has kept up", async () => {
  const said: unknown[] = [];
  const logger = { debug() {}, info() {}, error() {}, warn: (fields: object) => said.push(fields) };
  const node = nodeOf("robot", { logger });
  const publisher = createPublisher(node, RobotService.temperature, { bufferSize: 4 });
  await node.announced();
  const status = node.status();
  const readings = subscribe(connect(node), RobotService.temperature, { bufferSize: 1 });
  open.push(readings);
  await readings.ready({ timeoutMs: 20_000 });
  await fill(publisher);
  let told = await status.next();
  while (told.value?.kind !== "slow-subscriber") told = await status.next();
  expect(told.value).toMatchObject({
    topic: RobotService.temperature.path,
    peer: { node: "client" },
    dropped: expect.any(Number),
  });
  expect(told.value.dropped).toBeGreaterThan(0);
  expect(said).toEqual([
    expect.objectContaining({ topic: RobotService.temperature.path, subscriber: "client" }),
  ]);
  await fill(publisher);
  await node.close();
  const others: unknown[] = [];
  for await (const each of status) if (each.kind === "slow-subscriber") others.push(each);
  expect(others).toEqual([]);
});

test("a node closes within its grace, whoever waits for room, is silent, or reads nothing", async () => {
  const clock = fakeClock();
  const node = nodeOf("robot", { clock });
  const publisher = createPublisher(node, RobotService.temperature, { bufferSize: 1, overflow: "block" });
  await node.announced();
  const readings = subscribe(connect(node), RobotService.temperature, { bufferSize: 1 });
  open.push(readings);
  await readings.ready({ timeoutMs: 20_000 });
  // A node that subscribes to itself, and one that waits for a publisher.
  const own = subscribe(node, LogService.records);
  // And a call that never ends.
  await serve(node, CallService, { call: () => new Promise<Note>(() => {}) });
  const call = createClient(connect(node), CallService).call({});
  call.catch(() => {});
  await until(20_000, "the call to arrive", () => node.serving.callsInFlight === 1);
  const blocked: unknown[] = [];
  for (let n = 0; n < 1_000; n++)
    publisher.publish({ room: "x".repeat(16_384), celsius: n }).catch((error) => blocked.push(error.reason));
  await until(20_000, "publications to go", () => publisher.stats.subscribers[0]?.pending === 1);
  const closing = node.close({ graceMs: 3_000 });
  await clock.advanceAsync(3_000);
  await closing;
  await expect(call).rejects.toMatchObject({ code: Code.Unavailable });
  expect(blocked).toContain("TOPIC_ENDED");
  expect(await own.next()).toEqual({ done: true, value: undefined });
});

/** Publishes until something is dropped. */
async function fill(publisher: Publisher<Reading>): Promise<void> {
  const { dropped } = publisher.stats;
  for (let n = 0; publisher.stats.dropped === dropped; n++) {
    await publisher.publish({ room: "x".repeat(4_096), celsius: n });
    await turn();
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
