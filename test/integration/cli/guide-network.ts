import { GreeterService } from "../../../examples/gen/example/v1/greeter_heliograph.js";
import { RobotService } from "../../../examples/gen/example/v1/robot_heliograph.js";
import { RegistryService } from "../../../src/gen/heliograph/discovery/v1/registry_heliograph.js";
import {
  connectTo,
  createClient,
  createNode,
  createPublisher,
  insecure,
  type Node,
  type NodeOptions,
  serve,
  serveRegistry,
} from "../../../src/index.js";
import { endpointOf, quiet } from "./stand-in.js";

/** The nodes that docs/guide/command.md looks at. */
export interface GuideNetwork extends AsyncDisposable {
  readonly registry: string;
  /** Addresses on free ports as the page has them. */
  shown(text: string): string;
  /** The reverse. */
  local(text: string): string;
}

/** Two greeters and a robot, of which one registry knows. */
export async function startGuideNetwork(): Promise<GuideNetwork> {
  const registryNode = createNode({ name: "registry", security: insecure(), registries: [] });
  await serveRegistry(registryNode, { endpoint: "tcp://127.0.0.1:*", heartbeatMs: 200 });
  const registries = [endpointOf(registryNode)];
  const make = (name: string, more: Partial<NodeOptions> = {}) =>
    createNode({ name, security: insecure(), registries, logger: quiet, ...more });
  const greeter = async (zone: string) => {
    const node = make("greeter", { labels: { zone }, control: true });
    await serve(node, GreeterService, {
      greet: ({ name }) => ({ text: `Hello, ${name}!` }),
      async *count({ to }) {
        for (let n = 1; n <= to; n++) yield { n };
      },
    });
    return node;
  };
  const one = await greeter("eu-1");
  const two = await greeter("eu-2");
  const robot = make("robot");
  await serve(robot, RobotService, {});
  const readings = createPublisher(robot, RobotService.temperature, { history: 1 });
  await readings.publish({ room: "kitchen", celsius: 21.5 });
  await readings.publish({ room: "hall", celsius: 19 });
  await robot.announced();
  await makeCalls(one);
  await complete(registryNode);
  const nodes = [one, two, robot, registryNode];
  const addresses = nodes.map((node, index) => {
    const page = `tcp://127.0.0.1:${node === registryNode ? 7700 : 5555 + index}`;
    return { page, here: endpointOf(node) };
  });
  return {
    registry: endpointOf(registryNode),
    shown: (text) => addresses.reduce((all, { page, here }) => all.replaceAll(here, page), text),
    local: (text) => addresses.reduce((all, { page, here }) => all.replaceAll(page, here), text),
    [Symbol.asyncDispose]: async () => {
      await Promise.all(nodes.map((node) => node.close()));
    },
  };
}

async function makeCalls(node: Node): Promise<void> {
  await using connection = connectTo([endpointOf(node)], { security: insecure() });
  const client = createClient(connection, GreeterService);
  await Promise.all(Array.from({ length: 1200 }, (_, index) => client.greet({ name: String(index) })));
  for await (const _ of client.count({ to: 3 }));
  // Nobody has written a handler for it.
  await client.sum([{ n: 1 }]).catch(() => undefined);
}

/** A registry that has begun only now may not know everybody, and says so. */
async function complete(registry: Node): Promise<void> {
  await using connection = connectTo([endpointOf(registry)], { security: insecure() });
  const client = createClient(connection, RegistryService);
  for (let known = false; !known; known = (await client.list({})).registry?.complete === true);
}
