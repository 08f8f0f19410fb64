import { afterAll, beforeAll, expect, test } from "vitest";
import { colours } from "../../../src/cli/output/colours.js";
import { run } from "../../../src/cli/program.js";
import { createNode, insecure, type Node } from "../../../src/index.js";
import { fakeTerminal, helio } from "../../unit/cli/fake-terminal.js";
import { endpointOf, quiet } from "./stand-in.js";
import { startTopicNodes, type TopicNodes } from "./topic-nodes.js";

let nodes: TopicNodes;
let robot: Node;
let other: Node;

beforeAll(async () => {
  nodes = await startTopicNodes();
  robot = await logging("robot");
  other = await logging("other");
  robot.logger.info({ part: "arm" }, "one");
  other.logger.error({ error: new Error("no power") }, "two");
  robot.logger.warn({}, "three");
});

afterAll(async () => {
  await Promise.all([robot.close(), other.close()]);
  await nodes[Symbol.asyncDispose]();
});

/** A node that publishes its logs. */
async function logging(name: string): Promise<Node> {
  const node = createNode({
    name,
    security: insecure(),
    registries: [nodes.registry],
    logger: quiet,
    publishLogs: "debug",
  });
  node.logger.debug({}, "zero");
  await node.announced();
  return node;
}

function messages(lines: readonly string[]): unknown[] {
  return lines.map((line) => (JSON.parse(line) as { message: string }).message);
}

test("shows what all nodes have logged, by its time, and ends", async () => {
  const { code, out } = await helio("logs", "--json", "--level", "info", ...nodes.at);
  expect(code).toBe(0);
  expect(messages(out)).toEqual(["one", "two", "three"]);
  expect(JSON.parse(out[1] ?? "")).toMatchObject({
    level: "error",
    node: "other",
    instance: other.instance,
    fields: { error: "no power" },
    stack: expect.stringContaining("no power"),
    history: true,
  });
});

test("shows one node, from a level on, with its values", async () => {
  const { code, out } = await helio("logs", "robot", "--level", "info", ...nodes.at);
  expect(code).toBe(0);
  expect(out).toEqual([
    expect.stringMatching(/^\d\d:\d\d:\d\d\.\d{3} {2}INFO {3}robot {2}one {2}part=arm$/),
    expect.stringMatching(/^\S+ {2}WARN {3}robot {2}three$/),
  ]);
});

test("goes on with what is logged, in colours by level, until Ctrl+C", async () => {
  const terminal = { ...fakeTerminal(), colours: colours(true) };
  const ended = run(["logs", "--follow", "--level", "warn", ...nodes.at], terminal);
  await terminal.printed(/three/);
  robot.logger.warn({}, "four");
  const line = await terminal.printed(/four/);
  expect(line).toContain("\u001b[33mWARN \u001b[39m");
  terminal.interrupt();
  expect(await ended).toBe(0);
});

test("asks one node by its endpoint, and says when nobody publishes logs", async () => {
  const at = ["--endpoint", endpointOf(robot)];
  const { out } = await helio("logs", "--json", "--level", "warn", "--count", "1", ...at);
  expect(messages(out)).toEqual(["three"]);
  const nobody = await helio("logs", "nobody", ...nodes.at);
  expect(nobody.code).toBe(1);
  expect(nobody.err.join("\n")).toContain(
    'no node nobody publishes its logs: make it with createNode({ publishLogs: "info" })',
  );
});
