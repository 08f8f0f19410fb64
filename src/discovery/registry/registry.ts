import { Code } from "../../core/code.js";
import type { HeliographError } from "../../core/error.js";
import type { Announcement, InstanceState, Load, ServedService } from "../../naming/instance.js";
import {
  checkAnnouncement,
  checkWatched,
  type RegistryLimits,
  registrationRefused,
  registryFull,
  registryLimits,
} from "../registry-limits.js";
import { RegistryEndpoints } from "./registry-endpoints.js";
import { RegistryIndex } from "./registry-index.js";
import { RegisteredInstance } from "./registry-instance.js";
import { RegistryLog } from "./registry-log.js";
import { DueQueue } from "./registry-queue.js";
import { RegistryWatcher, type WatchedRegistry } from "./registry-watcher.js";

/** A young registry does not know all that there are before every node has had the time to register again. */
const COMPLETE_AFTER = 3;
/** Between probes of one instance, in intervals. */
const PROBE_EVERY = 0.5;

const nothing: readonly ServedService[] = [];

/** An instance that is silent, and where its link can be probed. */
export interface WantedProbe {
  readonly registered: RegisteredInstance;
  readonly endpoints: readonly string[];
}

/** Where a watch has stopped. */
export interface WatchedUntil {
  readonly epoch: number;
  readonly revision: number;
}

/**
 * Who is there: what instances announce, and whether they live. Pure: time and what happens come in from outside; all
 * times are of one clock, in milliseconds.
 *
 * Each change has a revision and reaches the watchers of what the instance serves. A heartbeat changes nothing.
 */
export class Registry implements WatchedRegistry {
  readonly epoch: number;
  readonly limits: RegistryLimits;
  private readonly heartbeatMs: number;
  private readonly index = new RegistryIndex();
  private readonly endpoints = new RegistryEndpoints();
  private readonly log: RegistryLog;
  /** When to look at those who are not dead. */
  private readonly queue = new DueQueue<RegisteredInstance>();
  /** Since when they are, in that order. */
  private readonly dead = new Map<RegisteredInstance, number>();
  private weight = 0;
  private completeAt: number;
  complete = false;

  /** @param epoch of this life of the registry: no other one has the same */
  constructor(epoch: number, heartbeatMs: number, now: number, limits: RegistryLimits = registryLimits) {
    this.epoch = epoch;
    this.heartbeatMs = heartbeatMs;
    this.limits = limits;
    this.log = new RegistryLog(limits.logEntries, limits.logWeight);
    this.completeAt = now + COMPLETE_AFTER * heartbeatMs;
  }

  get size(): number {
    return this.index.size;
  }

  get revision(): number {
    return this.log.revision;
  }

  get(instance: string): RegisteredInstance | undefined {
    return this.index.get(instance);
  }

  find(service: string, instance: string): RegisteredInstance | undefined {
    return this.index.find(service, instance);
  }

  members(service: string): Iterable<RegisteredInstance> {
    return this.index.members(service);
  }

  /**
   * An instance says what it is, for the first time or anew. Of one that is there the newest epoch counts, and of that the
   * newest version; the same again is no more than a sign of life.
   *
   * @param holder the stream over which it said so; the instance is heard on no other from now on
   * @throws HeliographError reason REGISTRATION_REFUSED: INVALID_ARGUMENT, ALREADY_EXISTS when something newer of it is
   *   there, RESOURCE_EXHAUSTED when the registry is full
   */
  announce(announcement: Announcement, holder: object, now: number): RegisteredInstance {
    const weight = checkAnnouncement(announcement);
    const known = this.index.get(announcement.instance);
    const newer = known === undefined || isNewer(announcement, known);
    if (newer) this.makeRoom(weight, known);
    const registered = known ?? new RegisteredInstance(announcement, weight, this.heartbeatMs, now);
    const before = known?.announcement;
    registered.holder = holder;
    registered.liveness.heard(now);
    if (newer) {
      for (const loser of this.endpoints.claim(registered, before, announcement)) {
        // Whoever lives comes back by itself.
        if (loser.state !== "alive") this.remove(loser);
      }
      this.index.put(registered, before?.services ?? nothing, announcement.services);
      this.weight += weight - (known?.weight ?? 0);
      registered.weight = weight;
      registered.announcement = announcement;
    }
    const revived = this.enter(registered, "alive", now);
    if (newer || revived) this.changed(registered, before?.services ?? nothing);
    return registered;
  }

