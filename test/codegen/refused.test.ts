import { beforeAll, expect, it } from "vitest";
import { type Compiled, compile } from "./schemas.js";

const head = `syntax = "proto3";
package refused.v1;
import "google/protobuf/empty.proto";
import "google/protobuf/timestamp.proto";
import "heliograph/options/v1/options.proto";
`;

/** By name of the case: what stands after the head (from line 6), and the lines that the plugin must answer. */
const cases: Readonly<Record<string, readonly [body: string, ...problems: string[]]>> = {
  "two rpcs of one member name": [
    `service S {
  rpc GetThing(Q) returns (Q);
  rpc get_thing(Q) returns (Q);
}
message Q {}`,
    "8:3: rpc get_thing would be the member getThing, as rpc GetThing is; rename one of them",
  ],
  "an rpc of two patterns": [
    `service S {
  rpc A(Q) returns (Q) { option (heliograph.options.v1.pipeline) = {}; option (heliograph.options.v1.action) = {}; }
}
message Q {}`,
    "7:3: rpc A is pipeline and action at once; keep one of these options",
  ],
  "a topic that is no server stream": [
    `service S {
  rpc Unary(Q) returns (Q) { option (heliograph.options.v1.topic) = {}; }
  rpc Client(stream Q) returns (Q) { option (heliograph.options.v1.topic) = {}; }
}
message Q {}`,
    "7:37: topic Unary is not a server stream; write rpc Unary(google.protobuf.Empty) returns (stream Q)",
    "8:45: topic Client is not a server stream; write rpc Client(google.protobuf.Empty) returns (stream Q)",
  ],
  "a topic that is asked for with fields": [
    `service S {
  rpc A(Q) returns (stream Q) { option (heliograph.options.v1.topic) = {}; }
}
message Q { string s = 1; }`,
    "7:3: topic A takes refused.v1.Q, which has fields; take google.protobuf.Empty or a message without fields: subscribers choose by key",
  ],
  "a key that names no field, or one that can't be a level": [
    `service S {
  rpc A(E) returns (stream Q) { option (heliograph.options.v1.topic) = { key: "{none}" }; }
  rpc B(E) returns (stream Q) { option (heliograph.options.v1.topic).key = "{list}"; }
  rpc C(E) returns (stream Q) { option (heliograph.options.v1.topic) = { key: "{chosen}/{maybe}/{real}/{raw}" }; }
  rpc D(E) returns (stream Q) { option (heliograph.options.v1.topic) = { key: "a/room-{room}" }; }
  rpc F(E) returns (stream Q) { option (heliograph.options.v1.topic) = { key: "a//{room}" }; }
  rpc G(E) returns (stream Q) { option (heliograph.options.v1.topic) = { key: "a/**" }; }
  rpc H(E) returns (stream E) { option (heliograph.options.v1.topic) = { key: "{room}" }; }
}
message E {}
message Q {
  string room = 1;
  repeated string list = 2;
  oneof choice { string chosen = 3; }
  optional string maybe = 4;
  double real = 5;
  bytes raw = 6;
}`,
    '7:74: key "{none}" names {none}, which refused.v1.Q does not have; name a string, integer, bool or enum field outside any oneof (here: {room})',
    '8:33: key "{list}" names {list}, which is repeated; name a string, integer, bool or enum field outside any oneof (here: {room})',
    '9:74: key "{chosen}/{maybe}/{real}/{raw}" names {chosen}, which is in the oneof choice; name a string, integer, bool or enum field outside any oneof (here: {room})',
    '9:74: key "{chosen}/{maybe}/{real}/{raw}" names {maybe}, which is optional; name a string, integer, bool or enum field outside any oneof (here: {room})',
    '9:74: key "{chosen}/{maybe}/{real}/{raw}" names {real}, which is of type double; name a string, integer, bool or enum field outside any oneof (here: {room})',
    '9:74: key "{chosen}/{maybe}/{real}/{raw}" names {raw}, which is of type bytes; name a string, integer, bool or enum field outside any oneof (here: {room})',
    '10:74: key "a/room-{room}" mixes text and field in the level "room-{room}"; make each level either text or one {field}',
    '11:74: key "a//{room}" has an empty level; put text or {field} between the slashes',
    '12:74: key "a/**" has a wildcard in the level "**"; use another character',
    '13:74: key "{room}" names {room}, which refused.v1.E does not have; name a string, integer, bool or enum field outside any oneof (refused.v1.E has none)',
  ],
  "a pipeline that streams, or loses its result": [
    `service S {
  rpc A(Q) returns (stream Q) { option (heliograph.options.v1.pipeline) = {}; }
  rpc B(Q) returns (Q) { option (heliograph.options.v1.pipeline) = {}; }
}
message Q { string s = 1; }`,
    "7:40: pipeline A streams; write rpc A(Q) returns (Q), without stream",
    "8:33: pipeline B has the result refused.v1.Q but is not acknowledged, so no result would come back; set acknowledged: true, or return google.protobuf.Empty",
  ],
  "an action whose answer is no oneof of feedback and result": [
    `service S {
  rpc A(Q) returns (stream Plain) { option (heliograph.options.v1.action) = {}; }
  rpc B(Q) returns (stream More) { option (heliograph.options.v1.action) = {}; }
  rpc C(stream Q) returns (Q) { option (heliograph.options.v1.action) = {}; }
}
message Q { string s = 1; }
message Plain { Q feedback = 1; Q result = 2; }
message More { oneof event { Q feedback = 1; Q result = 2; Q other = 3; } }`,
    "12:1: refused.v1.Plain, which action A returns, is not a oneof of feedback and result; let it hold one oneof of two messages called feedback and result and nothing else, or return the result without stream",
    "13:1: refused.v1.More, which action B returns, is not a oneof of feedback and result; let it hold one oneof of two messages called feedback and result and nothing else, or return the result without stream",
    "9:40: action C takes a stream of goals; take one goal and return a stream, or no stream at all",
  ],
  "a policy and its numbers that do not go together": [
    `service S {
  rpc A(Q) returns (Q) { option (heliograph.options.v1.action) = { queue_size: 3 }; }
  rpc B(Q) returns (Q) { option (heliograph.options.v1.action) = { policy: POLICY_QUEUE, max_parallel: 2 }; }
  rpc C(Q) returns (Q) { option (heliograph.options.v1.action) = { policy: POLICY_PARALLEL }; }
}
message Q { string s = 1; }`,
    "7:68: queue_size without POLICY_QUEUE; add policy: POLICY_QUEUE or drop queue_size",
    "8:68: POLICY_QUEUE without queue_size; add queue_size: how many goals may wait",
    "8:90: max_parallel without POLICY_PARALLEL; add policy: POLICY_PARALLEL or drop max_parallel",
    "9:68: POLICY_PARALLEL without max_parallel; add max_parallel: how many goals may run at a time",
  ],
  "a resumable rpc that is no server stream, or another kind of member": [
    `service S {
  rpc A(Q) returns (Q) { option (heliograph.options.v1.resumable) = {}; }
  rpc B(stream Q) returns (Q) { option (heliograph.options.v1.resumable) = {}; }
  rpc C(stream Q) returns (stream Q) { option (heliograph.options.v1.resumable).retention_ms = 5000; }
  rpc D(E) returns (stream Q) { option (heliograph.options.v1.topic) = {}; option (heliograph.options.v1.resumable) = {}; }
  rpc F(Q) returns (E) { option (heliograph.options.v1.pipeline) = {}; option (heliograph.options.v1.resumable) = {}; }
  rpc G(Q) returns (Q) { option (heliograph.options.v1.resumable) = {}; option (heliograph.options.v1.action) = {}; }
}
message E {}
message Q { string s = 1; }`,
    "7:33: rpc A is resumable but not a server stream; write rpc A(Q) returns (stream Q), or drop the option",
    "8:40: rpc B is resumable but not a server stream; write rpc B(Q) returns (stream Q), or drop the option",
    "9:40: rpc C is resumable but not a server stream; write rpc C(Q) returns (stream Q), or drop the option",
    "10:3: rpc D is topic and resumable at once; keep one of these options",
    "11:3: rpc F is pipeline and resumable at once; keep one of these options",
    "12:3: rpc G is action and resumable at once; keep one of these options",
  ],
  "numbers of a resumable stream that are out of range": [
    `service S {
  rpc A(Q) returns (stream Q) { option (heliograph.options.v1.resumable) = { retention_ms: 999 }; }
  rpc B(Q) returns (stream Q) { option (heliograph.options.v1.resumable) = { retention_ms: 3600001, window_messages: 65537 }; }
  rpc C(Q) returns (stream Q) { option (heliograph.options.v1.resumable).window_bytes = 65535; }
  rpc D(Q) returns (stream Q) { option (heliograph.options.v1.resumable) = { window_bytes: 18446744073709551615 }; }
}
message Q { string s = 1; }`,
    "7:78: rpc A has retention_ms: 999; give 1000 to 3600000 milliseconds, or leave it out for 30000",
    "8:78: rpc B has retention_ms: 3600001; give 1000 to 3600000 milliseconds, or leave it out for 30000",
    "8:101: rpc B has window_messages: 65537; give 1 to 65536 messages, or leave it out for 1024",
    "9:33: rpc C has window_bytes: 65535; give 65536 to 67108864 bytes, or leave it out for 1048576",
    "10:78: rpc D has window_bytes: 18446744073709551615; give 65536 to 67108864 bytes, or leave it out for 1048576",
  ],
  "messages that the code of messages needs itself": [
    `message MessageFns { message DeepPartial {} }
message BinaryReader {}
message Array {}
enum Map { MAP_ZERO = 0; }
message value {}
message string_ {}
message Uint8Array {}
message class {}`,
    "6:1: message MessageFns has a name that TypeScript or the code generated for messages needs itself; rename it",
    "7:1: message BinaryReader has a name that TypeScript or the code generated for messages needs itself; rename it",
    "8:1: message Array has a name that TypeScript or the code generated for messages needs itself; rename it",
    "9:1: enum Map has a name that TypeScript or the code generated for messages needs itself; rename it",
    "10:1: message value has a name that TypeScript or the code generated for messages needs itself; rename it",
    "11:1: message string_ has a name that TypeScript or the code generated for messages needs itself; rename it",
    "12:1: message Uint8Array has a name that TypeScript or the code generated for messages needs itself; rename it",
    "13:1: message class has a name that TypeScript or the code generated for messages needs itself; rename it",
  ],
  "names that clash once they are TypeScript": [
    `message Outer_Inner {}
message Inner {}
message OuterInner { string my_field = 1; oneof myField_ { string other = 2; } }
message M { oneof my_choice { string a = 1; } string myChoice = 2; }
message Date {}
message DateMessage {}
enum Colour { UNRECOGNIZED = 0; }
enum Word { WORD_ZERO = 0; class = 1; }`,
    "8:1: refused.v1.OuterInner and refused.v1.Outer_Inner would both declare OuterInner; rename one of them",
    "8:1: myField_ and my_field of refused.v1.OuterInner would both be the property myField; rename one of them",
    "9:47: myChoice and my_choice of refused.v1.M would both be the property myChoice; rename one of them",
    "11:1: refused.v1.DateMessage and refused.v1.Date would both declare DateMessage; rename one of them",
    "12:1: enum Colour has the value UNRECOGNIZED, a word that the generated code needs itself; rename it, for example to COLOUR_UNRECOGNIZED",
    "13:1: enum Word has the value class, a word that the generated code needs itself; rename it, for example to WORD_CLASS",
  ],
  "a Timestamp of one's own beside the well-known one": [
    `message Timestamp { google.protobuf.Timestamp inner = 1; }`,
    "6:1: message Timestamp stands in a file that uses google.protobuf.Timestamp, too; rename it or move it to another file",
  ],
};

