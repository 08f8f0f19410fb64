import { Code } from "../../core/code.js";
import { HeliographError } from "../../core/error.js";
import { ControlService } from "../../gen/heliograph/control/v1/control_heliograph.js";
import { HealthService } from "../../gen/heliograph/health/v1/health_heliograph.js";
import { NodeService } from "../../gen/heliograph/node/v1/node_heliograph.js";
import { TopicService } from "../../gen/heliograph/pubsub/v1/topic_heliograph.js";
import { hashBytes } from "../../wire/schema-hash.js";
import { Failure } from "../failure.js";
import { nameOf } from "../lookup/instance-name.js";
import type { KnownInstance, Listing } from "../lookup/known-instance.js";
import type { Lookup } from "../lookup/lookup.js";
import type { Reached } from "../lookup/reach.js";
import { describedServicesOf, describes } from "../lookup/target.js";
import { findServiceName, meant } from "./service-name.js";

/** What every node serves without announcing it. */
const kitServices = [NodeService, HealthService, ControlService, TopicService];

/** A service, as an instance that serves it has described it. */
export interface ReflectedService {
  /** Full name. */
  readonly name: string;
  /** A `google.protobuf.FileDescriptorSet`. */
  readonly descriptorSet: Uint8Array;
  readonly hash: string;
  /** Who has described it, and the way there. */
  readonly instance: KnownInstance;
  readonly way: Reached;
}

/**
 * The full name of a service that somebody serves, or publishes a topic of.
 *
 * @throws Failure that says what it may mean
 */
export function resolveService(wanted: string, listing: Listing): string {
  const announced = describedServicesOf(listing.instances);
  const own = kitServices.map(({ $service }) => $service);
  const found = findServiceName(wanted, announced);
  // The kit's own come second: users may have a HealthService, too.
  const name = found.kind === "none" ? findServiceName(wanted, own) : found;
  if (name.kind === "one") return name.name;
  if (name.kind === "several") {
    throw new Failure(
      `${JSON.stringify(wanted)} may be any of ${name.candidates.join(", ")}; write it in full`,
    );
  }
  const all = findServiceName(wanted, [...announced, ...own]);
  throw new Failure([
    `nobody serves ${JSON.stringify(wanted)}${meant(all.kind === "none" ? all.candidates : [])}`,
    announced.length === 0 ? "no service is announced at all" : `there is ${announced.join(", ")}`,
  ]);
}

/**
 * Asks the instances that serve a service, or publish a topic of it, for its schema, those that can be called first, until one answers.
 *
 * @param name full name, of `resolveService`
 * @param only what the user has named; undefined for any instance
 * @throws Failure that says what each of them said
 */
export async function reflect(
  name: string,
  { instances }: Listing,
  lookup: Lookup,
  only?: readonly KnownInstance[],
): Promise<ReflectedService> {
  const candidates = (only ?? instances).filter((instance) => tells(instance, name));
  const failed: string[] = [];
  for (const instance of [...candidates].sort((a, b) => rank(a) - rank(b))) {
    const answer = await describe(name, instance, lookup);
    if (typeof answer !== "string") return answer;
    const state = instance.state === "alive" ? "" : ` is ${instance.state}`;
    failed.push(`${nameOf(instance)}${state}: ${answer}`);
  }
  if (failed.length > 0) throw new Failure(failed);
  throw new Failure(
    only === undefined || only.length === 0
      ? `no instance of ${name} listens anywhere`
      : `${only.map(nameOf).join(", ")} doesn't serve ${name}`,
  );
}

function tells(instance: KnownInstance, name: string): boolean {
  if (instance.endpoints.length === 0) return false;
  return describes(instance, name) || kitServices.some(({ $service }) => $service === name);
}

/** Who can be called goes first, who is known to be dead last. */
function rank({ state, condition }: KnownInstance): number {
  return ["alive", "stalled", "suspect", "dead"].indexOf(state) * 2 + (condition === "serving" ? 0 : 1);
}

async function describe(
  name: string,
  instance: KnownInstance,
  lookup: Lookup,
): Promise<ReflectedService | string> {
  try {
    const way = lookup.reach(instance);
    const { services } = await way.node.schema({ services: [name] }, way.options);
    const found = services.find((service) => service.name === name);
    if (found === undefined) return `does not serve ${name}`;
    const { descriptorSet } = found;
    return { name, descriptorSet, hash: hashBytes(descriptorSet), instance, way };
  } catch (error) {
    if (HeliographError.from(error).code === Code.Unimplemented) return "does not tell its schemas";
    return lookup.explain(error);
  }
}
