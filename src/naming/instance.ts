/**
 * What is known of an instance's life.
 *
 * - `alive`: heard within its interval
 * - `stalled`: its machine answers, its event loop does not: it is not chosen, and keeps its place
 * - `suspect`: silent for two intervals, or its connection broke: it is not chosen
 * - `dead`: silent for three intervals
 */
export type InstanceState = "alive" | "stalled" | "suspect" | "dead";

/** What an instance is up to, by its own word: only `serving` ones are called. */
export type Condition = "serving" | "paused" | "draining";

/** How busy an instance was when it was last heard. */
export interface Load {
  /** The longest that its event loop was late since the report before, in milliseconds. */
  readonly loopLagMs: number;
  /** The share of time in which its event loop was busy, 0 to 1. */
  readonly loopUtilization: number;
  readonly callsInFlight: number;
  /** Of the process, as its system counts it. */
  readonly memoryBytes: number;
}

/** A service that an instance serves. */
export interface ServedService {
  /** Full name, such as `example.v1.GreeterService`. */
  readonly name: string;
  /** Of its descriptor set, see `schemaHash`; empty when it is not known. */
  readonly schemaHash: string;
}

/** What an instance says of itself. */
export interface Announcement {
  /** Name of its node; empty when only an address is known. */
  readonly node: string;
  /** Which of the nodes of that name; empty when only an address is known. */
  readonly instance: string;
  /** When the instance began, in microseconds since 1970. */
  readonly epoch: number;
  /** Grows with each announcement of this instance. */
  readonly version: number;
  /** Where it listens; empty when it serves nothing. */
  readonly endpoints: readonly string[];
  readonly services: readonly ServedService[];
  readonly labels: Readonly<Record<string, string>>;
  /** Which machine it runs on: endpoints of loopback and ipc are of use only there. Empty when it is not known. */
  readonly host: string;
  readonly condition: Condition;
  /** The kit that it is built with, such as `typescript 0.1.0`. */
  readonly kit: string;
  readonly processId: number;
}

/** One instance as it is known here: what it says of itself, and what was seen of it. */
export interface InstanceInfo extends Announcement {
  readonly state: InstanceState;
  /** What it reported last; undefined until then. */
  readonly load: Load | undefined;
  /** Endpoints that it announces and that lead nowhere from here, see `seenFrom`: `endpoints` is without them. */
  readonly unreachable?: readonly string[] | undefined;
}

/**
 * What is known of an instance, out of what it says of itself. All have one shape: objects that are spread into others
 * have one each, of some 400 bytes, in the engines of today.
 */
export function instanceInfo(
  announcement: Announcement,
  state: InstanceState,
  load: Load | undefined,
): InstanceInfo {
  const { node, instance, epoch, version, endpoints, services, labels, host, condition, kit, processId } =
    announcement;
  return {
    node,
    instance,
    epoch,
    version,
    endpoints,
    services,
    labels,
    host,
    condition,
    kit,
    processId,
    state,
    load,
    unreachable: undefined,
  };
}

/** Tells instances apart: by identity, or by where they listen when no more is known. */
export function instanceKey({ instance, endpoints }: Announcement): string {
  return instance === "" ? endpoints.join(" ") : instance;
}
