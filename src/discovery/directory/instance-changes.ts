import { type InstanceInfo, instanceKey } from "../../naming/instance.js";

/** What has become of an instance. */
export interface InstanceEvent {
  /**
   * - `up`: it is there, or well again
   * - `changed`: it says something else of itself: other services, endpoints, labels, or that it drains
   * - `stalled`, `suspect`: see `InstanceState`
   * - `down`: it has left, or is dead
   */
  readonly kind: "up" | "changed" | "stalled" | "suspect" | "down";
  /** As it is known now; with `down`, as it was known last: its `state` is `dead`, unless it has left or is forgotten. */
  readonly instance: InstanceInfo;
}

/**
 * What has changed from one list of instances to the next, for a reader that may be slow: of each instance it is told
 * what has become of it since it was told last, however much happened in between. Holds at most one entry for each
 * instance. Pure.
 */
export class InstanceChanges {
  /** As they are. */
  private now = new Map<string, InstanceInfo>();
  /** Those that are dead, and for the reader not there. */
  private dead = new Map<string, InstanceInfo>();
  /** As the reader knows them. */
  private readonly told = new Map<string, InstanceInfo>();
  /** Those that may be others than the reader knows, longest first. */
  private readonly due = new Set<string>();

  update(instances: readonly InstanceInfo[]): void {
    const before = this.now;
    this.now = new Map();
    this.dead = new Map();
    for (const info of instances) (info.state === "dead" ? this.dead : this.now).set(instanceKey(info), info);
    for (const [key, info] of this.now) if (before.get(key) !== info) this.due.add(key);
    for (const key of before.keys()) if (!this.now.has(key)) this.due.add(key);
  }

  /** The next to tell; undefined when the reader knows everything. */
  next(): InstanceEvent | undefined {
    for (const key of this.due) {
      this.due.delete(key);
      const known = this.told.get(key);
      const instance = this.now.get(key);
      if (instance === undefined) this.told.delete(key);
      else this.told.set(key, instance);
      const event = eventOf(known, instance, this.dead.get(key));
      if (event !== undefined) return event;
    }
    return undefined;
  }
}

function eventOf(
  known: InstanceInfo | undefined,
  instance: InstanceInfo | undefined,
  dead: InstanceInfo | undefined,
): InstanceEvent | undefined {
  if (instance === undefined) return known && { kind: "down", instance: dead ?? known };
  if (known?.state !== instance.state) return { kind: kindOf(instance), instance };
  const same =
    known.epoch === instance.epoch &&
    known.version === instance.version &&
    known.endpoints.join(" ") === instance.endpoints.join(" ");
  return same ? undefined : { kind: "changed", instance };
}

function kindOf({ state }: InstanceInfo): InstanceEvent["kind"] {
  if (state === "alive") return "up";
  return state === "dead" ? "down" : state;
}
