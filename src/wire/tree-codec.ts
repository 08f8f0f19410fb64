import { messageOf } from "../core/error.js";
import { explainEncode } from "./explain-encode.js";
import { type MessageShapes, shapesOf } from "./message-shape.js";
import { MessageTree } from "./message-tree.js";
import { cannotDecode, cannotEncode, type PayloadType } from "./payload-codec.js";
import { TreeFault, type TreeFormat } from "./tree-format.js";

/** The part that JSON and msgpack share: messages to trees and back, checked against the schema both ways. */
export class TreeCodec {
  private readonly format: TreeFormat;
  private readonly trees = new WeakMap<MessageShapes, MessageTree>();

  constructor(format: TreeFormat) {
    this.format = format;
  }

  /** @throws HeliographError, see `PayloadCodec.encode`. */
  write<T>(type: PayloadType<T>, message: T): unknown {
    const shapes = shapesOf(type.schema);
    const problem = explainEncode(shapes, type.message.$type, message);
    if (problem !== undefined) throw cannotEncode(type, problem);
    try {
      return this.tree(shapes).write(type.message.$type, message);
    } catch (thrown) {
      if (thrown instanceof TreeFault)
        throw cannotEncode(type, `${type.message.$type}: ${thrown.message}`, thrown);
      throw thrown;
    }
  }

  /** @throws HeliographError, see `PayloadCodec.decode`. */
  read<T>(type: PayloadType<T>, tree: unknown): T {
    try {
      const read = this.tree(shapesOf(type.schema)).read(type.message.$type, tree);
      // What was read has only fields of the message's own, each of its own type.
      return type.message.fromPartial(read as never);
    } catch (thrown) {
      throw cannotDecode(type, messageOf(thrown), thrown);
    }
  }

  private tree(shapes: MessageShapes): MessageTree {
    let tree = this.trees.get(shapes);
    if (tree === undefined) {
      tree = new MessageTree(shapes, this.format);
      this.trees.set(shapes, tree);
    }
    return tree;
  }
}
