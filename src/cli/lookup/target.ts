import { closestNames } from "../../core/closest-names.js";
import type { InstanceInfo } from "../../naming/instance.js";
import { findServiceName } from "../reflect/service-name.js";
import { findTopicName } from "../reflect/topic-name.js";
import { shortInstance } from "./instance-name.js";
import type { KnownInstance } from "./known-instance.js";

/** What of an instance names go by. */
export type Named = Pick<InstanceInfo, "node" | "instance" | "endpoints" | "services">;

/** What a name on the command line stands for. */
export interface Target<I extends Named = KnownInstance> {
  readonly kind: "all" | "node" | "instance" | "service" | "topic" | "endpoint";
  /** The whole name: of the service or topic, when a part of it was given. */
  readonly name: string;
  /** At least one, unless the kind is `all`. */
  readonly instances: readonly I[];
}

/** Why a name stands for nothing, or for more than one thing. */
export interface NoTarget {
  readonly kind: "none" | "ambiguous";
  /** What it may have meant. */
  readonly candidates: readonly string[];
}

/** A beginning of an instance that is shorter could be a name that was mistyped. */
const LEAST_PREFIX = 4;

/**
 * Finds what a name stands for: a node, an instance, an endpoint that a node listens on, a service as `findServiceName`
 * has it, a topic as `findTopicName` has it, the last part of a node's name, or the beginning of an instance. The earlier of these goes before the later.
 * Without a name, all.
 */
export function findTarget<I extends Named>(
  instances: readonly I[],
  name: string | undefined,
): Target<I> | NoTarget {
  if (name === undefined) return { kind: "all", name: "", instances };
  const of = (kind: Target["kind"], matches: (instance: I) => boolean) => {
    const found = instances.filter(matches);
    return found.length === 0 ? undefined : { kind, name, instances: found };
  };
  return (
    of("node", ({ node }) => node === name) ??
    of("instance", ({ instance }) => instance === name) ??
    of("endpoint", ({ endpoints }) => endpoints.includes(name)) ??
    findService(instances, name) ??
    findTopic(instances, name) ??
    nodeByEnd(instances, name) ??
    prefix(instances, name) ?? { kind: "none", candidates: similar(instances, name) }
  );
}

/** The services that instances announce, each once, in order: those of the kit are not among them. */
export function servicesOf(instances: readonly Named[]): string[] {
  return announcedNames(instances).filter((name) => !isTopicName(name));
}

/** The topics that instances publish, each once, in order, by their names `package.Service/Topic`. */
export function topicsOf(instances: readonly Named[]): string[] {
  return announcedNames(instances).filter(isTopicName);
}

/** The services that instances serve, or of which they publish a topic. */
export function describedServicesOf(instances: readonly Named[]): string[] {
  return [...new Set(announcedNames(instances).map(serviceOfName))].sort();
}

/** Whether an instance serves a service or publishes a topic of it, so that it can tell what it is. */
export function describes({ services }: Named, service: string): boolean {
  return services.some(({ name }) => serviceOfName(name) === service);
}

/** Whether an instance serves the service, or publishes the topic, of this name. */
export function announces({ services }: Named, name: string): boolean {
  return services.some((each) => each.name === name);
}

/** Among what instances announce, a name with a slash is that of a topic. */
export function isTopicName(name: string): boolean {
  return name.includes("/");
}

function serviceOfName(name: string): string {
  return name.split("/")[0] ?? name;
}

function announcedNames(instances: readonly Named[]): string[] {
  return [...new Set(instances.flatMap(({ services }) => services.map(({ name }) => name)))].sort();
}

/** Finds a service by its name or a part of it, as `findServiceName` does. */
export function findService<I extends Named>(
  instances: readonly I[],
  wanted: string,
): Target<I> | NoTarget | undefined {
  const found = findServiceName(wanted, servicesOf(instances));
  switch (found.kind) {
    case "none":
      return undefined;
    case "several":
      return { kind: "ambiguous", candidates: found.candidates };
    case "one": {
      const { name } = found;
      return { kind: "service", name, instances: instances.filter((each) => announces(each, name)) };
    }
  }
}

/** Finds a topic that is published, as `findTopicName` does. */
export function findTopic<I extends Named>(
  instances: readonly I[],
  wanted: string,
): Target<I> | NoTarget | undefined {
  const found = findTopicName(wanted, topicsOf(instances));
  switch (found.kind) {
    case "none":
      return undefined;
    case "several":
      return { kind: "ambiguous", candidates: found.candidates };
    case "one": {
      const { name } = found;
      return { kind: "topic", name, instances: instances.filter((each) => announces(each, name)) };
    }
  }
}

/** What to tell a user whose word has several meanings. */
export function ambiguousText(name: string, { candidates }: NoTarget): string {
  return `${JSON.stringify(name)} may be any of ${candidates.join(", ")}; write it in full`;
}

function nodeByEnd<I extends Named>(instances: readonly I[], name: string): Target<I> | NoTarget | undefined {
  const fits = (node: string) => node.toLowerCase().endsWith(`.${name.toLowerCase()}`);
  const same = (node: string) => node.toLowerCase() === name.toLowerCase();
  const nodes = [...new Set(instances.map(({ node }) => node))];
  const candidates = nodes.some(same) ? nodes.filter(same) : nodes.filter(fits);
  const [whole] = candidates;
  if (whole === undefined) return undefined;
  if (candidates.length > 1) return { kind: "ambiguous", candidates };
  return { kind: "node", name: whole, instances: instances.filter(({ node }) => node === whole) };
}

function prefix<I extends Named>(instances: readonly I[], name: string): Target<I> | NoTarget | undefined {
  if (name.length < LEAST_PREFIX) return undefined;
  const found = instances.filter(({ instance }) => instance.startsWith(name));
  if (found.length === 0) return undefined;
  if (found.length > 1) return { kind: "ambiguous", candidates: found.map(({ instance }) => instance) };
  return { kind: "instance", name: found[0]?.instance ?? name, instances: found };
}

/** Instances that begin so, if too short to be taken; else names that differ by a slip of the finger, the nearest first. */
function similar(instances: readonly Named[], name: string): string[] {
  const begun = instances.filter(({ instance }) => instance.startsWith(name));
  if (begun.length > 0 && name !== "")
    return begun.slice(0, 3).map(({ instance }) => shortInstance(instance));
  const whole = new Map(instances.filter(({ node }) => node !== "").map(({ node }) => [node, node]));
  for (const service of servicesOf(instances)) {
    whole.set(service, service);
    whole.set(service.slice(service.lastIndexOf(".") + 1), service);
  }
  const found = closestNames(name, whole.keys()).map((each) => whole.get(each) ?? each);
  return [...new Set(found)];
}
