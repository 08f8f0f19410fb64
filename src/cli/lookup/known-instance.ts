import { type InstanceInfo, type InstanceState, instanceKey } from "../../naming/instance.js";

/** An instance as the command knows it. */
export interface KnownInstance extends InstanceInfo {
  /** How long ago it was heard, by whoever heard it last. */
  readonly heardMsAgo: number;
  /** Which registries know it; empty when it was asked itself. */
  readonly registries: readonly string[];
}

/** What one registry answered. */
export interface RegistryAnswer {
  readonly endpoint: string;
  /** Which life of which registry; undefined when it did not answer. */
  readonly registry: RegistryIdentity | undefined;
  /** How many instances it knows. */
  readonly instances: number;
  /** Why there is no answer; undefined when there is one. */
  readonly error: string | undefined;
}

/** One life of a registry. */
export interface RegistryIdentity {
  readonly instance: string;
  /** In microseconds since 1970. */
  readonly epoch: number;
  readonly revision: number;
  /** False while it is so young that nodes may not have registered again. */
  readonly complete: boolean;
}

/** Who is there, as far as the command could find out. */
export interface Listing {
  /** All that were asked; empty when nodes were asked themselves. */
  readonly registries: readonly RegistryAnswer[];
  readonly instances: readonly KnownInstance[];
}

const STATES: readonly InstanceState[] = ["alive", "stalled", "suspect", "dead"];

/**
 * What several registries know, as one list, by name: of each instance the newest that it said of itself, and the best
 * that anybody says of its life.
 */
export function mergeInstances(lists: readonly (readonly KnownInstance[])[]): KnownInstance[] {
  const merged = new Map<string, KnownInstance>();
  for (const instance of lists.flat()) {
    const key = instanceKey(instance);
    const other = merged.get(key);
    merged.set(key, other === undefined ? instance : mergeTwo(other, instance));
  }
  return [...merged.values()].sort(byName);
}

/** By the name of the node, the oldest first. */
export function byName(a: KnownInstance, b: KnownInstance): number {
  return compareTexts(a.node, b.node) || a.epoch - b.epoch || compareTexts(a.instance, b.instance);
}

export function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function mergeTwo(a: KnownInstance, b: KnownInstance): KnownInstance {
  const newer = a.epoch - b.epoch || a.version - b.version;
  const said = newer >= 0 ? a : b;
  const heard = a.heardMsAgo <= b.heardMsAgo ? a : b;
  return {
    ...said,
    // What was said of an earlier life says nothing of this one.
    state: a.epoch === b.epoch ? better(a.state, b.state) : said.state,
    load: heard.load ?? a.load ?? b.load,
    heardMsAgo: heard.heardMsAgo,
    registries: [...a.registries, ...b.registries],
  };
}

function better(a: InstanceState, b: InstanceState): InstanceState {
  return STATES.indexOf(a) <= STATES.indexOf(b) ? a : b;
}