let compiled: Compiled;

beforeAll(async () => {
  const files = Object.values(cases).map(([body], index) => {
    const text = `${head}${body}`.replace("package refused.v1", `package refused${index}.v1`);
    return [`case${index}.proto`, text.replaceAll("refused.v1", `refused${index}.v1`)];
  });
  compiled = await compile({
    ...Object.fromEntries(files),
    "proto2.proto": `syntax = "proto2"; package two; message M { required string s = 1; }`,
    "edition.proto": `edition = "2023"; package edition; message M { string s = 1; }`,
    "options.proto": `syntax = "proto2"; package opts; import "google/protobuf/descriptor.proto";
extend google.protobuf.FieldOptions { optional Rule rule = 50123; } message Rule { optional bool on = 1; }`,
    "uses.proto": `syntax = "proto3"; package uses; import "edition.proto";
service S { rpc A(Q) returns (Q); } message Q { edition.M m = 1; }`,
  });
});

it.each(Object.keys(cases).map((name, index) => [name, index] as const))("refuses %s", (name, index) => {
  const file = `case${index}.proto`;
  const [, ...problems] = cases[name] ?? [""];
  const { error, files } = compiled.run("target=ts", file);
  const lines = error.replaceAll(`refused${index}.v1`, "refused.v1").split("\n");
  expect(lines.sort()).toEqual(problems.map((problem) => `${file}:${problem}`).sort());
  expect(files.size).toBe(0);
});

