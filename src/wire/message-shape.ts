import { Buffer } from "node:buffer";
import { BinaryReader } from "@bufbuild/protobuf/wire";

/** The types of `google.protobuf.FieldDescriptorProto.Type` by their numbers; groups (10) are not of proto3. */
const kinds = [
  undefined,
  "double",
  "float",
  "int64",
  "uint64",
  "int32",
  "fixed64",
  "fixed32",
  "bool",
  "string",
  undefined,
  "message",
  "bytes",
  "uint32",
  "enum",
  "sfixed32",
  "sfixed64",
  "sint32",
  "sint64",
] as const;

export type FieldKind = Exclude<(typeof kinds)[number], undefined>;

/** One field of a message: how the wire, the `.proto`, JSON and the generated TypeScript name it, and what it holds. */
export interface FieldShape {
  readonly number: number;
  readonly name: string;
  readonly jsonName: string;
  /** The name in the generated TypeScript. */
  readonly property: string;
  readonly kind: FieldKind;
  /** Full name of the message or enum; empty for scalars. */
  readonly typeName: string;
  readonly repeated: boolean;
  /** Its elements are written as one value. */
  readonly packed: boolean;
  /** Declared `optional`: absent is not the same as zero. */
  readonly optional: boolean;
  /** The TypeScript name of the oneof it belongs to, if any. */
  readonly oneof: string | undefined;
}

export interface MessageShape {
  readonly name: string;
  readonly fields: ReadonlyMap<number, FieldShape>;
  /** An entry of a map field: `key` (1) and `value` (2). */
  readonly mapEntry: boolean;
}

export interface EnumShape {
  readonly byName: ReadonlyMap<string, number>;
  /** With aliases, the first name. */
  readonly byNumber: ReadonlyMap<number, string>;
}

/** Every message and enum of a schema, by full name. */
export interface MessageShapes {
  readonly messages: ReadonlyMap<string, MessageShape>;
  readonly enums: ReadonlyMap<string, EnumShape>;
}

const cache = new Map<string, MessageShapes>();

/**
 * The shapes in a service's `$schema` (a `google.protobuf.FileDescriptorSet` in base64), read once per schema.
 * Needed only to explain a failure, and for codecs that are not protobuf's own.
 *
 * @throws Error if the schema is damaged.
 */
export function shapesOf(schema: string): MessageShapes {
  let shapes = cache.get(schema);
  if (shapes === undefined) {
    shapes = readFiles(Buffer.from(schema, "base64"));
    cache.set(schema, shapes);
  }
  return shapes;
}

/** The field that `field`'s map entries have as key or value, or undefined where `field` is no map. */
export function mapFields(
  shapes: MessageShapes,
  field: FieldShape,
): { readonly key: FieldShape; readonly value: FieldShape } | undefined {
  if (field.kind !== "message" || !field.repeated) return undefined;
  const entry = shapes.messages.get(field.typeName);
  if (entry === undefined || !entry.mapEntry) return undefined;
  const key = entry.fields.get(1);
  const value = entry.fields.get(2);
  return key === undefined || value === undefined ? undefined : { key, value };
}

/** The TypeScript name of a field: ts-proto's own rule, under its default `snakeToCamel`. */
export function propertyName(name: string): string {
  if (!name.includes("_")) return name;
  const keepCase = /[a-z]/.test(name);
  return name
    .split("_")
    .map((part) => (keepCase ? part : part.toLowerCase()))
    .map((part, i) => (i === 0 ? part : part.slice(0, 1).toUpperCase() + part.slice(1)))
    .join("");
}

/** Protobuf's own rule for the name in JSON, for schemas that leave it out. */
function jsonName(name: string): string {
  return name.replace(/_+(.?)/g, (_, next: string) => next.toUpperCase());
}

type Visit = (field: number, reader: BinaryReader, skip: () => void) => void;

function readFields(bytes: Uint8Array, visit: Visit): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    visit(field, reader, () => void reader.skip(wireType, field));
  }
}

function readFiles(set: Uint8Array): MessageShapes {
  const messages = new Map<string, MessageShape>();
  const enums = new Map<string, EnumShape>();
  readFields(set, (field, reader, skip) => {
    if (field === 1) readFile(reader.bytes(), messages, enums);
    else skip();
  });
  return { messages, enums };
}

