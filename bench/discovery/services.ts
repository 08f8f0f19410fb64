import type { ServiceDefinition } from "heliograph";

/** Instances of each service, and services that each node watches. */
export const INSTANCES = 20;
export const WATCHED = 5;

/** How many services so many nodes serve. */
export function servicesOf(nodes: number): number {
  return Math.ceil(nodes / INSTANCES);
}

/** Which service a node serves. */
export function served(node: number): number {
  return Math.floor(node / INSTANCES);
}

/** Which services a node watches: each is watched by as many nodes, who are not neighbours. */
export function watched(node: number, nodes: number): number[] {
  const services = servicesOf(nodes);
  return Array.from(
    { length: Math.min(WATCHED, services) },
    (_, i) => (served(node) + (i + 1) * 7 + (node % INSTANCES)) % services,
  );
}

/** How many instances serve it. */
export function sizeOf(service: number, nodes: number): number {
  return Math.min(INSTANCES, nodes - service * INSTANCES);
}

/** A service that does what the template does, under a name of its own. */
export function namedService(template: ServiceDefinition, index: number): ServiceDefinition {
  const name = `heliograph.bench.v1.Bench${index}Service`;
  const methods = Object.entries(template)
    .filter(([key]) => !key.startsWith("$"))
    .map(([key, method]) => [key, { ...(method as object), service: name, path: `${name}/${key}` }]);
  return { ...template, ...Object.fromEntries(methods), $service: name } as ServiceDefinition;
}
