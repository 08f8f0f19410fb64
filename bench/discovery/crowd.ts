import {
  createNode,
  insecure,
  type Node,
  type ServiceDefinition,
  type SocketFactory,
  serve,
  watchInstances,
} from "heliograph";
import type { FakeClock } from "heliograph/testing";
import { namedService, served, servicesOf, sizeOf, watched } from "./services.js";

/** Where the nodes of a crowd live. */
export interface CrowdParts {
  readonly clock: FakeClock;
  readonly network: SocketFactory;
  readonly registry: string;
}

/** Nodes that each serve one service and watch five of at most 20 instances, and one that watches all. */
export class Crowd {
  /** Watches that don't know yet all that there are. */
  missing = 0;
  /** Times that somebody was told of an instance that has left. */
  departures = 0;
  private readonly count: number;
  private readonly parts: CrowdParts;
  private readonly services: readonly ServiceDefinition[];
  private readonly nodes: Node[] = [];
  private readonly left = new Set<number>();

  /** @param template what their services do */
  constructor(count: number, template: ServiceDefinition, parts: CrowdParts) {
    this.count = count;
    this.parts = parts;
    this.services = Array.from({ length: servicesOf(count) }, (_, index) => namedService(template, index));
  }

  /** All nodes at once. Resolves when each has been announced. */
  async start(): Promise<void> {
    void this.follow(this.makeNode("operator"), undefined, this.count);
    const announced: Promise<void>[] = [];
    for (let index = 0; index < this.count; index++) {
      const node = this.makeNode(`node-${index}`);
      this.nodes.push(node);
      announced.push(this.serve(node, index));
      for (const service of watched(index, this.count))
        void this.follow(node, this.services[service], sizeOf(service, this.count));
    }
    await Promise.all(announced);
  }

  /** A node leaves. */
  leave(index: number): Promise<void> {
    this.left.add(index);
    return this.nodes[index]!.close();
  }

  /** How many of those that are there watch the service of a node. */
  watchersOf(index: number): number {
    let watchers = 1;
    for (let other = 0; other < this.count; other++) {
      if (!this.left.has(other) && watched(other, this.count).includes(served(index))) watchers++;
    }
    return watchers;
  }

  private makeNode(name: string): Node {
    const { clock, network, registry } = this.parts;
    return createNode({ name, security: insecure(), clock, network, registries: [registry] });
  }

  private async serve(node: Node, index: number): Promise<void> {
    await serve(node, this.services[served(index)]!, {});
    await node.announced();
  }

  private async follow(node: Node, service: ServiceDefinition | undefined, wanted: number): Promise<void> {
    this.missing++;
    let known = 0;
    for await (const { kind } of watchInstances(node, service)) {
      if (kind === "up" && ++known === wanted) this.missing--;
      else if (kind === "down") this.departures++;
    }
  }
}
