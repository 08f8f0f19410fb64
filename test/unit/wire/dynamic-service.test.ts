import { Buffer } from "node:buffer";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  type CodeGeneratorRequest,
  CodeGeneratorRequestSchema,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";
import { beforeAll, describe, expect, test } from "vitest";
import type { Member as Model } from "../../../src/codegen/model.js";
import { readSchema as readModel } from "../../../src/codegen/read-schema.js";
import { memberName as generatedName } from "../../../src/codegen/typescript/member-name.js";
import { fieldName } from "../../../src/codegen/typescript/ts-proto.js";
import { Code } from "../../../src/core/code.js";
import { NodeService } from "../../../src/gen/heliograph/node/v1/node_heliograph.js";
import type { Member } from "../../../src/wire/definition.js";
import { type DynamicService, dynamicService, memberName } from "../../../src/wire/dynamic-service.js";
import { fixtureSources } from "../../codegen/fixtures.js";
import { CallService } from "../../gen/heliograph/test/v1/call_heliograph.js";
import { errorOf } from "./payload.js";
import { compileSet } from "./schema-images.js";

const generated = [CallService, NodeService];

describe("dynamicService", () => {
  test.each(generated)("makes of $$service what the generator made", (service) => {
    const dynamic = dynamicService(service.$schema, service.$service);
    expect(Object.keys(dynamic)).toEqual(Object.keys(service));
    for (const [name, member] of Object.entries(service)) {
      if (typeof member === "string") expect(dynamic[name]).toBe(member);
      else expect(plain(dynamic[name] as Member)).toEqual(plain(member as Member));
    }
  });

  test("takes bytes as well as base64", () => {
    const bytes = Buffer.from(CallService.$schema, "base64");
    expect(dynamicService(bytes, CallService.$service).$schema).toBe(CallService.$schema);
  });

  test("names members as the generator does", () => {
    const names = [
      "Greet",
      "get_user",
      "HTTPGet",
      "X",
      "then",
      "toJSON",
      "ToString",
      "__proto__",
      "constructor",
      "a_B_c",
    ];
    expect(names.map(memberName)).toEqual(names.map(generatedName));
  });

  test("leaves out no rpc of a peer whose names the generator would refuse", () => {
    const set = fromBinary(FileDescriptorSetSchema, Buffer.from(CallService.$schema, "base64"));
    const [file] = set.file.filter(({ service }) => service.length > 0);
    const [method] = file?.service[0]?.method ?? [];
    if (file?.service[0] === undefined || method === undefined) return expect.fail("there is a method");
    file.service[0].method = ["Call", "call", "__proto__"].map((name) => ({ ...method, name }));
    const service = dynamicService(toBinary(FileDescriptorSetSchema, set), CallService.$service);
    expect(Object.keys(service)).toEqual(["call", "call$", "proto", "$service", "$schema"]);
  });

  test("refuses a service that isn't there, and names those that are", () => {
    expect(errorOf(() => dynamicService(CallService.$schema, "a.B")).message).toBe(
      'INVALID_ARGUMENT: the schema has no service "a.B"; it has heliograph.test.v1.CallService',
    );
  });

  test("refuses what is no schema", () => {
    const error = errorOf(() => dynamicService(Buffer.from("garbage"), "a.B"));
    expect(error).toMatchObject({ code: Code.Internal, reason: "SCHEMA_UNREADABLE" });
  });

  test("refuses messages of proto2, whose rules the codecs don't follow", async () => {
    const set = await compileSet({
      "old.proto": 'syntax = "proto2"; package old; message M { optional int32 a = 1; }',
      "new.proto":
        'syntax = "proto3"; package n; import "old.proto"; service S { rpc R(N) returns (N); } message N { map<int32, old.M> m = 1; }',
    });
    const error = errorOf(() => dynamicService(set, "n.S"));
    expect(error.rawMessage).toBe("the schema can't be read: old.M of old.proto is not of proto3");
  });
});

describe("the kit's options", () => {
  let models: readonly Model[];
  let dynamic: DynamicService;

  beforeAll(async () => {
    const set = await compileSet(await fixtureSources());
    const { file } = fromBinary(FileDescriptorSetSchema, set);
    const request: CodeGeneratorRequest = create(CodeGeneratorRequestSchema, {
      fileToGenerate: ["patterns/v1/patterns.proto"],
      protoFile: file,
    });
    const schema = readModel(request, (_, what) => expect.fail(what));
    const [service] = schema.files.flatMap(({ services }) => services);
    if (service === undefined) return expect.fail("there is a service");
    models = service.members;
    dynamic = dynamicService(service.schema, service.fullName);
  });

  test("mean what they mean to the generator, defaults included", () => {
    expect(models.length).toBeGreaterThan(10);
    for (const model of models) {
      const { key, feedback, result, resumable, ...member } = dynamic[memberName(model.name)] as Member &
        Partial<Record<"key" | "feedback" | "result" | "resumable", unknown>>;
      expect(member).toMatchObject({
        kind: model.kind,
        path: model.path,
        ...pick(model, "idempotency", "acknowledged", "policy", "retentionMs"),
        ...(model.deprecated ? { deprecated: true } : {}),
      });
      if (model.kind === "topic") {
        expect(key).toEqual(
          model.key.map((level) =>
            level.kind === "field" ? { ...level, field: fieldName(level.field.name) } : level,
          ),
        );
      }
      if (model.kind === "server-stream") expect(resumable).toEqual(model.resumable);
      if (model.kind === "action") {
        expect([feedback, result]).toMatchObject([
          model.feedback && { $type: model.feedback.typeName },
          { $type: model.result.typeName },
        ]);
      }
    }
  });
});

describe("options that make no sense", () => {
  test("count as if they were not there", async () => {
    const set = await compileSet({
      "t.proto": `
        syntax = "proto3";
        package t;
        import "heliograph/options/v1/options.proto";
        service S {
          rpc Topic(M) returns (M) { option (heliograph.options.v1.topic) = {}; }
          rpc Keyed(M) returns (stream M) { option (heliograph.options.v1.topic).key = "{b}"; }
          rpc Keyless(M) returns (stream M) { option (heliograph.options.v1.topic).key = "{d}"; }
          rpc Pipeline(stream M) returns (M) { option (heliograph.options.v1.pipeline) = {}; }
          rpc Action(stream M) returns (stream M) { option (heliograph.options.v1.action) = {}; }
          rpc Resultless(M) returns (stream M) { option (heliograph.options.v1.action) = {}; }
          rpc Resumable(M) returns (M) { option (heliograph.options.v1.resumable) = {}; }
        }
        message M { string a = 1; double d = 2; }`,
    });
    const members = Object.values(dynamicService(set, "t.S")).filter((member) => typeof member === "object");
    expect(members.map(({ kind }) => kind)).toEqual([
      "unary",
      "server-stream",
      "server-stream",
      "client-stream",
      "bidi-stream",
      "server-stream",
      "unary",
    ]);
  });
});

/** A member with the names of its types. */
function plain(member: Member): object {
  return JSON.parse(
    JSON.stringify({
      ...member,
      input: member.input.$type,
      output: member.output.$type,
      schema: member.schema,
    }),
  ) as object;
}

function pick(from: object, ...names: readonly string[]): object {
  return Object.fromEntries(Object.entries(from).filter(([name]) => names.includes(name)));
}
