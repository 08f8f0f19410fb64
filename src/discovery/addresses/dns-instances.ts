import { addressInstance } from "../../naming/address-instance.js";
import type { InstanceInfo } from "../../naming/instance.js";
import type { DnsAnswer, DnsPlace } from "./dns-answer.js";

/**
 * How long places stay known that DNS doesn't name any more, in an answer that need not mean that they are gone. A
 * DNS server that has just started may know nothing yet.
 */
const DOUBT_MS = 60_000;

/**
 * The instances that the answers of DNS make. Pure: the time comes in from outside.
 *
 * - A whole answer counts at once: who is not in it is gone.
 * - That there is nothing counts when it was said for a minute. So does what is missing from an answer that is not whole.
 * - No answer changes nothing, however long there is none.
 */
export class DnsInstances {
  private readonly services: readonly string[];
  private byEndpoint: ReadonlyMap<string, InstanceInfo> = new Map();
  private versions = 0;
  /** Since when answers leave it open whether all places are still there. */
  private doubtSince: number | undefined;

  constructor(services: readonly string[]) {
    this.services = services;
  }

  /** Sorted by endpoint. */
  get all(): readonly InstanceInfo[] {
    return [...this.byEndpoint.values()];
  }

  /** @returns whether it has changed anything */
  take(answer: Exclude<DnsAnswer, { kind: "failed" }>, now: number): boolean {
    const places = answer.kind === "none" ? [] : answer.places;
    if (answer.kind === "found" && answer.whole) {
      this.doubtSince = undefined;
      return this.replace(places, false);
    }
    this.doubtSince ??= now;
    return this.replace(places, now - this.doubtSince < DOUBT_MS);
  }

  private replace(places: readonly DnsPlace[], keepOthers: boolean): boolean {
    const next = new Map(keepOthers ? this.byEndpoint : []);
    let changed = false;
    for (const { endpoint, labels } of places) {
      const before = this.byEndpoint.get(endpoint);
      if (before !== undefined && sameLabels(before.labels, labels)) {
        next.set(endpoint, before);
        continue;
      }
      changed = true;
      this.versions++;
      next.set(
        endpoint,
        addressInstance(endpoint, { services: this.services, labels, version: this.versions }),
      );
    }
    if (!changed && next.size === this.byEndpoint.size) return false;
    // Servers answer in another order each time.
    this.byEndpoint = new Map([...next].sort(([a], [b]) => (a < b ? -1 : 1)));
    return true;
  }
}

function sameLabels(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}
