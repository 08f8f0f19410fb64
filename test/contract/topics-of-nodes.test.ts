import { afterEach, expect, test } from "vitest";
import { RobotService } from "../../examples/gen/example/v1/robot_heliograph.js";
import { NodeService } from "../../src/gen/heliograph/node/v1/node_heliograph.js";
import {
  connectTo,
  createClient,
  createNode,
  createPublisher,
  insecure,
  type Node,
  type NodeOptions,
} from "../../src/index.js";
import { memoryNetwork } from "../../src/testing/index.js";
import { schemaHash } from "../../src/wire/schema-hash.js";

const open: AsyncDisposable[] = [];

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one[Symbol.asyncDispose]();
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
