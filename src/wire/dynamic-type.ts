import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";
import { closestNames } from "../core/closest-names.js";
import { Code } from "../core/code.js";
import { HeliographError } from "../core/error.js";
import type { MessageType } from "./definition.js";
import { decodeFields } from "./dynamic-decode.js";
import { encodeFields } from "./dynamic-encode.js";
import { type Fields, fillFields } from "./dynamic-fill.js";
import { unwrapWellKnown, wrapWellKnown } from "./dynamic-well-known.js";
import { explainEncode } from "./explain-encode.js";
import { jsonFormat } from "./json-format.js";
import type { MessageShape, MessageShapes } from "./message-shape.js";
import { MessageTree } from "./message-tree.js";
import { showValue } from "./show-value.js";
import { TreeFault, type TreeFormat } from "./tree-format.js";
import { wellKnown } from "./well-known.js";

/**
 * A message of a type that is known at run time only. It has the form that generated code would give it: names in camel
 * case, `bigint` for 64 bits, `Map` for maps, `{ $case, value }` for oneofs. `fromJSON` and `toJSON` of its type
 * translate from and to ProtoJSON.
 */
export type DynamicMessage = Record<string, unknown>;

/** The message types of one schema, each made when it is first asked for. */
export class DynamicTypes {
  private readonly shapes: MessageShapes;
  private readonly tree: MessageTree;
  private readonly types = new Map<string, MessageType<DynamicMessage>>();

  constructor(shapes: MessageShapes) {
    this.shapes = shapes;
    this.tree = new MessageTree(shapes, strictJson);
  }

  /** @throws Error unless the schema has a message of this full name */
  of(typeName: string): MessageType<DynamicMessage> {
    let type = this.types.get(typeName);
    if (type === undefined) {
      const shape = this.shapes.messages.get(typeName);
      if (shape === undefined) throw new Error(`the schema lacks ${typeName}`);
      type = new DynamicType(this.shapes, shape, this.tree);
      this.types.set(typeName, type);
    }
    return type;
  }
}

class DynamicType implements MessageType<DynamicMessage> {
  readonly $type: string;
  private readonly shapes: MessageShapes;
  private readonly shape: MessageShape;
  private readonly tree: MessageTree;

  constructor(shapes: MessageShapes, shape: MessageShape, tree: MessageTree) {
    this.$type = shape.name;
    this.shapes = shapes;
    this.shape = shape;
    this.tree = tree;
  }

  encode(message: DynamicMessage, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    encodeFields(this.shapes, this.shape, message, writer);
    return writer;
  }

  decode(input: BinaryReader | Uint8Array, length?: number): DynamicMessage {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    return decodeFields(this.shapes, this.shape, reader, length ?? reader.len - reader.pos);
  }

  fromPartial(object: never): DynamicMessage {
    return fillFields(this.shapes, this.shape, object);
  }

  /**
   * A whole message of ProtoJSON.
   *
   * @throws HeliographError INVALID_ARGUMENT, reason MALFORMED_MESSAGE, with the path of a field that is of another type,
   *   or that the message doesn't have
   */
  fromJSON(json: unknown): DynamicMessage {
    try {
      return this.fromPartial(this.read(json) as never);
    } catch (thrown) {
      if (thrown instanceof TreeFault) throw malformed(thrown.message, thrown);
      throw thrown;
    }
  }

  /** @throws HeliographError INVALID_ARGUMENT, reason MALFORMED_MESSAGE, unless it is a message of this type */
  toJSON(message: DynamicMessage): unknown {
    const problem = explainEncode(this.shapes, this.$type, message);
    if (problem !== undefined) throw malformed(problem);
    try {
      const known = wellKnown(this.$type);
      const special = known === undefined ? undefined : jsonFormat.special(this.$type);
      if (known === undefined || special === undefined) return this.tree.write(this.$type, message);
      const value = unwrapWellKnown(known, message);
      return special.write(value === undefined ? null : value);
    } catch (thrown) {
      if (thrown instanceof TreeFault) throw malformed(`${this.$type}: ${thrown.message}`, thrown);
      throw thrown;
    }
  }

  /** Types of google.protobuf that are a value in JSON are one also where they are the whole message. */
  private read(json: unknown): Fields {
    const known = wellKnown(this.$type);
    const special = known === undefined ? undefined : jsonFormat.special(this.$type);
    if (known === undefined || special === undefined) return this.tree.read(this.$type, json) as Fields;
    try {
      return wrapWellKnown(known, this.$type, special.read(json));
    } catch (thrown) {
      throw thrown instanceof TreeFault ? thrown.within(this.$type) : thrown;
    }
  }
}

/** ProtoJSON as people type it: a name that is none is a slip of theirs, and no field of a newer schema. */
const strictJson: TreeFormat = {
  ...jsonFormat,
  unknown(shape, key) {
    const names = [...shape.fields.values()].map(({ jsonName }) => jsonName);
    const close = closestNames(String(key), names, 1);
    const hint = close.length > 0 ? `did you mean ${close[0]}?` : `it has ${listed(names)}`;
    throw new TreeFault(`${shape.name} has no field ${showValue(key)}; ${hint}`);
  },
};

function listed(names: readonly string[]): string {
  if (names.length === 0) return "none";
  return names.length > 12 ? `${names.slice(0, 12).join(", ")}, …` : names.join(", ");
}

function malformed(problem: string, cause?: unknown): HeliographError {
  return new HeliographError(Code.InvalidArgument, problem, { reason: "MALFORMED_MESSAGE", cause });
}
