import { Buffer } from "node:buffer";
import { describe, expect, test } from "vitest";
import { compareSchemas } from "../../../src/wire/schema-compare.js";
import { readSchema } from "../../../src/wire/schema-registry.js";
import { describeService, schemaTypeText } from "../../../src/wire/schema-text.js";
import { fixtureSources } from "../../codegen/fixtures.js";
import { CallService } from "../../gen/heliograph/test/v1/call_heliograph.js";
import { CodecService } from "../../gen/heliograph/test/v1/codec_heliograph.js";
import { compileSet } from "./schema-images.js";

describe("describeService", () => {
  test("shows a service as its .proto has it", () => {
    expect(describeService(CallService)).toBe(`package heliograph.test.v1;

service CallService {
  rpc Call(Note) returns (Note);
  rpc Other(Note) returns (Note);
  rpc Empty(Nothing) returns (Nothing);
  rpc Count(Note) returns (stream Note);
  rpc Sum(stream Note) returns (Note);
  rpc Chat(stream Note) returns (stream Note);
  rpc Watch(Note) returns (stream Note) {
    option (heliograph.options.v1.resumable) = { retention_ms: 30000 window_messages: 1024 window_bytes: 1048576 };
  }
  rpc WatchClosely(Note) returns (stream Note) {
    option (heliograph.options.v1.resumable) = { retention_ms: 2000 window_messages: 4 window_bytes: 65536 };
  }
  rpc Look(Note) returns (Note) {
    option idempotency_level = NO_SIDE_EFFECTS;
  }
}

message Note {
  string text = 1;
  bytes data = 2;
  int64 number = 3;
  Nested nested = 4;
  repeated string list = 5;
}

message Nothing {}

message Nested {
  int32 value = 1;
}`);
  });

  test("shows oneofs, maps, presence and packing, and leaves out google.protobuf's own types", () => {
    const text = describeService(CodecService);
    for (const line of [
      "  google.protobuf.Timestamp a_timestamp = 18;",
      "  optional Colour optional_colour = 27;",
      "  repeated int32 unpacked_int32s = 47 [packed = false];",
      "  map<string, Everything.Nested> nesteds_by_string = 55;",
      "  oneof choice {\n    string chosen_string = 60;",
      "message Everything.Nested {",
      "enum Colour {\n  COLOUR_UNSPECIFIED = 0;",
    ]) {
      expect(text).toContain(line);
    }
    expect(text).not.toMatch(/^(message|enum) google/m);
  });

  test("shows the kit's options of each kind, so well that a compiler reads them", async () => {
    const sources = await fixtureSources();
    const set = Buffer.from(await compileSet(sources)).toString("base64");
    const name = "patterns.v1.PatternsService";
    const text = describeService({ $service: name, $schema: set });
    for (const option of [
      "option deprecated = true;",
      "option idempotency_level = IDEMPOTENT;",
      "option (heliograph.options.v1.topic) = {};",
      'option (heliograph.options.v1.topic) = { key: "building/{floor_number}/{room}/{is_hot}/{unit}" };',
      "option (heliograph.options.v1.pipeline) = {};",
      "option (heliograph.options.v1.pipeline) = { acknowledged: true };",
      "option (heliograph.options.v1.action) = { policy: POLICY_QUEUE queue_size: 5 retention_ms: 1500 };",
      "option (heliograph.options.v1.action) = { policy: POLICY_PARALLEL max_parallel: 3 retention_ms: 900000 };",
      "option (heliograph.options.v1.action) = { policy: POLICY_REFUSE retention_ms: 900000 };",
    ]) {
      expect(text).toContain(`\n    ${option}\n`);
    }
    const imports = ["google/protobuf/empty.proto", "heliograph/options/v1/options.proto"];
    const compiled = await compileSet({
      "again.proto": ['syntax = "proto3";', ...imports.map((path) => `import "${path}";`), text].join("\n"),
    });
    expect(compareSchemas(set, compiled, name)).toEqual([]);
    expect(compareSchemas(compiled, set, name)).toEqual([]);
    expect(describeService({ $service: name, $schema: Buffer.from(compiled).toString("base64") })).toBe(text);
  });
});

describe("schemaTypeText", () => {
  test("shows a type and those that it reaches, itself once and first", () => {
    const registry = readSchema(CodecService.$schema, "the schema");
    const nested = registry.getMessage("heliograph.test.v1.Everything.Nested");
    const colour = registry.getEnum("heliograph.test.v1.Colour");
    if (nested === undefined || colour === undefined) return expect.fail("they are there");
    expect(schemaTypeText(nested)).toBe(`message Everything.Nested {
  string name = 1;
  int64 number = 2;
  repeated Everything.Nested children = 3;
}`);
    expect(schemaTypeText(colour)).toMatch(/^enum Colour \{\n {2}COLOUR_UNSPECIFIED = 0;/);
  });
});