it("refuses proto2 and editions, and messages of them", () => {
  expect(compiled.run("target=ts", "proto2.proto", "edition.proto", "uses.proto").error.split("\n")).toEqual([
    'edition.proto:1:1: edition = "2023" is not supported; write syntax = "proto3"',
    'proto2.proto:1:1: syntax = "proto2" is not supported; write syntax = "proto3"',
  ]);
  expect(compiled.run("target=ts", "uses.proto").error).toBe(
    'uses.proto:2:13: rpc A uses edition.M of edition.proto, which is edition = "2023"; use messages of proto3 files only',
  );
});

it("passes a proto2 file that only declares options", () => {
  expect(compiled.run("target=ts", "options.proto").error).toBe("");
});

it("tells the problems of all files in one run, in order", () => {
  const places = compiled
    .run("target=ts")
    .error.split("\n")
    .map((line) => /^(.*?):(\d+):(\d+): /.exec(line))
    .map((match) => [match?.[1] ?? "", Number(match?.[2]), Number(match?.[3])] as const);
  expect(places.length).toBeGreaterThan(30);
  const sorted = [...places].sort((a, b) =>
    a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : a[1] - b[1] || a[2] - b[2],
  );
  expect(places).toEqual(sorted);
});

it.each([
  ["target=python", 'target "python" does not exist; there are ts, lock'],
  [
    "target=ts,colour=red",
    'option "colour=red" is not known; there are target, runtime, import_suffix, lock, M<file>',
  ],
])("refuses the parameter %s", (parameter, error) => {
  expect(compiled.run(parameter, "options.proto").error).toBe(error);
});
