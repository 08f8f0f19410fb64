import { createNode, insecure, type Node, type ServiceDefinition, serve, watchInstances } from "heliograph";
import { namedService, served, servicesOf, watched } from "../discovery/services.js";
import { answer, fail, orders } from "../driver/lines.js";
import { BenchService } from "../gen/heliograph/bench/v1/bench_heliograph.js";
import { Observer } from "./observer.js";
import type { RegistryOrder } from "./protocol.js";

const registry = process.argv.at(-1)!;
const nodes: Node[] = [];
let observer: Observer | undefined;

function makeNode(name: string): Node {
  const node = createNode({ name, security: insecure(), registries: [registry] });
  nodes.push(node);
  return node;
}

/** A node that serves one service on an endpoint of its own, and watches five. */
async function register(index: number, count: number, services: readonly ServiceDefinition[]): Promise<void> {
  const node = makeNode(`node-${index}`);
  await serve(node, services[served(index)]!, {}, { endpoint: "tcp://127.0.0.1:*" });
  await node.announced();
  for (const other of watched(index, count)) void follow(node, services[other]!);
}

async function follow(node: Node, service: ServiceDefinition): Promise<void> {
  const events = watchInstances(node, service);
  while (!(await events.next()).done);
}

async function obey(order: RegistryOrder): Promise<object> {
  switch (order.order) {
    case "register": {
      const { from, to, of } = order;
      const services = Array.from({ length: servicesOf(of) }, (_, index) =>
        namedService(BenchService, index),
      );
      for (let index = from; index < to; index++) await register(index, of, services);
      return {};
    }
    case "see":
      observer ??= new Observer(makeNode("observer"));
      return await observer.see(order.count);
    default:
      throw new Error(`no order of a holder: ${order.order}`);
  }
}

/** Holds nodes that register with the registry at its last argument, as the runner orders, until its standard input ends. */
try {
  answer({ ready: true });
  for await (const order of orders()) answer(await obey(order as RegistryOrder));
  await Promise.all(nodes.map((node) => node.close({ graceMs: 0 })));
} catch (error) {
  fail(error);
}
