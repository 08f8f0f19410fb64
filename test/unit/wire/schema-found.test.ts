import { Buffer } from "node:buffer";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  type DescriptorProto,
  DescriptorProtoSchema,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
  MethodOptionsSchema,
} from "@bufbuild/protobuf/wkt";
import { beforeAll, describe, expect, test } from "vitest";
import { Code } from "../../../src/core/code.js";
import { compareSchemas, incompatibleSchemas } from "../../../src/wire/schema-compare.js";
import { MAX_SCHEMA_BYTES } from "../../../src/wire/schema-registry.js";
import { errorOf } from "./payload.js";
import { compileSet } from "./schema-images.js";

const header = `
syntax = "proto3";
package example.v1;
import "google/protobuf/empty.proto";
import "heliograph/options/v1/options.proto";
`;

const client = `${header}
service OrderService {
  rpc Place(Order) returns (Receipt);
  rpc Change(Order) returns (Receipt);
  rpc Watch(Order) returns (stream Receipt);
  rpc Gone(Order) returns (Receipt);
  rpc Prices(google.protobuf.Empty) returns (stream Price) {
    option (heliograph.options.v1.topic).key = "{shop}/{item}";
  }
  rpc Cook(Order) returns (google.protobuf.Empty) { option (heliograph.options.v1.pipeline) = {}; }
  rpc Deliver(Order) returns (Receipt) { option (heliograph.options.v1.action) = {}; }
  rpc Same(Order) returns (Receipt) { option (heliograph.options.v1.action) = { policy: POLICY_PREEMPT }; }
}
message Order { repeated Item items = 1; map<string, Item> named = 2; }
message Item { string name = 1; repeated int32 sizes = 2; Money price = 3; }
message Money { int64 units = 1; }
message Receipt { string id = 1; Money total = 2; }
message Price { string shop = 1; string item = 2; }
`;

const server = `${header}
service OrderService {
  rpc Place(Order) returns (Receipt);
  rpc Change(Order) returns (Receipt);
  rpc Watch(Order) returns (Receipt);
  rpc New(Order) returns (Receipt);
  rpc Prices(google.protobuf.Empty) returns (stream Price) {
    option (heliograph.options.v1.topic).key = "{item}/{shop}";
  }
  rpc Cook(Order) returns (google.protobuf.Empty) {
    option (heliograph.options.v1.pipeline) = { acknowledged: true };
  }
  rpc Deliver(Order) returns (Receipt);
  rpc Same(Order) returns (Receipt) { option (heliograph.options.v1.action) = { retention_ms: 5 }; }
}
message Order { repeated Thing items = 1; map<string, Thing> named = 2; }
message Thing { string title = 1; int32 size = 2; Sum price = 3; }
message Sum { string units = 1; }
message Receipt { bytes id = 1; Sum total = 2; }
message Price { string shop = 1; string item = 2; }
`;

const service = "example.v1.OrderService";

describe("what compareSchemas tells", () => {
  let ours: Uint8Array;
  let theirs: Uint8Array;

  beforeAll(async () => {
    [ours, theirs] = await Promise.all([
      compileSet({ "example/v1/order.proto": client }),
      compileSet({ "example/v1/order.proto": server }),
    ]);
  });

  test("names the method, the way to the field by the client's names, and what it is on both sides", () => {
    expect(compareSchemas(ours, theirs, service, ["Place"])).toEqual([
      {
        path: "example.v1.OrderService/Place: request example.v1.Order.items.sizes (field 2)",
        what: "is repeated int32 here and int32 at the server; packed elements can't be read as one value",
      },
      {
        path: "example.v1.OrderService/Place: request example.v1.Order.items.price.units (field 1)",
        what: "is int64 here and string at the server",
      },
      {
        path: "example.v1.OrderService/Place: answer example.v1.Receipt.id (field 1)",
        what: "is string here and bytes at the server",
      },
      {
        path: "example.v1.OrderService/Place: answer example.v1.Receipt.total.units (field 1)",
        what: "is int64 here and string at the server",
      },
    ]);
  });

  test("tells two messages once, for the first method that uses them", () => {
    const found = compareSchemas(ours, theirs, service, ["Place", "Change"]);
    expect(found.filter(({ path }) => path.includes("/Change"))).toEqual([]);
    expect(compareSchemas(ours, theirs, service, ["Change"])).toHaveLength(4);
  });

  test("tells kinds, keys and what goes with a kind", () => {
    const members = ["Watch", "Gone", "New", "Prices", "Deliver", "Same"];
    const ofMembers = compareSchemas(ours, theirs, service, members).filter(
      ({ path }) => !path.includes(": "),
    );
    expect(ofMembers).toEqual([
      { path: `${service}/Watch`, what: "is a server stream here and unary at the server" },
      {
        path: `${service}/Prices`,
        what: 'has the key "{shop}/{item}" here and "{item}/{shop}" at the server',
      },
      { path: `${service}/Deliver`, what: "is an action here and unary at the server" },
    ]);
    expect(compareSchemas(ours, theirs, service, ["Cook"])[0]).toEqual({
      path: `${service}/Cook`,
      what: "is not acknowledged here and acknowledged at the server",
    });
  });

  test("has nothing to say of a schema and itself, or of a server without the service", () => {
    expect(compareSchemas(ours, ours, service)).toEqual([]);
    expect(compareSchemas(Buffer.from(ours).toString("base64"), ours, service)).toEqual([]);
    expect(compareSchemas(ours, toSet({ name: "a.proto" }), service)).toEqual([]);
  });

  test("refuses a service that the client's own schema lacks", () => {
    expect(errorOf(() => compareSchemas(ours, theirs, "example.v1.Other")).message).toBe(
      `INVALID_ARGUMENT: the client's schema has no service "example.v1.Other"; it has ${service}`,
    );
  });

  test("becomes an error that shows the first and says what to do", () => {
    const error = incompatibleSchemas(service, compareSchemas(ours, theirs, service), "shop at tcp://h:1");
    expect(error).toMatchObject({
      code: Code.FailedPrecondition,
      reason: "SCHEMA_INCOMPATIBLE",
      notProcessed: true,
    });
    expect(error.rawMessage).toBe(
      `${service} of shop at tcp://h:1 has another schema: ` +
        `${service}/Place: request example.v1.Order.items.sizes (field 2) is repeated int32 here and int32 at the server; packed elements can't be read as one value; ` +
        `${service}/Place: request example.v1.Order.items.price.units (field 1) is int64 here and string at the server; ` +
        `${service}/Place: answer example.v1.Receipt.id (field 1) is string here and bytes at the server; ` +
        "and 5 more; update the side with the older .proto files",
    );
  });
});

