import {
  createNode,
  type Handlers,
  insecure,
  type Node,
  type ServiceDefinition,
  serve,
} from "../../../src/index.js";
import { schemaHash } from "../../../src/wire/schema-hash.js";
import { knownNode } from "./stand-in.js";

/** A node that serves one service. Like any node, it tells what its types are. */
export async function reflectingNode<S extends ServiceDefinition>(
  name: string,
  service: S,
  handlers: Handlers<S>,
): Promise<Node> {
  const node = createNode({ name, security: insecure(), registries: [] });
  await serve(node, service, handlers);
  return node;
}

/** What a registry knows of such a node. */
export function knownService(
  node: Node,
  { $service, $schema }: ServiceDefinition,
): ReturnType<typeof knownNode> {
  return knownNode(node, { services: [{ name: $service, schemaHash: schemaHash($schema) }] });
}