  /**
   * An instance has said that it lives.
   *
   * @throws HeliographError reason REGISTRATION_REFUSED: ABORTED when it is heard on another stream by now, NOT_FOUND when
   *   it is not registered any more
   */
  heartbeat(registered: RegisteredInstance, holder: object, load: Load | undefined, now: number): void {
    if (registered.holder !== holder) throw notHeld(registered);
    registered.liveness.heard(now);
    if (load !== undefined) registered.load = load;
    if (registered.state !== "alive") this.move(registered, "alive", now);
  }

  /** The stream of an instance broke. One over which it is not heard any more says nothing. */
  broke(registered: RegisteredInstance, holder: object, now: number): void {
    if (registered.holder !== holder) return;
    registered.holder = undefined;
    registered.liveness.broke();
    this.move(registered, registered.liveness.state(now), now);
  }

  /** An instance has said that it leaves. */
  left(registered: RegisteredInstance, holder: object): void {
    if (registered.holder === holder) this.remove(registered);
  }

  /** A probe that `tick` asked for has ended. */
  probed(registered: RegisteredInstance, answered: boolean, now: number): void {
    registered.probing = false;
    if (!answered || this.index.get(registered.id) !== registered) return;
    registered.liveness.linkAnswered(now);
    this.move(registered, registered.liveness.state(now), now);
  }

  /** The registry itself did not look for so long, until now: nobody could be heard. */
  excuse(ms: number, now: number): void {
    for (const { liveness } of this.index.members("")) liveness.excuse(ms, now);
    if (!this.complete) this.completeAt += ms;
  }

  /** Looks at whoever is due: their states go on, those who are long dead are forgotten. */
  tick(now: number): WantedProbe[] {
    const probes: WantedProbe[] = [];
    for (let due = this.queue.first; due !== undefined && due.dueAt <= now; due = this.queue.first) {
      this.look(due, now, probes);
    }
    for (const [registered, since] of this.dead) {
      if (now < since + this.limits.deadMs) break;
      this.remove(registered);
    }
    if (!this.complete && now >= this.completeAt) {
      this.complete = true;
      this.index.stir();
    }
    return probes;
  }

  /** When `tick` is due; `Infinity` when nothing will happen by itself. */
  get nextLookAt(): number {
    const [since] = this.dead.values();
    return Math.min(
      this.queue.first?.dueAt ?? Number.POSITIVE_INFINITY,
      since === undefined ? Number.POSITIVE_INFINITY : since + this.limits.deadMs,
      this.complete ? Number.POSITIVE_INFINITY : this.completeAt,
    );
  }

  /**
   * Follows who serves a service; with an empty name, all instances.
   *
   * @param until where an earlier watch of the same has stopped: this one goes on there, if the log reaches so far
   * @param wake called when there is something to take, after there was nothing; at first there is
   * @throws HeliographError reason REGISTRATION_REFUSED: INVALID_ARGUMENT, RESOURCE_EXHAUSTED
   */
  watch(service: string, until: WatchedUntil, wake: () => void): RegistryWatcher {
    checkWatched(service);
    if (this.index.watchers >= this.limits.watches) throw registryFull(`${this.limits.watches} watches`);
    const watcher = new RegistryWatcher(this, service, this.changesSince(service, until), wake);
    this.index.watch(watcher);
    return watcher;
  }

  unwatch(watcher: RegistryWatcher): void {
    this.index.unwatch(watcher);
  }

  private changesSince(service: string, { epoch, revision }: WatchedUntil) {
    const count = epoch === this.epoch ? this.log.countSince(revision) : undefined;
    if (count === undefined) return undefined;
    // Where many others have changed, a snapshot of few is cheaper than to read of all that.
    if (count > 64 + 8 * this.index.count(service)) return undefined;
    return { revision, changed: this.log.since(revision, service) };
  }

