type Direction = "request" | "answer";

/** A message M as a client and its server have it, and which directions break. Requests are written by the client. */
export interface SchemaCase {
  readonly name: string;
  /** The fields of M, at the client and at the server. */
  readonly client: string;
  readonly server: string;
  /** What stands beside M in the file, on both sides or at the server. */
  readonly beside?: string;
  readonly serverBeside?: string;
  readonly breaks: readonly Direction[];
  /** Where `buf breaking` with the rules of WIRE says otherwise, taking the client's for the older schema: why. */
  readonly bufDiffers?: string;
}

const both = ["request", "answer"] as const;
const nested = "message N { string s = 1; }";

const name = "buf takes a type's name for the type; what travels is fields and numbers";
const cardinality =
  "buf refuses each change of cardinality; protobuf's guide has those that are read all the same";
const older =
  "buf asks whether new programs read what old ones wrote; here both are written to and read from";
const reuse = "buf wants the number reserved, so that nobody gives it another meaning later";

/** @see https://protobuf.dev/programming-guides/proto3/#updating */
export const schemaCases: readonly SchemaCase[] = [
  { name: "nothing changed", client: "string a = 1;", server: "string a = 1;", breaks: [] },
  { name: "a field added", client: "string a = 1;", server: "string a = 1; int32 b = 2;", breaks: [] },
  {
    name: "a field removed",
    client: "string a = 1; int32 b = 2;",
    server: "string a = 1;",
    breaks: [],
    bufDiffers: reuse,
  },
  {
    name: "a field removed and reserved",
    client: "string a = 1; int32 b = 2;",
    server: "string a = 1; reserved 2;",
    breaks: [],
  },
  { name: "a field renamed", client: "string a = 1;", server: "string b = 1;", breaks: [] },
  {
    name: "fields in another order",
    client: "string a = 1; int32 b = 2;",
    server: "int32 b = 2; string a = 1;",
    breaks: [],
  },
  {
    name: "a field with another number",
    client: "string a = 1; int32 b = 2;",
    server: "int32 b = 1; string a = 2;",
    breaks: both,
  },

  ...types(["int32", "int64", "uint32", "uint64", "bool"], []),
  ...types(["sint32", "sint64"], []),
  ...types(["fixed32", "sfixed32"], []),
  ...types(["fixed64", "sfixed64"], []),
  ...types(["int32", "sint32", "fixed32", "fixed64", "float", "double", "string"], both),
  ...types(["int64", "sint64", "bytes"], both),
  {
    name: "text read as bytes",
    client: "string a = 1;",
    server: "bytes a = 1;",
    breaks: ["answer"],
    bufDiffers: older,
  },
  { name: "bytes read as text", client: "bytes a = 1;", server: "string a = 1;", breaks: ["request"] },
  {
    name: "a message read as bytes",
    client: "N a = 1;",
    server: "bytes a = 1;",
    beside: nested,
    breaks: ["answer"],
  },
  {
    name: "bytes read as a message",
    client: "bytes a = 1;",
    server: "N a = 1;",
    beside: nested,
    breaks: ["request"],
  },
  { name: "a message and text", client: "N a = 1;", server: "string a = 1;", beside: nested, breaks: both },

  {
    name: "an enum and a number",
    client: "E a = 1;",
    server: "int32 a = 1;",
    beside: "enum E { X = 0; }",
    breaks: [],
    bufDiffers: "buf refuses it, since some languages have closed enums; those of proto3 are open",
  },
  {
    name: "an enum with another name",
    client: "E a = 1;",
    server: "F a = 1;",
    beside: "enum E { X = 0; } enum F { Y = 0; }",
    breaks: [],
    bufDiffers: name,
  },
  {
    name: "a value added to an enum",
    client: "E a = 1;",
    server: "E a = 1;",
    beside: "enum E { X = 0; }",
    serverBeside: "enum E { X = 0; Y = 1; }",
    breaks: [],
  },
  {
    name: "a value removed from an enum",
    client: "E a = 1;",
    server: "E a = 1;",
    beside: "enum E { X = 0; Y = 1; }",
    serverBeside: "enum E { X = 0; }",
    breaks: [],
    bufDiffers: reuse,
  },
  {
    name: "a message with another name",
    client: "N a = 1;",
    server: "O a = 1;",
    beside: `${nested} message O { string s = 1; }`,
    breaks: [],
    bufDiffers: name,
  },
  {
    name: "a field of a nested message",
    client: "N a = 1;",
    server: "N a = 1;",
    beside: nested,
    serverBeside: "message N { int32 s = 1; }",
    breaks: both,
  },
  {
    name: "a field of a message that holds itself",
    client: "N a = 1;",
    server: "N a = 1;",
    beside: "message N { N n = 1; repeated N more = 2; map<string, N> named = 3; string s = 4; }",
    serverBeside: "message N { N n = 1; repeated N more = 2; map<string, N> named = 3; double s = 4; }",
    breaks: both,
  },

  { name: "presence", client: "string a = 1;", server: "optional string a = 1;", breaks: [] },
  {
    name: "a number that becomes a list of them",
    client: "int32 a = 1;",
    server: "repeated int32 a = 1;",
    breaks: ["answer"],
  },
  {
    name: "a list of numbers that becomes one",
    client: "repeated int32 a = 1;",
    server: "int32 a = 1;",
    breaks: ["request"],
  },
  {
    name: "unpacked numbers",
    client: "repeated int32 a = 1 [packed = false];",
    server: "repeated int32 a = 1;",
    breaks: [],
  },
  {
    name: "unpacked numbers that become one",
    client: "repeated int32 a = 1 [packed = false];",
    server: "int32 a = 1;",
    breaks: [],
    bufDiffers: cardinality,
  },
  {
    name: "one text and several",
    client: "string a = 1;",
    server: "repeated string a = 1;",
    breaks: [],
    bufDiffers: cardinality,
  },
  {
    name: "one message and several",
    client: "N a = 1;",
    server: "repeated N a = 1;",
    beside: nested,
    breaks: [],
    bufDiffers: cardinality,
  },

  {
    name: "a map and what it is made of",
    client: "map<string, int32> a = 1;",
    server: "repeated N a = 1;",
    beside: "message N { string k = 1; int32 v = 2; }",
    breaks: [],
    bufDiffers: name,
  },
  {
    name: "a map and other messages",
    client: "map<string, int32> a = 1;",
    server: "repeated N a = 1;",
    beside: "message N { string k = 1; string v = 2; }",
    breaks: both,
  },
  {
    name: "a map with other keys",
    client: "map<string, int32> a = 1;",
    server: "map<int32, int32> a = 1;",
    breaks: both,
  },
  {
    name: "a map with other values",
    client: "map<string, int32> a = 1;",
    server: "map<string, double> a = 1;",
    breaks: both,
  },
  {
    name: "a map with values of the same form",
    client: "map<string, int32> a = 1;",
    server: "map<string, int64> a = 1;",
    breaks: [],
  },
  {
    name: "a map and a number",
    client: "map<string, int32> a = 1;",
    server: "int32 a = 1;",
    breaks: both,
  },

  {
    name: "one field into a oneof",
    client: "string a = 1;",
    server: "oneof c { string a = 1; string b = 2; }",
    breaks: [],
    bufDiffers: "buf refuses each move between oneofs; of this one nothing can be lost",
  },
  {
    name: "two fields into a oneof",
    client: "string a = 1; string b = 2;",
    server: "oneof c { string a = 1; string b = 2; }",
    breaks: ["request"],
  },
  {
    name: "two fields out of a oneof",
    client: "oneof c { string a = 1; string b = 2; }",
    server: "string a = 1; string b = 2;",
    breaks: ["answer"],
  },
  {
    name: "a oneof split",
    client: "oneof c { string a = 1; string b = 2; }",
    server: "oneof c { string a = 1; } oneof d { string b = 2; }",
    breaks: ["answer"],
  },
  {
    name: "two oneofs joined",
    client: "oneof c { string a = 1; } oneof d { string b = 2; }",
    server: "oneof c { string a = 1; string b = 2; }",
    breaks: ["request"],
  },
  {
    name: "a oneof with another name",
    client: "oneof c { string a = 1; string b = 2; }",
    server: "oneof d { string a = 1; string b = 2; }",
    breaks: [],
    bufDiffers: name,
  },
  {
    name: "a oneof with one more",
    client: "oneof c { string a = 1; string b = 2; }",
    server: "oneof c { string a = 1; string b = 2; N d = 3; }",
    beside: nested,
    breaks: [],
  },
];

/** Each of these types changed to each of the others. */
function types(list: readonly string[], breaks: readonly Direction[]): SchemaCase[] {
  return list.flatMap((client) =>
    list
      .filter((server) => server !== client)
      .map((server) => ({
        name: `${client} and ${server}`,
        client: `${client} a = 1;`,
        server: `${server} a = 1;`,
        breaks,
      })),
  );
}
