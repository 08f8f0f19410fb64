import { createNode, insecure, type Node, type NodeOptions, serveRegistry } from "../../../src/index.js";
import type { ServeCommand, ServedNode } from "./node-commands.js";
import { type NodeProcess, startProcess } from "./node-process.js";

/** A process that serves, and what it has said of that. */
export interface ServerProcess extends ServedNode {
  readonly server: NodeProcess;
}

export const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** Everything that a test starts; it ends with the test. */
export class Scene implements AsyncDisposable {
  private readonly ends: (() => PromiseLike<unknown>)[] = [];

  /** A node in the process of the test. */
  node(name: string, registries: readonly string[], options: Partial<NodeOptions> = {}): Node {
    const node = createNode({ name, registries, security: insecure(), logger: silent, ...options });
    this.ends.push(() => node.close({ graceMs: 0 }));
    return node;
  }

  /** A registry in the process of the test. */
  async registry(
    heartbeatMs?: number,
    endpoint?: string,
  ): Promise<{ readonly node: Node; readonly endpoint: string }> {
    const node = this.node("registry", []);
    const { endpoints } = await serveRegistry(node, { heartbeatMs, endpoint });
    return { node, endpoint: endpoints[0] ?? "" };
  }

  /** A process that has no nodes yet. */
  async process(inside?: readonly string[]): Promise<NodeProcess> {
    return this.own(await startProcess(inside));
  }

  /** Ends it with the test. */
  own<T extends AsyncDisposable>(resource: T): T {
    this.ends.push(() => resource[Symbol.asyncDispose]());
    return resource;
  }

  async server(
    name: string,
    registries: readonly string[],
    more: Partial<ServeCommand> = {},
  ): Promise<ServerProcess> {
    const server = await this.process();
    return { server, ...(await server.tell.serve({ name, registries, ...more })) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // What was started last may need what was started first.
    for (const end of this.ends.splice(0).reverse()) await end();
  }
}