  /** @throws HeliographError RESOURCE_EXHAUSTED, unless there is room for it in the place of what is known of it */
  private makeRoom(weight: number, known: RegisteredInstance | undefined): void {
    const { limits, index, dead } = this;
    const fits = () =>
      index.size + (known === undefined ? 1 : 0) <= limits.instances &&
      this.weight + weight - (known?.weight ?? 0) <= limits.weight;
    for (const oldest of dead.keys()) {
      if (fits()) return;
      if (oldest !== known) this.remove(oldest);
    }
    if (!fits()) throw registryFull(`${index.size} instances, in ${this.weight} bytes`);
  }

  private look(registered: RegisteredInstance, now: number, probes: WantedProbe[]): void {
    const { liveness } = registered;
    this.move(registered, liveness.state(now), now);
    if (registered.state === "dead") return;
    if (liveness.wantsProbe(now) && !registered.probing && now >= registered.probeAt) {
      const endpoints = this.endpoints.of(registered);
      if (endpoints.length > 0) {
        registered.probing = true;
        registered.probeAt = now + PROBE_EVERY * this.heartbeatMs;
        probes.push({ registered, endpoints });
      }
    }
    this.queue.set(registered, now + liveness.nextLookMs(now));
  }

  /** An instance is in this state now. */
  private move(registered: RegisteredInstance, state: InstanceState, now: number): void {
    if (this.enter(registered, state, now)) this.changed(registered, registered.announcement.services);
  }

  /** As `move`, without telling anybody. True when it was in another state. */
  private enter(registered: RegisteredInstance, state: InstanceState, now: number): boolean {
    const was = registered.state;
    registered.state = state;
    if (state === "dead") {
      if (was === "dead") return false;
      this.queue.remove(registered);
      this.dead.set(registered, now);
      for (const oldest of this.dead.keys()) {
        if (this.dead.size <= this.limits.dead) break;
        this.remove(oldest);
      }
    } else {
      if (was === "dead") this.dead.delete(registered);
      // One that broke is not looked at for long, and may come back before that.
      if (registered.place < 0 || was !== state)
        this.queue.set(registered, now + registered.liveness.nextLookMs(now));
    }
    return was !== state;
  }

  private remove(registered: RegisteredInstance): void {
    registered.holder = undefined;
    this.queue.remove(registered);
    this.dead.delete(registered);
    this.endpoints.leave(registered);
    this.index.remove(registered);
    this.weight -= registered.weight;
    const { services } = registered.announcement;
    this.log.add(registered.id, services, nothing, registered.weight);
    this.index.changed(registered.id, services, nothing);
  }

  private changed(registered: RegisteredInstance, before: readonly ServedService[]): void {
    const { services } = registered.announcement;
    this.log.add(registered.id, before, services, before === services ? 0 : registered.weight);
    this.index.changed(registered.id, before, services);
  }
}

/** @throws HeliographError ALREADY_EXISTS when something newer is there */
function isNewer({ epoch, version, node, instance }: Announcement, known: RegisteredInstance): boolean {
  const { announcement, holder, state } = known;
  if (epoch === announcement.epoch && version === announcement.version) return false;
  if (epoch > announcement.epoch || (epoch === announcement.epoch && version > announcement.version))
    return true;
  // The clock of its machine was set back between two lives, and the newer one is over.
  if (holder === undefined || state === "dead") return true;
  throw registrationRefused(
    Code.AlreadyExists,
    `${node} (${instance}) is there with epoch ${announcement.epoch} and version ${announcement.version}, which is newer than epoch ${epoch} and version ${version}`,
  );
}

function notHeld({ announcement: { node, instance }, holder }: RegisteredInstance): HeliographError {
  return holder === undefined
    ? registrationRefused(
        Code.NotFound,
        `${node} (${instance}) is not registered any more: announce it again`,
      )
    : registrationRefused(Code.Aborted, `${node} (${instance}) has registered on another stream`);
}
