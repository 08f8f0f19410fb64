import type { Announcement, Condition, Load, ServedService } from "../naming/instance.js";
import { methodsOf } from "../rpc/bound-method.js";
import type { Idempotency, Method, ServiceDefinition } from "../wire/definition.js";
import type { ResolverLink } from "./resolver-links.js";
import type { NodeState } from "./status.js";

/** A method as a description shows it. */
export interface MethodDescription {
  /** Name in the `.proto`, such as `Greet`. */
  readonly name: string;
  readonly kind: Method["kind"];
  readonly idempotency: Idempotency;
}

/** A service as a description shows it. */
export interface ServiceDescription extends ServedService {
  readonly methods: readonly MethodDescription[];
}

/** All that a node knows of itself, in plain values that can be printed as JSON. */
export interface NodeDescription {
  readonly name: string;
  readonly instance: string;
  /** When it was made, in microseconds since 1970. */
  readonly epoch: number;
  /** The kit that it is built with, such as `typescript 0.1.0`. */
  readonly kit: string;
  /** What runs it, such as `node 20.20.0`. */
  readonly runtime: string;
  readonly processId: number;
  /** See `Announcement.host`. */
  readonly host: string;
  readonly state: NodeState;
  /** What it tells others of whether it takes calls. */
  readonly condition: Condition;
  /** Where it listens. */
  readonly endpoints: readonly string[];
  /** Where others are told to reach it. */
  readonly advertised: readonly string[];
  readonly services: readonly ServiceDescription[];
  /** What it publishes, by full names such as `example.v1.RobotService/Temperature`. */
  readonly topics: readonly ServedService[];
  readonly labels: Readonly<Record<string, string>>;
  readonly uptimeMs: number;
  /** Where it looks for others, and is found by them. */
  readonly registries: readonly ResolverLink[];
  readonly load: Load;
}

/** What a description is made of. */
export interface DescriptionParts {
  /** What it says of itself; its endpoints are those for others. */
  readonly announcement: Omit<Announcement, "version">;
  readonly state: NodeState;
  /** Where it listens. */
  readonly endpoints: readonly string[];
  /** What it serves. */
  readonly definitions: readonly ServiceDefinition[];
  readonly registries: readonly ResolverLink[];
  readonly load: Load;
  /** In microseconds since 1970. */
  readonly nowUs: number;
}

/** Describes a node, as it is now. */
export function describeNode(parts: DescriptionParts): NodeDescription {
  const { announcement, state, endpoints, definitions, registries, load, nowUs } = parts;
  const { node, instance, epoch, kit, processId, host, condition, labels } = announcement;
  const byName = new Map(definitions.map((definition) => [definition.$service, definition]));
  return {
    name: node,
    instance,
    epoch,
    kit,
    runtime: runtimeName(),
    processId,
    host,
    state,
    condition,
    endpoints: [...endpoints],
    advertised: [...announcement.endpoints],
    services: announcement.services
      .filter(({ name }) => !isTopicName(name))
      .map((service) => ({ ...service, methods: methodsIn(byName.get(service.name)) })),
    topics: announcement.services.filter(({ name }) => isTopicName(name)),
    labels: { ...labels },
    uptimeMs: Math.max(0, Math.round((nowUs - epoch) / 1_000)),
    registries: [...registries],
    load,
  };
}

/** What runs this program, such as `node 20.20.0`. */
export function runtimeName(
  versions: Readonly<Record<string, string | undefined>> = process.versions,
): string {
  for (const name of ["bun", "deno", "node"])
    if (versions[name] !== undefined) return `${name} ${versions[name]}`;
  return "unknown";
}

/** Among what is announced, topics are named with their service: `package.Service/Topic`. */
function isTopicName(name: string): boolean {
  return name.includes("/");
}

function methodsIn(definition: ServiceDefinition | undefined): MethodDescription[] {
  if (definition === undefined) return [];
  return methodsOf(definition).map(([, { name, kind, idempotency }]) => ({ name, kind, idempotency }));
}
