import type { RegistryLimits } from "../registry-limits.js";
import type { RegisteredInstance } from "./registry-instance.js";

/** What a watch is told at a time. */
export interface WatchUpdate {
  /** What comes from here on, in this update and those that follow, is all there is; what was told before is not. */
  readonly snapshot: boolean;
  readonly changed: readonly RegisteredInstance[];
  readonly removed: readonly string[];
  /** Where a watch that ends after this update can go on. */
  readonly revision: number;
  /** All that is known was told, and the registry is not too young to know all. */
  readonly complete: boolean;
}

/** What a watch looks at. */
export interface WatchedRegistry {
  readonly revision: number;
  readonly complete: boolean;
  readonly limits: RegistryLimits;
  /** An instance, if it is registered and serves this. */
  find(service: string, instance: string): RegisteredInstance | undefined;
  /** All that serve this; may change while it is read. */
  members(service: string): Iterable<RegisteredInstance>;
}

/**
 * What one who watches a service has not been told yet. It holds no more than the names of instances, and not many of
 * them: one who is too slow is told of everything anew.
 */
export class RegistryWatcher {
  /** Empty for all instances. */
  readonly service: string;
  private readonly registry: WatchedRegistry;
  private readonly wake: () => void;
  private pending = new Set<string>();
  private wantsSnapshot = false;
  /** What is left of a snapshot. */
  private rest: Iterator<RegisteredInstance> | undefined;
  private ahead: RegisteredInstance | undefined;
  private told: number;
  private greeted = false;
  private saidComplete = false;
  private awake = true;

  /**
   * @param from what it goes on with: those that have changed, and since when; undefined to begin with a snapshot
   * @param wake called when there is something to take again, after there was nothing
   */
  constructor(
    registry: WatchedRegistry,
    service: string,
    from: { readonly revision: number; readonly changed: Set<string> } | undefined,
    wake: () => void,
  ) {
    this.registry = registry;
    this.service = service;
    this.wake = wake;
    this.told = from?.revision ?? 0;
    if (from === undefined || from.changed.size > registry.limits.backlog) this.wantsSnapshot = true;
    else this.pending = from.changed;
  }

  /** There is something to take. */
  get ready(): boolean {
    if (!this.greeted || this.wantsSnapshot || this.ahead !== undefined || this.pending.size > 0) return true;
    return this.registry.complete && !this.saidComplete;
  }

  /** Something of an instance has changed. */
  changed(instance: string): void {
    if (!this.wantsSnapshot) {
      this.pending.add(instance);
      if (this.pending.size > this.registry.limits.backlog) {
        this.wantsSnapshot = true;
        this.pending.clear();
      }
    }
    this.stir();
  }

  /** There may be something to take. */
  stir(): void {
    if (this.awake || !this.ready) return;
    this.awake = true;
    this.wake();
  }

  /** What there is to tell, or as much of it as one response may have. */
  take(): WatchUpdate {
    const snapshot = this.wantsSnapshot;
    if (snapshot) {
      this.wantsSnapshot = false;
      this.pending.clear();
      this.rest = this.registry.members(this.service)[Symbol.iterator]();
      this.advance();
    }
    const changed: RegisteredInstance[] = [];
    const removed: string[] = [];
    if (this.ahead !== undefined) this.takeMembers(changed);
    else this.takeChanges(changed, removed);
    const whole = this.ahead === undefined && this.pending.size === 0;
    if (whole) this.told = this.registry.revision;
    const complete = this.registry.complete && whole;
    this.saidComplete = complete;
    this.greeted = true;
    this.awake = this.ready;
    return { snapshot, changed, removed, revision: this.told, complete };
  }

  private takeMembers(changed: RegisteredInstance[]): void {
    const { limits } = this.registry;
    let weight = 0;
    while (this.ahead !== undefined && changed.length < limits.responseInstances) {
      weight += this.ahead.weight;
      if (weight > limits.responseWeight && changed.length > 0) return;
      changed.push(this.ahead);
      this.advance();
    }
  }

  private takeChanges(changed: RegisteredInstance[], removed: string[]): void {
    const { limits } = this.registry;
    let weight = 0;
    for (const instance of this.pending) {
      const registered = this.registry.find(this.service, instance);
      weight += registered?.weight ?? 0;
      const taken = changed.length + removed.length;
      if (taken === limits.responseInstances || (weight > limits.responseWeight && taken > 0)) return;
      this.pending.delete(instance);
      if (registered === undefined) removed.push(instance);
      else changed.push(registered);
    }
  }

  private advance(): void {
    this.ahead = this.rest?.next().value as RegisteredInstance | undefined;
    if (this.ahead === undefined) this.rest = undefined;
  }
}
