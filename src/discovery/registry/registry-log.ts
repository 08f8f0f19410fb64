import type { ServedService } from "../../naming/instance.js";

/** That something of an instance has changed: what it is now, its registration says. */
interface Entry {
  readonly instance: string;
  /** What it served before the change and after it. */
  readonly before: readonly ServedService[];
  readonly after: readonly ServedService[];
  readonly weight: number;
}

/** The latest changes of a registry, so that a watch can go on where it stopped. Bounded in number and in weight. */
export class RegistryLog {
  private readonly capacity: number;
  private readonly mostWeight: number;
  /** By revision, modulo the capacity. */
  private readonly ring: (Entry | undefined)[] = [];
  private weight = 0;
  /** All changes after this one are here. */
  private floor = 0;
  private latest = 0;

  constructor(capacity: number, mostWeight: number) {
    this.capacity = capacity;
    this.mostWeight = mostWeight;
  }

  /** The revision of the latest change; each change has the next one, from 1. */
  get revision(): number {
    return this.latest;
  }

  /** @param weight bytes that only the log may keep alive */
  add(
    instance: string,
    before: readonly ServedService[],
    after: readonly ServedService[],
    weight: number,
  ): void {
    this.latest++;
    if (this.latest - this.floor > this.capacity) this.drop();
    this.ring[this.latest % this.capacity] = { instance, before, after, weight };
    this.weight += weight;
    while (this.weight > this.mostWeight && this.floor < this.latest) this.drop();
  }

  /** How many changes there were since then; undefined when that can't be told any more. */
  countSince(revision: number): number | undefined {
    return revision >= this.floor && revision <= this.latest ? this.latest - revision : undefined;
  }

  /**
   * The instances of which something has changed since then that whoever watches the service is to be told.
   *
   * @param revision one for which `countSince` gives a number
   * @param service empty for all
   */
  since(revision: number, service: string): Set<string> {
    const found = new Set<string>();
    for (let at = revision + 1; at <= this.latest; at++) {
      const entry = this.ring[at % this.capacity];
      if (entry !== undefined && concerns(entry, service)) found.add(entry.instance);
    }
    return found;
  }

  private drop(): void {
    this.floor++;
    const at = this.floor % this.capacity;
    this.weight -= this.ring[at]?.weight ?? 0;
    this.ring[at] = undefined;
  }
}

function concerns({ before, after }: Entry, service: string): boolean {
  if (service === "" || includes(after, service)) return true;
  return before !== after && includes(before, service);
}

function includes(services: readonly ServedService[], service: string): boolean {
  for (const { name } of services) if (name === service) return true;
  return false;
}
