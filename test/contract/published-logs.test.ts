import { afterEach, expect, test } from "vitest";
import { LogService } from "../../src/gen/heliograph/pubsub/v1/event_heliograph.js";
import {
  Code,
  connectTo,
  createNode,
  createPublisher,
  insecure,
  type Node,
  type NodeOptions,
  subscribe,
} from "../../src/index.js";
import { memoryNetwork } from "../../src/testing/index.js";

const open: AsyncDisposable[] = [];

afterEach(async () => {
  for (const one of open.splice(0)) await one[Symbol.asyncDispose]();
});

const network = memoryNetwork();
const silent = { debug() {}, info() {}, warn() {}, error() {} };

function nodeOf(options: Partial<NodeOptions> = {}): Node {
  const node = createNode({
    name: "robot",
    security: insecure(),
    network,
    registries: [],
    logger: silent,
    ...options,
  });
  open.push(node);
  return node;
}

/** What is said of it. */
function follow({ endpoints }: Node, history = 0) {
  const connection = connectTo(endpoints, { security: insecure(), network });
  open.push(connection);
  const records = subscribe(connection, LogService.records, { history });
  open.push(records);
  return records;
}

async function texts(records: ReturnType<typeof follow>, count: number): Promise<string[]> {
  const found: string[] = [];
  while (found.length < count) found.push((await records.next()).value?.message.message ?? "");
  return found;
}

test("what a node logs is published from a level on, whatever its logger drops, with what was logged before", async () => {
  const node = nodeOf({ publishLogs: "info", logLevel: "silent" });
  const { info } = node.logger;
  info({ part: 1 }, "first");
  node.logger.debug({}, "too quiet");
  await node.announced();
  const records = follow(node, 100);
  await records.ready({ timeoutMs: 20_000, snapshot: true });
  node.logger.error({ error: new Error("broken") }, "second");
  const first = (await records.next()).value;
  expect(first).toMatchObject({
    subject: "LOG_LEVEL_INFO/robot",
    history: true,
    message: { message: "first", node: "robot", instance: node.instance, fields: new Map([["part", "1"]]) },
  });
  const second = (await records.next()).value;
  expect(second).toMatchObject({
    subject: "LOG_LEVEL_ERROR/robot",
    history: false,
    message: { message: "second" },
  });
  expect(second?.message.stack).toContain("broken");
});

test("a node that publishes no logs does not listen for it, one that does listens only once there is something", () => {
  const quiet = nodeOf();
  quiet.logger.error({}, "nobody follows");
  expect([quiet.state, quiet.topics.topics]).toEqual(["idle", []]);
  const node = nodeOf({ publishLogs: "warn" });
  node.logger.info({}, "too quiet");
  expect([node.state, node.topics.topics]).toEqual(["idle", []]);
  node.logger.warn({}, "loud");
  expect(node.describe().topics.map(({ name }) => name)).toEqual([LogService.records.path]);
});

test("what is logged while a record is made is not published, and so does not go on for ever", async () => {
  const node = nodeOf({ publishLogs: "debug" });
  node.logger.info({}, "before");
  await node.announced();
  const records = follow(node);
  await records.ready({ timeoutMs: 20_000 });
  const noisy = { toJSON: () => node.logger.error({}, "logged by what is logged") };
  node.logger.info({ noisy }, "one");
  node.logger.warn({ topic: LogService.records.path }, "a subscriber does not keep up");
  node.logger.info({}, "two");
  expect(await texts(records, 2)).toEqual(["one", "two"]);
});

test("nothing is thrown to who logs, not by fields, nor when the topic is taken or the node closed", async () => {
  const node = nodeOf({ publishLogs: "debug" });
  const taken = createPublisher(node, LogService.records);
  const hostile = new Proxy(
    {},
    {
      ownKeys: () => {
        throw new Error("no");
      },
    },
  );
  node.logger.info(hostile, "hostile");
  node.logger.info(undefined as never, undefined as never);
  await taken.close();
  node.logger.info({}, "the publisher is gone");
  await node.close();
  node.logger.info({}, "the node is gone");
  expect(node.topics.topics).toEqual([]);
});

test("the level of a node that publishes its logs can be changed as that of others", () => {
  const said: string[] = [];
  const logger = { ...silent, info: (_: unknown, message: string) => said.push(message) };
  const node = nodeOf({ publishLogs: "error", logger, logLevel: "warn" });
  const leveled = node.logger as unknown as { level: string };
  node.logger.info({}, "dropped");
  leveled.level = "info";
  node.logger.info({}, "said");
  expect([leveled.level, said]).toEqual(["info", ["said"]]);
});

test("publishLogs is a level", () => {
  expect(() => nodeOf({ publishLogs: "silent" as "error" })).toThrow(
    expect.objectContaining({
      code: Code.InvalidArgument,
      rawMessage: 'publishLogs must be debug, info, warn, error, or left out, got "silent"',
    }),
  );
});
