import { RobotService } from "../../../examples/gen/example/v1/robot_heliograph.js";
import { RegistryService } from "../../../src/gen/heliograph/discovery/v1/registry_heliograph.js";
import {
  connectTo,
  createClient,
  createNode,
  createPublisher,
  insecure,
  type Node,
  type Publisher,
  type PublisherOptions,
  serve,
  serveRegistry,
} from "../../../src/index.js";
import { endpointOf, quiet } from "./stand-in.js";

/** A registry, and nodes that publish. */
export interface TopicNodes extends AsyncDisposable {
  /** What tells a command where to look. */
  readonly at: readonly string[];
  readonly registry: string;
  /** A node that is registered there. */
  node(name: string): Node;
  /** A node that serves RobotService and publishes its topic. */
  robot(
    name: string,
    options?: PublisherOptions,
  ): Promise<{ readonly node: Node; readonly publisher: Publisher<Reading> }>;
}

type Reading = typeof RobotService.temperature extends {
  readonly output: { fromPartial(of: never): infer T };
}
  ? T
  : never;

/** To be closed, with all its nodes. */
export async function startTopicNodes(): Promise<TopicNodes> {
  const registryNode = createNode({ name: "registry", security: insecure(), registries: [] });
  await serveRegistry(registryNode, { endpoint: "tcp://127.0.0.1:*", heartbeatMs: 200 });
  const registry = endpointOf(registryNode);
  const nodes = [registryNode];
  const node = (name: string) => {
    const made = createNode({ name, security: insecure(), registries: [registry], logger: quiet });
    nodes.unshift(made);
    return made;
  };
  await using connection = connectTo([registry], { security: insecure() });
  const client = createClient(connection, RegistryService);
  // A registry that has begun only now says that it may not know everybody.
  for (let known = false; !known; known = (await client.list({})).registry?.complete === true);
  return {
    registry,
    at: ["--registry", registry],
    node,
    async robot(name, options = {}) {
      const made = node(name);
      await serve(made, RobotService, {});
      const publisher = createPublisher(made, RobotService.temperature, options);
      await made.announced();
      return { node: made, publisher };
    },
    [Symbol.asyncDispose]: async () => {
      for (const each of nodes) await each.close();
    },
  };
}