function readFile(
  file: Uint8Array,
  messages: Map<string, MessageShape>,
  enums: Map<string, EnumShape>,
): void {
  let scope = "";
  const parts: (() => void)[] = [];
  readFields(file, (field, reader, skip) => {
    if (field === 2) scope = `${reader.string()}.`;
    else if (field === 4 || field === 5) {
      const bytes = reader.bytes();
      parts.push(() =>
        field === 4 ? readMessage(bytes, scope, messages, enums) : readEnum(bytes, scope, enums),
      );
    } else skip();
  });
  for (const part of parts) part();
}

function readMessage(
  bytes: Uint8Array,
  scope: string,
  messages: Map<string, MessageShape>,
  enums: Map<string, EnumShape>,
): void {
  let name = "";
  let mapEntry = false;
  const fields: Uint8Array[] = [];
  const nested: ((scope: string) => void)[] = [];
  const oneofs: string[] = [];
  readFields(bytes, (field, reader, skip) => {
    if (field === 1) name = scope + reader.string();
    else if (field === 2) fields.push(reader.bytes());
    else if (field === 3) {
      const message = reader.bytes();
      nested.push((inner) => readMessage(message, inner, messages, enums));
    } else if (field === 4) {
      const declared = reader.bytes();
      nested.push((inner) => readEnum(declared, inner, enums));
    } else if (field === 7) {
      readFields(reader.bytes(), (option, options, skipOption) => {
        if (option === 7) mapEntry = options.bool();
        else skipOption();
      });
    } else if (field === 8) {
      readFields(reader.bytes(), (part, oneof, skipPart) => {
        if (part === 1) oneofs.push(propertyName(oneof.string()));
        else skipPart();
      });
    } else skip();
  });
  const shapes = fields.map((field) => readField(field, oneofs));
  messages.set(name, { name, mapEntry, fields: new Map(shapes.map((shape) => [shape.number, shape])) });
  for (const read of nested) read(`${name}.`);
}

function readField(bytes: Uint8Array, oneofs: readonly string[]): FieldShape {
  let name = "";
  let json: string | undefined;
  let number = 0;
  let label = 0;
  let type = 0;
  let typeName = "";
  let oneof = -1;
  let optional = false;
  let packed = true;
  readFields(bytes, (field, reader, skip) => {
    if (field === 1) name = reader.string();
    else if (field === 3) number = reader.int32();
    else if (field === 4) label = reader.int32();
    else if (field === 5) type = reader.int32();
    else if (field === 6) typeName = reader.string().replace(/^\./, "");
    else if (field === 8) packed = readPacked(reader.bytes());
    else if (field === 9) oneof = reader.int32();
    else if (field === 10) json = reader.string();
    else if (field === 17) optional = reader.bool();
    else skip();
  });
  const kind = kinds[type];
  if (kind === undefined) throw new Error(`field ${name} of the schema has type ${type}`);
  return {
    number,
    name,
    jsonName: json ?? jsonName(name),
    property: propertyName(name),
    kind,
    typeName,
    repeated: label === 3,
    packed: label === 3 && packed && kind !== "string" && kind !== "bytes" && kind !== "message",
    optional,
    // protoc puts each `optional` field into a oneof of its own, which no user ever sees.
    oneof: optional ? undefined : oneofs[oneof],
  };
}

/** Numbers are packed in proto3, unless the field's options say otherwise. */
function readPacked(options: Uint8Array): boolean {
  let packed = true;
  readFields(options, (option, reader, skip) => {
    if (option === 2) packed = reader.bool();
    else skip();
  });
  return packed;
}

function readEnum(bytes: Uint8Array, scope: string, enums: Map<string, EnumShape>): void {
  let name = "";
  const byName = new Map<string, number>();
  const byNumber = new Map<number, string>();
  readFields(bytes, (field, reader, skip) => {
    if (field === 1) name = scope + reader.string();
    else if (field === 2) {
      let value = "";
      let number = 0;
      readFields(reader.bytes(), (part, inner, skipPart) => {
        if (part === 1) value = inner.string();
        else if (part === 2) number = inner.int32();
        else skipPart();
      });
      byName.set(value, number);
      if (!byNumber.has(number)) byNumber.set(number, value);
    } else skip();
  });
  enums.set(name, { byName, byNumber });
}
