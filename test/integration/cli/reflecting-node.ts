import { Buffer } from "node:buffer";
import { announcementMessage } from "../../../src/discovery/announcement-message.js";
import { InfoResponse, SchemaResponse } from "../../../src/gen/heliograph/node/v1/node.js";
import { NodeService } from "../../../src/gen/heliograph/node/v1/node_heliograph.js";
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

/** A node that serves one service, and tells who it is and what its types are. */
export async function reflectingNode<S extends ServiceDefinition>(
  name: string,
  service: S,
  handlers: Handlers<S>,
): Promise<Node> {
  const node = createNode({ name, security: insecure(), registries: [] });
  await serve(node, service, handlers);
  await serve(node, NodeService, {
    info: () => InfoResponse.create({ announcement: announcementMessage(knownService(node, service)) }),
    schema: ({ services }) =>
      SchemaResponse.create({
        services: [service]
          .filter(({ $service }) => services.length === 0 || services.includes($service))
          .map(({ $service, $schema }) => ({
            name: $service,
            hash: schemaHash($schema),
            descriptorSet: Buffer.from($schema, "base64"),
          })),
      }),
  });
  return node;
}

/** What a registry knows of such a node. */
export function knownService(
  node: Node,
  { $service, $schema }: ServiceDefinition,
): ReturnType<typeof knownNode> {
  return knownNode(node, { services: [{ name: $service, schemaHash: schemaHash($schema) }] });
}