describe("a hostile schema", () => {
  const good = toSet(file([message("M", [])]));

  const refused = (set: Uint8Array) => {
    const error = errorOf(() => compareSchemas(good, set, "t.S"));
    expect(error).toMatchObject({ code: Code.Internal, reason: "SCHEMA_UNREADABLE" });
    return error.rawMessage;
  };

  test("that is no descriptor set is refused", () => {
    expect(refused(Buffer.from("not a descriptor set"))).toMatch(/^the server's schema can't be read: /);
  });

  test("whose files import each other is refused", () => {
    const set = toSet(
      { name: "a.proto", dependency: ["b.proto"] },
      { name: "b.proto", dependency: ["a.proto"] },
    );
    expect(refused(set)).toContain("Cannot find b.proto, imported by a.proto");
  });

  test("that lacks a type is refused", () => {
    expect(
      refused(toSet(file([message("M", [{ name: "a", number: 1, label: 1, type: 11, typeName: ".t.N" }])]))),
    ).toContain("type_name .t.N not found");
  });

  test("that is too large is refused, unread", () => {
    expect(refused(Buffer.alloc(10 * MAX_SCHEMA_BYTES))).toBe(
      "the server's schema can't be read: it has 10485760 bytes, and at most 1048576 are read",
    );
  });

  test("whose messages are nested without end is refused", () => {
    expect(refused(encodeNested(2_000))).toMatch(/recursion/);
  });

  test("that makes as many pairs of messages as it can is given up", () => {
    // Rings of coprime lengths: each message of one meets each of the other.
    const ring = (length: number) =>
      toSet(
        file(
          Array.from({ length }, (_, i) =>
            message(i === 0 ? "M" : `M${i}`, [
              {
                name: "n",
                number: 1,
                label: 1,
                type: 11,
                typeName: `.t.${(i + 1) % length === 0 ? "M" : `M${(i + 1) % length}`}`,
              },
            ]),
          ),
        ),
      );
    const error = errorOf(() => compareSchemas(ring(1_000), ring(1_001), "t.S"));
    expect(error.rawMessage).toBe(
      "the server's schema can't be read: it takes more than 500000 steps to compare",
    );
  });

  test("whose key has as many levels as fit, of as many fields, is read within the time of a test", () => {
    const fields = Array.from({ length: 12_000 }, (_, i) => ({
      name: `f${i}`,
      number: i + 1,
      label: 1,
      type: 9,
    }));
    const key = Array.from({ length: 80_000 }, () => "{f11999}").join("/");
    const topic = lengthDelimited(51701, lengthDelimited(1, Buffer.from(key)));
    const options = fromBinary(MethodOptionsSchema, topic);
    const method = { name: "R", inputType: ".t.M", outputType: ".t.M", serverStreaming: true, options };
    const set = toSet({ ...file([message("M", fields)]), service: [{ name: "S", method: [method] }] });
    expect(compareSchemas(good, set, "t.S")).toEqual([
      { path: "t.S/R", what: "is unary here and a topic at the server" },
    ]);
  });

  test("is told in a few words, however long its names are", () => {
    const other = (type: object) =>
      toSet(file([message("M", [{ name: "a", number: 1, label: 1, ...type }])]));
    const name = "N".repeat(100_000);
    const set = toSet(
      file([
        message("M", [{ name: "a", number: 1, label: 1, type: 11, typeName: `.t.${name}` }]),
        message(name, []),
      ]),
    );
    const [found] = compareSchemas(other({ type: 5 }), set, "t.S");
    expect(found?.what).toMatch(/^is int32 here and t\.N+…$/);
    expect(found?.what.length).toBeLessThan(1_000);
  });

  test("is told with a path that is cut", () => {
    const chain = (type: 5 | 9) =>
      toSet(
        file(
          Array.from({ length: 200 }, (_, i) =>
            message(i === 0 ? "M" : `M${i}`, [
              i < 199
                ? { name: `f${i}`, number: 1, label: 1, type: 11, typeName: `.t.M${i + 1}` }
                : { name: "end", number: 1, label: 1, type },
            ]),
          ),
        ),
      );
    const [first] = compareSchemas(chain(5), chain(9), "t.S");
    expect(first?.path).toBe(
      `t.S/R: request t.M.…${Array.from({ length: 13 }, (_, i) => `.f${186 + i}`).join("")}.end (field 1)`,
    );
  });

  test("is told in a hundred findings at most", () => {
    const fields = (type: 5 | 9) =>
      Array.from({ length: 500 }, (_, i) => ({ name: `f${i}`, number: i + 1, label: 1 as const, type }));
    const found = compareSchemas(
      toSet(file([message("M", fields(5))])),
      toSet(file([message("M", fields(9))])),
      "t.S",
    );
    expect(found).toHaveLength(100);
  });
});

