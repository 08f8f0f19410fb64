import type { KnownInstance } from "../../../src/cli/lookup/known-instance.js";
import { announcementMessage, instanceMessage } from "../../../src/discovery/announcement-message.js";
import type { Instance } from "../../../src/gen/heliograph/discovery/v1/registry.js";
import { RegistryService } from "../../../src/gen/heliograph/discovery/v1/registry_heliograph.js";
import { InfoResponse } from "../../../src/gen/heliograph/node/v1/node.js";
import { NodeService } from "../../../src/gen/heliograph/node/v1/node_heliograph.js";
import { createNode, insecure, type Node, serve } from "../../../src/index.js";
import { known } from "../../unit/cli/instances.js";

/** A registry that says what a test wants it to say. */
export async function standInRegistry(
  instances: readonly KnownInstance[],
  { complete = true, epoch = 1 } = {},
): Promise<Node> {
  const node = createNode({ name: "registry", security: insecure() });
  const registry = { instance: "registry-0000", epoch: BigInt(epoch), revision: 1n, complete };
  const messages: Instance[] = instances.map((each) => instanceMessage(each, each.heardMsAgo));
  await serve(node, RegistryService, { list: () => ({ registry, instances: messages }) });
  return node;
}

/** Where a node listens. */
export function endpointOf({ endpoints }: Node): string {
  const [endpoint] = endpoints;
  if (endpoint === undefined) throw new Error("the node listens nowhere");
  return endpoint;
}

/** What a registry knows of a node that runs. */
export function knownNode(node: Node, more: Partial<KnownInstance> = {}): KnownInstance {
  const { name, instance, endpoints } = node;
  return known(name, { instance, endpoints: [...endpoints], ...more });
}

/** A node that tells who it is, with a clock that is ahead. */
export async function standInNode(name: string, aheadMs = 0): Promise<Node> {
  const node = createNode({ name, security: insecure() });
  await serve(node, NodeService, {
    ping: () => ({ timeUs: BigInt(Math.round((Date.now() + aheadMs) * 1000)) }),
    info: () => InfoResponse.create({ announcement: announcementMessage(knownNode(node)) }),
  });
  return node;
}
