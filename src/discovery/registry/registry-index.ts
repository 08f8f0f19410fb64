import type { ServedService } from "../../naming/instance.js";
import type { RegisteredInstance } from "./registry-instance.js";
import type { RegistryWatcher } from "./registry-watcher.js";

/** Who serves a service, and who wants to know. */
interface Topic {
  readonly members: Set<RegisteredInstance>;
  readonly watchers: Set<RegistryWatcher>;
}

const none: readonly never[] = [];

/** All instances, by id and by what they serve, and those who watch: a change reaches its own watchers only. */
export class RegistryIndex {
  private readonly instances = new Map<string, RegisteredInstance>();
  private readonly topics = new Map<string, Topic>();
  /** Those who watch all instances. */
  private readonly observers = new Set<RegistryWatcher>();
  private watching = 0;

  get size(): number {
    return this.instances.size;
  }

  get watchers(): number {
    return this.watching;
  }

  get(instance: string): RegisteredInstance | undefined {
    return this.instances.get(instance);
  }

  /** The instance, if it serves this. */
  find(service: string, instance: string): RegisteredInstance | undefined {
    const registered = this.instances.get(instance);
    if (registered === undefined || service === "") return registered;
    return this.topics.get(service)?.members.has(registered) === true ? registered : undefined;
  }

  /** All that serve this; with an empty name, all. */
  members(service: string): Iterable<RegisteredInstance> {
    return service === "" ? this.instances.values() : (this.topics.get(service)?.members ?? none);
  }

  count(service: string): number {
    return service === "" ? this.instances.size : (this.topics.get(service)?.members.size ?? 0);
  }

  /** Takes in what an instance serves, in the place of what it served before. */
  put(
    registered: RegisteredInstance,
    before: readonly ServedService[],
    after: readonly ServedService[],
  ): void {
    this.instances.set(registered.id, registered);
    this.leave(registered, before);
    for (const { name } of after) this.topic(name).members.add(registered);
  }

  remove(registered: RegisteredInstance): void {
    this.instances.delete(registered.id);
    this.leave(registered, registered.announcement.services);
  }

  watch(watcher: RegistryWatcher): void {
    this.watching++;
    if (watcher.service === "") this.observers.add(watcher);
    else this.topic(watcher.service).watchers.add(watcher);
  }

  unwatch(watcher: RegistryWatcher): void {
    const { service } = watcher;
    const watchers = service === "" ? this.observers : this.topics.get(service)?.watchers;
    if (watchers?.delete(watcher) !== true) return;
    this.watching--;
    if (service !== "") this.tidy(service);
  }

  /** Tells watchers of an instance that has served, or serves, these. */
  changed(instance: string, before: readonly ServedService[], after: readonly ServedService[]): void {
    for (const watcher of this.observers) watcher.changed(instance);
    for (const { name } of after) this.tell(name, instance);
    if (before !== after) for (const { name } of before) this.tell(name, instance);
  }

  /** Something that all watchers may have to be told of. */
  stir(): void {
    for (const watcher of this.observers) watcher.stir();
    for (const { watchers } of this.topics.values()) for (const watcher of watchers) watcher.stir();
  }

  private tell(service: string, instance: string): void {
    const topic = this.topics.get(service);
    if (topic !== undefined) for (const watcher of topic.watchers) watcher.changed(instance);
  }

  private leave(registered: RegisteredInstance, services: readonly ServedService[]): void {
    for (const { name } of services) {
      this.topics.get(name)?.members.delete(registered);
      this.tidy(name);
    }
  }

  private topic(service: string): Topic {
    let topic = this.topics.get(service);
    if (topic === undefined) {
      topic = { members: new Set(), watchers: new Set() };
      this.topics.set(service, topic);
    }
    return topic;
  }

  /** What nobody serves and nobody watches takes no memory. */
  private tidy(service: string): void {
    const topic = this.topics.get(service);
    if (topic?.members.size === 0 && topic.watchers.size === 0) this.topics.delete(service);
  }
}
