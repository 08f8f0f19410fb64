import { createFileRegistry, type DescService, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { beforeAll, expect, it } from "vitest";
import { fixtureSources } from "./fixtures.js";
import { type Compiled, compile } from "./schemas.js";

let compiled: Compiled;

beforeAll(async () => {
  compiled = await compile(await fixtureSources());
});

/** The base64 at the end of a generated file, decoded: of its first service. */
function schemaBytes(file: string): Uint8Array {
  const text = compiled.run("target=ts", `${file}.proto`).files.get(`${file}_heliograph.ts`);
  return Buffer.from(/^const \w+Schema =\n {2}"(.*)";$/m.exec(text ?? "")?.[1] ?? "", "base64");
}

function schema(file: string) {
  const set = fromBinary(FileDescriptorSetSchema, schemaBytes(file));
  return { set, registry: createFileRegistry(set) };
}

function methodsOf(service: DescService | undefined) {
  return (name: string) => service?.methods.find((method) => method.name === name);
}

it("holds the service and exactly the messages and enums that its members reach", () => {
  const { registry } = schema("patterns/v1/patterns");
  const types = [...registry].map(({ typeName }) => typeName);
  const own = ["ActionEvent", "Done", "Job", "KeyedTopicRequest", "PatternsService", "Progress"];
  expect(types.sort()).toEqual(
    [
      ...own.concat("Reading", "Request", "Response", "Unit").map((name) => `patterns.v1.${name}`),
      "google.protobuf.Empty",
    ].sort(),
  );
});

it("keeps what changes bytes or is shown by reflection, and drops comments and all else", () => {
  const { set, registry } = schema("patterns/v1/patterns");
  expect(set.file.every((file) => file.sourceCodeInfo === undefined && file.options === undefined)).toBe(
    true,
  );
  const method = methodsOf(registry.getService("patterns.v1.PatternsService"));
  expect(method("Unary")).toMatchObject({ deprecated: true, idempotency: 2 });
  expect(method("KeyedTopic")?.proto.options?.$unknown?.map(({ no }) => no)).toEqual([51701]);
  expect(method("ResumableStream")?.proto.options?.$unknown?.map(({ no }) => no)).toEqual([51704]);
  expect(method("ClientStream")?.proto.options).toBeUndefined();
  const reading = registry.getMessage("patterns.v1.Reading")?.fields;
  expect(reading?.find(({ name }) => name === "unpacked")).toMatchObject({ packed: false });
  expect(reading?.find(({ name }) => name === "units")?.fieldKind).toBe("map");
});

it("keeps a message that only holds others, without its own fields", () => {
  const { registry } = schema("tricky/v1/names");
  expect(registry.getMessage("tricky.v1.Outer.Inner")?.fields.map(({ name }) => name)).toEqual(["my_field"]);
  expect(registry.getMessage("tricky.v1.Deep_er")?.fields).toEqual([]);
  expect(registry.getMessage("tricky.v1.Empty")).toBeUndefined();
});

it("holds protobuf's own messages, so that a reader needs nothing else", () => {
  const { set, registry } = schema("tricky/v1/well_known");
  expect(set.file.at(-1)?.dependency).toHaveLength(7);
  expect(registry.getMessage("google.protobuf.Value")?.oneofs).toHaveLength(1);
});

it("is the same bytes each time", () => {
  expect(schemaBytes("patterns/v1/patterns")).toEqual(schemaBytes("patterns/v1/patterns"));
});