describe("files of proto2", () => {
  const both = (type: object, beside: object = {}) =>
    toSet({ ...file([message("M", [type])]), syntax: "proto2", ...beside });

  test("have required fields, which may not be absent", () => {
    const optional = { name: "a", number: 1, label: 1, type: 9 };
    expect(compareSchemas(both(optional), both({ ...optional, label: 2 }), "t.S")).toEqual([
      {
        path: "t.S/R: request t.M.a (field 1)",
        what: "is an optional string here and a required string at the server",
      },
    ]);
    expect(compareSchemas(both({ ...optional, number: 2 }), both({ ...optional, label: 2 }), "t.S")).toEqual([
      { path: "t.S/R: request t.M.a (field 1)", what: "is not there here and required string at the server" },
    ]);
  });

  test("have closed enums, which drop the numbers that they lack", () => {
    const field = { name: "a", number: 1, label: 1, type: 14, typeName: ".t.E" };
    const values = (...numbers: number[]) => ({
      enumType: [{ name: "E", value: numbers.map((number) => ({ name: `V${number}`, number })) }],
    });
    expect(compareSchemas(both(field, values(0, 1)), both(field, values(0)), "t.S")).toEqual([
      {
        path: "t.S/R: request t.M.a (field 1)",
        what: "is t.E here and t.E at the server; the closed enum that reads it lacks V1 (1)",
      },
    ]);
  });

  test("have groups, which no length goes before", () => {
    const nested = {
      messageType: [
        message("M", [{ name: "a", number: 1, label: 1, type: 10, typeName: ".t.N" }]),
        message("N", []),
      ],
    };
    const plain = {
      messageType: [
        message("M", [{ name: "a", number: 1, label: 1, type: 11, typeName: ".t.N" }]),
        message("N", []),
      ],
    };
    expect(compareSchemas(both({}, nested), both({}, plain), "t.S")).toHaveLength(2);
    expect(compareSchemas(both({}, nested), both({}, nested), "t.S")).toEqual([]);
  });
});

function message(name: string, field: readonly object[]): DescriptorProto {
  return create(DescriptorProtoSchema, { name, field: [...field] } as never);
}

function file(messageType: readonly DescriptorProto[]): object {
  return {
    name: "t.proto",
    package: "t",
    syntax: "proto3",
    messageType: [...messageType],
    service: [{ name: "S", method: [{ name: "R", inputType: ".t.M", outputType: ".t.M" }] }],
  };
}

function toSet(...files: readonly object[]): Uint8Array {
  const file = files.map((one) => create(FileDescriptorProtoSchema, one as never));
  return toBinary(FileDescriptorSetSchema, create(FileDescriptorSetSchema, { file }));
}

/** A file with messages nested so deep, which a library would not write. */
function encodeNested(depth: number): Buffer {
  let bytes: Buffer = Buffer.alloc(0);
  for (let i = 0; i < depth; i++) bytes = lengthDelimited(i < depth - 1 ? 3 : 4, bytes);
  return lengthDelimited(1, bytes);
}

function lengthDelimited(field: number, bytes: Buffer): Buffer {
  return Buffer.concat([varint((field << 3) | 2), varint(bytes.length), bytes]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 127) {
    bytes.push((rest & 127) | 128);
    rest >>>= 7;
  }
  return Buffer.from([...bytes, rest]);
}
