import { type DescEnum, type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import { FeatureSet_FieldPresence } from "@bufbuild/protobuf/wkt";

/**
 * How a value is written. Values of one form are read by each other's readers; a varint may be cut to what the
 * reader's type holds.
 *
 * @see https://protobuf.dev/programming-guides/proto3/#updating
 */
export type WireForm =
  | "varint"
  | "zigzag varint"
  | "fixed32"
  | "fixed64"
  | "float"
  | "double"
  | "string"
  | "bytes"
  | "message"
  | "group";

/** One field as the wire sees it: a map is a repeated message. */
export interface WireField {
  readonly name: string;
  readonly number: number;
  readonly form: WireForm;
  /** As a `.proto` would say, such as `repeated example.v1.Item`. */
  readonly shown: string;
  readonly repeated: boolean;
  /** All elements are written as one value. */
  readonly packed: boolean;
  readonly required: boolean;
  /** Name of the oneof that it belongs to. */
  readonly oneof: string | undefined;
  readonly enum: DescEnum | undefined;
  /** What a message or group holds. */
  readonly message: WireMessage | undefined;
}

/** A message, or an entry of a map. */
export interface WireMessage {
  readonly name: string;
  /** Read when they are first asked for, since messages may hold themselves. */
  readonly fields: ReadonlyMap<number, WireField>;
}

/** A message's fields as the wire sees them; the same object for the same descriptor. */
export function wireMessage(message: DescMessage): WireMessage {
  let known = messages.get(message);
  if (known === undefined) {
    known = new LazyMessage(message.typeName, () => message.fields.map(wireField));
    messages.set(message, known);
  }
  return known;
}

/**
 * A field's type as a `.proto` would say it.
 *
 * @param named how the full name of a message or enum is shown
 */
export function typeText(field: DescField, named: (typeName: string) => string = (name) => name): string {
  const item = itemText(field, named);
  if (field.fieldKind === "map") return `map<${scalarName(field.mapKey)}, ${item}>`;
  return field.fieldKind === "list" ? `repeated ${item}` : item;
}

const messages = new WeakMap<DescMessage, WireMessage>();

class LazyMessage implements WireMessage {
  readonly name: string;
  readonly #read: () => WireField[];
  #fields: ReadonlyMap<number, WireField> | undefined;

  constructor(name: string, read: () => WireField[]) {
    this.name = name;
    this.#read = read;
  }

  get fields(): ReadonlyMap<number, WireField> {
    this.#fields ??= new Map(this.#read().map((field) => [field.number, field]));
    return this.#fields;
  }
}

function wireField(field: DescField): WireField {
  const map = field.fieldKind === "map" ? mapEntry(field) : undefined;
  return {
    name: field.name,
    number: field.number,
    form: map === undefined ? formOf(field) : "message",
    shown: typeText(field),
    repeated: field.fieldKind === "list" || field.fieldKind === "map",
    packed: field.fieldKind === "list" && field.packed,
    required: field.presence === FeatureSet_FieldPresence.LEGACY_REQUIRED,
    oneof: field.oneof?.name,
    enum: map === undefined ? field.enum : undefined,
    message: map ?? (field.message && wireMessage(field.message)),
  };
}

type MapField = Extract<DescField, { fieldKind: "map" }>;

function mapEntry(field: MapField): WireMessage {
  return new LazyMessage(`${field.parent.typeName}.${field.name}`, () => [
    entryField({ name: "key", number: 1, form: scalarForms[field.mapKey], shown: scalarName(field.mapKey) }),
    entryField({
      name: "value",
      number: 2,
      form: formOf(field),
      shown: itemText(field, (name) => name),
      enum: field.enum,
      message: field.message && wireMessage(field.message),
    }),
  ]);
}

function entryField(
  field: Pick<WireField, "name" | "number" | "form" | "shown"> & Partial<Pick<WireField, "enum" | "message">>,
): WireField {
  return {
    repeated: false,
    packed: false,
    required: false,
    oneof: undefined,
    enum: undefined,
    message: undefined,
    ...field,
  };
}

function formOf(field: DescField): WireForm {
  if (field.message !== undefined) return field.delimitedEncoding === true ? "group" : "message";
  if (field.enum !== undefined) return "varint";
  return scalarForms[field.scalar];
}

function itemText(field: DescField, named: (typeName: string) => string): string {
  if (field.message !== undefined) return named(field.message.typeName);
  return field.enum !== undefined ? named(field.enum.typeName) : scalarName(field.scalar);
}

function scalarName(scalar: ScalarType): string {
  return ScalarType[scalar].toLowerCase();
}

const scalarForms: Readonly<Record<ScalarType, WireForm>> = {
  [ScalarType.INT32]: "varint",
  [ScalarType.INT64]: "varint",
  [ScalarType.UINT32]: "varint",
  [ScalarType.UINT64]: "varint",
  [ScalarType.BOOL]: "varint",
  [ScalarType.SINT32]: "zigzag varint",
  [ScalarType.SINT64]: "zigzag varint",
  [ScalarType.FIXED32]: "fixed32",
  [ScalarType.SFIXED32]: "fixed32",
  [ScalarType.FIXED64]: "fixed64",
  [ScalarType.SFIXED64]: "fixed64",
  [ScalarType.FLOAT]: "float",
  [ScalarType.DOUBLE]: "double",
  [ScalarType.STRING]: "string",
  [ScalarType.BYTES]: "bytes",
};
