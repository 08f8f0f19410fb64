import type { KnownInstance } from "../../../src/cli/lookup/known-instance.js";
import { systemClock } from "../../../src/core/clock.js";
import { instanceMessage } from "../../../src/discovery/announcement-message.js";
import { RegistryService } from "../../../src/gen/heliograph/discovery/v1/registry_heliograph.js";
import {
  createNode,
  type Handlers,
  insecure,
  type Logger,
  type Node,
  type NodeOptions,
  serve,
} from "../../../src/index.js";
import { EchoService } from "../../gen/heliograph/test/v1/echo_heliograph.js";
import { known } from "../../unit/cli/instances.js";

/** For nodes whose registries come and go. */
export const quiet: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** A registry that says what a test wants it to say. */
export async function standInRegistry(
  instances: readonly KnownInstance[],
  { complete = true } = {},
): Promise<Node> {
  const node = createNode({ name: "registry", security: insecure(), registries: [] });
  const registry = { instance: "registry-0000", epoch: 1n, revision: 1n, complete };
  const messages = instances.map((each) => instanceMessage(each, each.heardMsAgo));
  await serve(node, RegistryService, { list: () => ({ registry, instances: messages }) });
  return node;
}

/** A node that serves EchoService, and registers nowhere unless told to. */
export async function echoNode(
  name: string,
  options: Partial<NodeOptions> = {},
  handlers: Handlers<EchoService> = {},
): Promise<Node> {
  const node = createNode({ name, security: insecure(), registries: [], logger: quiet, ...options });
  await serve(node, EchoService, handlers);
  return node;
}

/** A clock that is ahead of this machine's by so much. */
export function clockAhead(ms: number): NonNullable<NodeOptions["clock"]> {
  return { ...systemClock, wallUs: () => systemClock.wallUs() + ms * 1000 };
}

/** Where a node listens. */
export function endpointOf({ endpoints }: Pick<Node, "endpoints">): string {
  const [endpoint] = endpoints;
  if (endpoint === undefined) throw new Error("the node listens nowhere");
  return endpoint;
}

/** What a registry knows of a node that runs. */
export function knownNode(node: Node, more: Partial<KnownInstance> = {}): KnownInstance {
  const { name, instance, epoch, endpoints, services } = node;
  return known(name, {
    instance,
    epoch,
    endpoints: [...endpoints],
    services: services.map((each) => ({ name: each, schemaHash: "" })),
    ...more,
  });
}
