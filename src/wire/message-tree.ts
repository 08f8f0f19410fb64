import { MAX_DEPTH } from "./message-reader.js";
import { type FieldShape, type MessageShape, type MessageShapes, mapFields } from "./message-shape.js";
import { showValue } from "./show-value.js";
import { enumOf, TreeFault, type TreeFormat } from "./tree-format.js";
import { wellKnown } from "./well-known.js";

type Fields = Record<string, unknown>;

/**
 * Turns messages into trees and back, by their shapes.
 * Fields without presence that hold their default are left out; unknown ones are ignored when read, as in protobuf.
 */
export class MessageTree {
  private readonly shapes: MessageShapes;
  private readonly format: TreeFormat;
  private readonly keys = new Map<MessageShape, ReadonlyMap<unknown, FieldShape>>();

  constructor(shapes: MessageShapes, format: TreeFormat) {
    this.shapes = shapes;
    this.format = format;
  }

  /** The tree of a message that was checked: of a value of another type the result is undefined. */
  write(typeName: string, message: unknown): unknown {
    const special = this.format.special(typeName);
    if (special !== undefined && wellKnown(typeName) === undefined) return special.write(message);
    return this.writeMessage(this.shape(typeName), message as Fields);
  }

  /**
   * The fields that the tree gives; the others are to be filled with their defaults.
   * @throws TreeFault
   */
  read(typeName: string, tree: unknown): unknown {
    try {
      const special = this.format.special(typeName);
      if (special !== undefined && wellKnown(typeName) === undefined) return special.read(tree);
      return this.readMessage(this.shape(typeName), tree, 1);
    } catch (thrown) {
      throw thrown instanceof TreeFault ? thrown.within(typeName) : thrown;
    }
  }

  private shape(typeName: string): MessageShape {
    const shape = this.shapes.messages.get(typeName);
    if (shape === undefined) throw new TreeFault("the schema lacks this message");
    return shape;
  }

  private writeMessage(shape: MessageShape, message: Fields): unknown {
    const entries: [unknown, unknown][] = [];
    for (const field of shape.fields.values()) {
      const value = fieldOf(message, field);
      if (value !== undefined && !leftOut(field, value)) {
        entries.push([this.format.keyOf(field), this.writeField(field, value)]);
      }
    }
    return this.format.container(entries);
  }

  private writeField(field: FieldShape, value: unknown): unknown {
    const map = mapFields(this.shapes, field);
    if (map !== undefined) {
      const entries: [unknown, unknown][] = [];
      for (const [key, item] of value as Map<unknown, unknown>) {
        if (item === undefined) continue;
        entries.push([this.format.writeKey(map.key.kind, key), this.writeSingle(map.value, item)]);
      }
      return this.format.container(entries);
    }
    if (field.repeated) return (value as unknown[]).map((item) => this.writeSingle(field, item));
    return this.writeSingle(field, value);
  }

  private writeSingle(field: FieldShape, value: unknown): unknown {
    if (field.kind !== "message") {
      return this.format.writeScalar(field.kind, value, enumOf(this.shapes, field));
    }
    const special = this.format.special(field.typeName);
    if (special !== undefined) return special.write(value);
    return this.writeMessage(this.shape(field.typeName), value as Fields);
  }

  private readMessage(shape: MessageShape, tree: unknown, depth: number): Fields {
    if (depth > MAX_DEPTH) throw new TreeFault(`messages nested deeper than ${MAX_DEPTH}`);
    const entries = this.format.entriesOf(tree);
    if (entries === undefined) throw new TreeFault(`expected a message, got ${showValue(tree)}`);
    const keys = this.keysOf(shape);
    const message: Fields = {};
    for (const [key, item] of entries) {
      const field = keys.get(key);
      if (field === undefined) {
        this.format.unknown?.(shape, key);
        continue;
      }
      if (isAbsent(field, item)) continue;
      const name = field.oneof ?? field.property;
      const value = step(`.${String(key)}`, () => {
        if (Object.hasOwn(message, name)) {
          throw new TreeFault(field.oneof === undefined ? "given twice" : `a second field of "${name}"`);
        }
        return this.readField(field, item, depth);
      });
      message[name] = field.oneof === undefined ? value : { $case: field.property, value };
    }
    return message;
  }

  private readField(field: FieldShape, tree: unknown, depth: number): unknown {
    const map = mapFields(this.shapes, field);
    if (map !== undefined) {
      const entries = this.format.entriesOf(tree);
      if (entries === undefined) throw new TreeFault(`expected a map, got ${showValue(tree)}`);
      const read = new Map<unknown, unknown>();
      for (const [key, item] of entries) {
        step(`[${showValue(key)}]`, () => {
          read.set(this.format.readKey(map.key.kind, key), this.readSingle(map.value, item, depth));
        });
      }
      return read;
    }
    if (!field.repeated) return this.readSingle(field, tree, depth);
    if (!Array.isArray(tree)) throw new TreeFault(`expected an array, got ${showValue(tree)}`);
    return tree.map((item: unknown, i) => step(`[${i}]`, () => this.readSingle(field, item, depth)));
  }

  private readSingle(field: FieldShape, tree: unknown, depth: number): unknown {
    if (field.kind !== "message") {
      return this.format.readScalar(field.kind, tree, enumOf(this.shapes, field));
    }
    const special = this.format.special(field.typeName);
    if (special !== undefined) return special.read(tree);
    return this.readMessage(this.shape(field.typeName), tree, depth + 1);
  }

  private keysOf(shape: MessageShape): ReadonlyMap<unknown, FieldShape> {
    let keys = this.keys.get(shape);
    if (keys === undefined) {
      const fields = [...shape.fields.values()];
      keys = new Map(
        fields.flatMap((field) => this.format.keysOf(field).map((key) => [key, field] as const)),
      );
      this.keys.set(shape, keys);
    }
    return keys;
  }
}

/** What a message holds in a field, whether or not that belongs to a oneof. */
export function fieldOf(message: Fields, field: FieldShape): unknown {
  if (field.oneof === undefined) return message[field.property];
  const choice = message[field.oneof] as { $case: string; value: unknown } | undefined;
  return choice?.$case === field.property ? choice.value : undefined;
}

/** A field without presence that holds its default, which says nothing. */
export function leftOut(field: FieldShape, value: unknown): boolean {
  if (value instanceof Map) return value.size === 0;
  if (field.repeated) return (value as unknown[]).length === 0;
  if (field.optional || field.oneof !== undefined || field.kind === "message") return false;
  if (value instanceof Uint8Array) return value.length === 0;
  return value === 0 || value === "" || value === false || value === 0n;
}

/** A null is a field left out, save where null is a value. */
function isAbsent(field: FieldShape, tree: unknown): boolean {
  if (tree !== null && tree !== undefined) return false;
  if (field.repeated) return true;
  return field.typeName !== "google.protobuf.Value" && field.typeName !== "google.protobuf.NullValue";
}

function step<T>(name: string, run: () => T): T {
  try {
    return run();
  } catch (thrown) {
    throw thrown instanceof TreeFault ? thrown.within(name) : thrown;
  }
}
