import type { Announcement } from "../../naming/instance.js";
import { boundAt } from "../../naming/reach.js";
import type { RegisteredInstance } from "./registry-instance.js";

/**
 * Who has an endpoint: of two instances that announce the same one, the one that announced it last, since it has bound
 * it after the other. A probe of it says nothing of the other's life.
 */
export class RegistryEndpoints {
  private readonly holders = new Map<string, RegisteredInstance>();

  /**
   * Gives an instance the endpoints that it announces and did not announce before.
   *
   * @returns those who had them until now
   */
  claim(
    registered: RegisteredInstance,
    before: Announcement | undefined,
    after: Announcement,
  ): RegisteredInstance[] {
    const known = new Set(before === undefined ? [] : keysOf(before));
    const losers = new Set<RegisteredInstance>();
    for (const key of keysOf(after)) {
      if (known.delete(key)) continue;
      const holder = this.holders.get(key);
      if (holder !== undefined && holder !== registered) losers.add(holder);
      this.holders.set(key, registered);
    }
    for (const key of known) this.release(registered, key);
    return [...losers];
  }

  /** The instance is not registered any more. */
  leave(registered: RegisteredInstance): void {
    for (const key of keysOf(registered.announcement)) this.release(registered, key);
  }

  /** The endpoints of an instance that nobody has taken over. */
  of(registered: RegisteredInstance): string[] {
    const { announcement } = registered;
    return announcement.endpoints.filter((endpoint) => {
      const key = boundAt(endpoint, announcement);
      return key === undefined || this.holders.get(key) === registered;
    });
  }

  private release(registered: RegisteredInstance, key: string): void {
    if (this.holders.get(key) === registered) this.holders.delete(key);
  }
}

function keysOf(announcement: Announcement): string[] {
  return announcement.endpoints
    .map((endpoint) => boundAt(endpoint, announcement))
    .filter((key) => key !== undefined);
}
