import type { Node } from "./node.js";
import { NodeLife } from "./node-life.js";
import type { NodeOptions } from "./options.js";

/**
 * Makes a node. Does no I/O: the node listens when it first serves something, and looks for others when it first calls
 * somebody.
 *
 * @throws HeliographError INVALID_ARGUMENT that quotes the option and says what to write instead
 */
export function createNode(options: NodeOptions): Node {
  return new NodeLife(options);
}
