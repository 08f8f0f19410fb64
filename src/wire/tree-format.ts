import type { EnumShape, FieldKind, FieldShape, MessageShape, MessageShapes } from "./message-shape.js";

/** A value that a field can't hold, and the path to it from the outermost message. */
export class TreeFault extends Error {
  override readonly name = "TreeFault";
  readonly problem: string;
  private path = "";

  constructor(problem: string) {
    super(problem);
    this.problem = problem;
  }

  /** Puts a step in front of the path, such as `.name` or `[3]`. */
  within(step: string): this {
    this.path = step + this.path;
    this.message = `${this.path}: ${this.problem}`;
    return this;
  }
}

/**
 * How messages look in one schemaless notation: JSON or msgpack. A tree is what such a notation holds: numbers,
 * text, arrays, and containers of named or keyed values.
 *
 * Readers throw a TreeFault for what the field can't hold.
 */
export interface TreeFormat {
  /** What a message calls the field. */
  keyOf(field: FieldShape): string;
  /** All names under which the field is found. */
  keysOf(field: FieldShape): readonly string[];
  /** A message or a map, from what it holds. */
  container(entries: [unknown, unknown][]): unknown;
  /** What a container holds, or undefined where the tree is none. */
  entriesOf(tree: unknown): Iterable<readonly [unknown, unknown]> | undefined;
  writeScalar(kind: FieldKind, value: unknown, names: EnumShape | undefined): unknown;
  readScalar(kind: FieldKind, tree: unknown, names: EnumShape | undefined): unknown;
  writeKey(kind: FieldKind, key: unknown): unknown;
  readKey(kind: FieldKind, tree: unknown): unknown;
  /** Told of a key that names no field; may throw a TreeFault. By default it is passed over, as in protobuf. */
  unknown?(shape: MessageShape, key: unknown): void;
  /** For message types that are not a container of their fields; undefined for the others. */
  special(typeName: string): SpecialFormat | undefined;
}

/** How a format shows one message type, by the value that generated code holds for it. */
export interface SpecialFormat {
  write(value: unknown): unknown;
  read(tree: unknown): unknown;
}

/** The names of a field's enum. */
export function enumOf(shapes: MessageShapes, field: FieldShape): EnumShape | undefined {
  return field.kind === "enum" ? shapes.enums.get(field.typeName) : undefined;
}
