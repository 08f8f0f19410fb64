import type { Buffer } from "node:buffer";
import { MalformedMessage } from "./malformed-message.js";
import { MessageReader } from "./message-reader.js";
import {
  type FieldKind,
  type FieldShape,
  type MessageShape,
  type MessageShapes,
  mapFields,
} from "./message-shape.js";

const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

/**
 * What is wrong with the bytes of a message of this type, with path, field number and place:
 * `example.v1.GreetRequest.name (field 1): invalid UTF-8 at byte 12`. Undefined when nothing is.
 *
 * Refuses what MessageReader refuses, and a known field of another wire type, which generated code skips as it
 * does unknown ones. Slow: called after a decoder has thrown, or has skipped something.
 */
export function explainDecode(shapes: MessageShapes, typeName: string, bytes: Buffer): string | undefined {
  const shape = shapes.messages.get(typeName);
  if (shape === undefined) return undefined;
  return new DecodeCheck(shapes, bytes).run(shape);
}

class DecodeCheck {
  private readonly shapes: MessageShapes;
  private readonly reader = new MessageReader();
  private readonly end: number;
  /** Where the walk is, for the message of a fault that the reader throws. */
  private path = "";
  private field: FieldShape | undefined;

  constructor(shapes: MessageShapes, bytes: Buffer) {
    this.shapes = shapes;
    this.end = bytes.length;
    this.reader.reset(bytes, 0, bytes.length);
  }

  run(shape: MessageShape): string | undefined {
    try {
      this.message(shape, shape.name, this.end);
      this.reader.finish();
      return undefined;
    } catch (thrown) {
      if (!(thrown instanceof MalformedMessage)) throw thrown;
      const number = this.field === undefined ? "" : ` (field ${this.field.number})`;
      return `${this.path}${number}: ${thrown.problem} at byte ${thrown.offset}`;
    }
  }

  private message(shape: MessageShape, path: string, end: number): void {
    const reader = this.reader;
    const outer = reader.__tsProtoDecodeDepth;
    reader.__tsProtoDecodeDepth = outer + 1;
    const seen = new Map<number, number>();
    this.at(path, undefined);
    while (reader.pos < end) {
      const start = reader.pos;
      const tag = reader.uint32();
      const field = shape.fields.get(tag >>> 3);
      if (field === undefined) {
        reader.skip(tag & 7);
        continue;
      }
      const index = seen.get(field.number) ?? 0;
      seen.set(field.number, index + 1);
      this.at(`${path}.${field.name}${field.repeated ? `[${index}]` : ""}`, field);
      this.value(field, tag & 7, start);
      this.at(path, undefined);
    }
    reader.__tsProtoDecodeDepth = outer;
  }

  private value(field: FieldShape, wireType: number, start: number): void {
    const reader = this.reader;
    const expected = wireTypeOf(field.kind);
    if (field.repeated && expected !== LENGTH_DELIMITED && wireType === LENGTH_DELIMITED) {
      const end = reader.uint32() + reader.pos;
      while (reader.pos < end) this.scalar(field.kind);
    } else if (wireType !== expected) {
      throw new MalformedMessage(
        `wire type ${wireType} where ${field.kind} has ${expected}`,
        start,
        field.number,
      );
    } else if (field.kind === "message") {
      const map = mapFields(this.shapes, field);
      const shape = this.shapes.messages.get(field.typeName);
      const length = reader.uint32();
      if (shape === undefined) return void this.unknownMessage(length);
      this.message(
        shape,
        map === undefined ? this.path : this.path.replace(/\[(\d+)\]$/, "[entry $1]"),
        reader.pos + length,
      );
    } else this.scalar(field.kind);
  }

  /** A message whose type the schema lacks: only its outline can be checked. */
  private unknownMessage(length: number): void {
    const end = this.reader.pos + length;
    const outer = this.reader.__tsProtoDecodeDepth;
    this.reader.__tsProtoDecodeDepth = outer + 1;
    while (this.reader.pos < end) this.reader.skip(this.reader.uint32() & 7);
    this.reader.__tsProtoDecodeDepth = outer;
  }

  private scalar(kind: FieldKind): void {
    const reader = this.reader;
    if (kind === "string") reader.string();
    else if (kind === "bytes") reader.bytes();
    else if (wireTypeOf(kind) === FIXED64) reader.fixed64();
    else if (wireTypeOf(kind) === FIXED32) reader.fixed32();
    else reader.uint64();
  }

  private at(path: string, field: FieldShape | undefined): void {
    this.path = path;
    this.field = field;
  }
}

/** How the wire delimits a value of this kind, when it is not packed. */
export function wireTypeOf(kind: FieldKind): number {
  switch (kind) {
    case "string":
    case "bytes":
    case "message":
      return LENGTH_DELIMITED;
    case "double":
    case "fixed64":
    case "sfixed64":
      return FIXED64;
    case "float":
    case "fixed32":
    case "sfixed32":
      return FIXED32;
    default:
      return VARINT;
  }
}

/**
 * True when none of the skipped tags can be a field that this type, or a message within it, knows: then nothing was
 * skipped but fields of a newer schema, and the bytes need no second look.
 */
export function skippedUnknownOnly(
  shapes: MessageShapes,
  typeName: string,
  tags: readonly number[] | undefined,
): boolean {
  if (tags === undefined) return false;
  const known = knownNumbers(shapes, typeName);
  return tags.every((tag) => !known.has(tag >>> 3));
}

const numbers = new WeakMap<MessageShapes, Map<string, ReadonlySet<number>>>();

function knownNumbers(shapes: MessageShapes, typeName: string): ReadonlySet<number> {
  let byType = numbers.get(shapes);
  if (byType === undefined) {
    byType = new Map();
    numbers.set(shapes, byType);
  }
  const cached = byType.get(typeName);
  if (cached !== undefined) return cached;
  const known = new Set<number>();
  const reached = new Set([typeName]);
  for (const name of reached) {
    for (const field of shapes.messages.get(name)?.fields.values() ?? []) {
      known.add(field.number);
      if (field.kind === "message") reached.add(field.typeName);
    }
  }
  byType.set(typeName, known);
  return known;
}
