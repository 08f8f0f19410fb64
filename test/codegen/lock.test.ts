import { beforeAll, expect, it } from "vitest";
import { compareLocks, formatBreakingChange } from "../../src/codegen/lock-compare.js";
import type { LockManifest } from "../../src/codegen/lock-manifest.js";
import { parseLock } from "../../src/codegen/lock-parse.js";
import { fixtureSources } from "./fixtures.js";
import { type Compiled, compile } from "./schemas.js";

const before = `syntax = "proto3";
package lock.v1;
import "heliograph/options/v1/options.proto";
service S {
  rpc Ask(Q) returns (A) { option idempotency_level = NO_SIDE_EFFECTS; }
  rpc Watch(Q) returns (stream A);
  rpc Follow(Q) returns (stream A) { option (heliograph.options.v1.resumable) = { retention_ms: 60000 }; }
  rpc Readings(None) returns (stream Reading) { option (heliograph.options.v1.topic).key = "{room}"; }
  rpc Work(Job) returns (None) { option (heliograph.options.v1.pipeline).acknowledged = true; }
  rpc Go(Job) returns (stream Event) { option (heliograph.options.v1.action) = { policy: POLICY_QUEUE queue_size: 2 }; }
  rpc constructor(Q) returns (A);
}
service Gone { rpc Ask(Q) returns (A); }
message Q {} message A {} message None {} message Job {} message Done {}
message Reading { string room = 1; string house = 2; }
message Event { oneof event { A feedback = 1; Done result = 2; } }
`;

/** What is changed in the schema, and what must be told of it. */
const changes: readonly (readonly [name: string, from: string | RegExp, to: string, told: string])[] = [
  ["a removed service", /service Gone.*/, "", "lock.v1.Gone was removed or renamed"],
  ["a removed member", /rpc constructor.*/, "", "lock.v1.S/constructor was removed or renamed"],
  ["a renamed member", "rpc Watch", "rpc Look", "lock.v1.S/Watch was removed or renamed"],
  [
    "another kind",
    'option (heliograph.options.v1.topic).key = "{room}";',
    "",
    "lock.v1.S/Readings: kind changed from topic to server-stream",
  ],
  [
    "another request",
    "Ask(Q) returns (A) {",
    "Ask(Job) returns (A) {",
    "lock.v1.S/Ask: input changed from lock.v1.Q to lock.v1.Job",
  ],
  [
    "another response",
    "(stream A);",
    "(stream Done);",
    "lock.v1.S/Watch: output changed from lock.v1.A to lock.v1.Done",
  ],
  [
    "other streaming",
    "Watch(Q)",
    "Watch(stream Q)",
    "lock.v1.S/Watch: streaming changed from (one) returns (stream) to (stream) returns (stream)",
  ],
  [
    "weaker idempotency",
    "NO_SIDE_EFFECTS",
    "IDEMPOTENT",
    "lock.v1.S/Ask: idempotency weakened from no-side-effects to idempotent",
  ],
  [
    "a stream that is no longer resumable",
    "option (heliograph.options.v1.resumable) = { retention_ms: 60000 };",
    "",
    "lock.v1.S/Follow is no longer resumable",
  ],
  [
    "a resumable stream that streams no more, once",
    /rpc Follow.*/,
    "rpc Follow(Q) returns (A);",
    "lock.v1.S/Follow: streaming changed from (one) returns (stream) to (one) returns (one)",
  ],
  [
    "another key",
    '"{room}"',
    '"{house}/{room}"',
    'lock.v1.S/Readings: key changed from "{room: string = 1}" to "{house: string = 2}/{room: string = 1}"',
  ],
  [
    "another type of a key's field",
    "string room",
    "int32 room",
    'lock.v1.S/Readings: key changed from "{room: string = 1}" to "{room: integer = 1}"',
  ],
  [
    "a pipeline no longer acknowledged",
    "acknowledged = true",
    "acknowledged = false",
    "lock.v1.S/Work: acknowledged changed from true to false",
  ],
  [
    "another policy",
    "policy: POLICY_QUEUE queue_size: 2",
    "policy: POLICY_PREEMPT",
    "lock.v1.S/Go: policy changed from kind queue, size 2 to kind preempt",
  ],
  [
    "a shorter queue",
    "queue_size: 2",
    "queue_size: 1",
    "lock.v1.S/Go: policy changed from kind queue, size 2 to kind queue, size 1",
  ],
  [
    "a shorter retention",
    "queue_size: 2",
    "queue_size: 2 retention_ms: 1000",
    "lock.v1.S/Go: retention shortened from 900000 to 1000",
  ],
  [
    "another feedback",
    "A feedback",
    "Q feedback",
    "lock.v1.S/Go: feedback changed from lock.v1.A to lock.v1.Q",
  ],
  [
    "another result",
    "Done result",
    "Q result",
    "lock.v1.S/Go: result changed from lock.v1.Done to lock.v1.Q",
  ],
];

const harmless: readonly (readonly [name: string, from: string | RegExp, to: string])[] = [
  ["a new member", "rpc Ask", "rpc New(Q) returns (A); rpc Ask"],
  ["a new service", "message Q {}", "service New {} message Q {}"],
  ["stronger idempotency", "(stream A);", "(stream A) { option idempotency_level = IDEMPOTENT; }"],
  ["a new field of a message", "string house = 2;", "string house = 2; string floor = 3;"],
  ["a longer retention", "queue_size: 2", "queue_size: 2 retention_ms: 9000000"],
  [
    "a stream that becomes resumable",
    "(stream A);",
    "(stream A) { option (heliograph.options.v1.resumable) = {}; }",
  ],
  ["other numbers of a resumable stream", "retention_ms: 60000", "retention_ms: 1000 window_messages: 2"],
  ["a deprecation", "{ option idempotency_level", "{ option deprecated = true; option idempotency_level"],
];

let compiled: Compiled;

beforeAll(async () => {
  const variants = [...changes, ...harmless].map(
    ([, from, to], index) => [`v${index}.proto`, before.replace(from, to)] as const,
  );
  const all: (readonly [string, string])[] = [...variants, ["before.proto", before]];
  // Each variant in a compiler's run of its own would be slow; a package of its own keeps them apart.
  const apart = all.map(([path, text]) => [
    path,
    text.replaceAll("lock.v1", `lock.${path.replace(".proto", "")}`),
  ]);
  compiled = await compile({ ...Object.fromEntries(apart), ...(await fixtureSources()) });
});

function lockOf(file: string): LockManifest {
  const { error, files } = compiled.run("target=lock", file);
  expect(error).toBe("");
  const text = files.get("heliograph.lock.json") ?? "";
  return parseLock(text.replaceAll(`lock.${file.replace(".proto", "")}`, "lock.v1"));
}

it.each(changes.map(([name, , , told], index) => [name, told, index] as const))(
  "tells %s",
  (_name, told, index) => {
    const found = compareLocks(lockOf("before.proto"), lockOf(`v${index}.proto`));
    expect(found.map(formatBreakingChange)).toEqual([told]);
  },
);

it.each(harmless.map(([name], index) => [name, index] as const))("lets %s pass", (_name, index) => {
  expect(compareLocks(lockOf("before.proto"), lockOf(`v${changes.length + index}.proto`))).toEqual([]);
});

it("is one file for all services, sorted, the same each time", () => {
  const text = compiled.run("target=lock,lock=all.json").files.get("all.json") ?? "";
  const { services } = parseLock(text);
  expect(Object.keys(services)).toEqual([...Object.keys(services)].sort());
  expect(compiled.run("target=lock,lock=all.json").files.get("all.json")).toBe(text);
  const { KeyedTopic: topic, ResumableStream: stream } = services["patterns.v1.PatternsService"] ?? {};
  expect(stream).toEqual({
    kind: "server-stream",
    path: "patterns.v1.PatternsService/ResumableStream",
    input: "patterns.v1.Request",
    output: "patterns.v1.Response",
    clientStreaming: false,
    serverStreaming: true,
    idempotency: "no-side-effects",
    resumable: { retentionMs: 60_000, windowMessages: 4, windowBytes: 65_536 },
  });
  expect(topic).toEqual({
    kind: "topic",
    path: "patterns.v1.PatternsService/KeyedTopic",
    input: "patterns.v1.KeyedTopicRequest",
    output: "patterns.v1.Reading",
    clientStreaming: false,
    serverStreaming: true,
    key: [
      "building",
      { field: "floor_number", number: 2, type: "integer" },
      { field: "room", number: 1, type: "string" },
      { field: "is_hot", number: 3, type: "bool" },
      { field: "unit", number: 4, type: "enum" },
    ],
  });
});

it.each([
  ["nonsense", "is not JSON"],
  ["[]", "is not a lock manifest: it has no services"],
  ['{"version":2,"services":{}}', "has version 2, and this helio knows version 1"],
  ['{"version":1,"services":[]}', "is not a lock manifest: services is not an object"],
  ['{"version":1,"services":{"S":1}}', "has no members of S"],
  ['{"version":1,"services":{"S":{"M":{}}}}', "does not say what S/M is"],
])("refuses a manifest that reads %s", (text, message) => {
  expect(() => parseLock(text)).toThrow(message);
});
