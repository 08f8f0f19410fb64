import { messageOf } from "../../core/error.js";
import { Liveness } from "../../core/liveness.js";
import { Announcement as AnnouncementMessage } from "../../gen/heliograph/discovery/v1/registry.js";
import { type Announcement, type InstanceInfo, instanceInfo, type Load } from "../../naming/instance.js";
import { decodeMessage } from "../../wire/decode-message.js";
import { readAnnouncement } from "../announcement-message.js";
import { checkAnnouncement } from "../registry-limits.js";
import type { BeaconSubject, Presence } from "./beacon-datagram.js";
import { BeaconParts, type WholeAnnouncement } from "./beacon-parts.js";

interface Entry {
  readonly liveness: Liveness;
  intervalMs: number;
  announcement: Announcement;
  load: Load | undefined;
  /** It said goodbye: what still arrives of this announcement was under way before. */
  gone: boolean;
  info: InstanceInfo;
}

/** What came of a datagram: the list is another one now, only a load is, nothing is, or it can't be taken. */
export type Heard = "changed" | "load" | "same" | { readonly refused: string };

/** How many instances are remembered; further ones are not heard. */
export const MAX_INSTANCES = 4_096;
/** Silence after which an instance is forgotten, in intervals: it was dead for half of that. */
const FORGOTTEN_AFTER = 6;

/** What one beacon has heard of others, and what it takes them for. Pure: time and datagrams come in from outside. */
export class BeaconTable {
  readonly #entries = new Map<string, Entry>();
  readonly #parts = new BeaconParts();

  heard(presence: Presence, now: number): Heard {
    const entry = this.#entries.get(presence.instance);
    if (entry !== undefined && !isNewer(presence, entry.announcement))
      return this.#again(entry, presence, now);
    // The old announcement of it holds until the new one is whole.
    if (entry !== undefined && !entry.gone) entry.liveness.heard(now);
    if (entry === undefined && this.#entries.size >= MAX_INSTANCES) {
      return { refused: `there are ${MAX_INSTANCES} instances already` };
    }
    const whole = this.#parts.add(presence);
    return whole === undefined ? "same" : this.#announced(presence, whole, now);
  }

  /** @returns whether that changes the list */
  left(subject: BeaconSubject, now: number): boolean {
    const entry = this.#entries.get(subject.instance);
    if (entry === undefined || entry.gone || isNewer(entry.announcement, subject)) return false;
    entry.gone = true;
    entry.liveness.heard(now);
    this.#parts.forget(subject.instance);
    return true;
  }

  /** Judges anew who lives. @returns whether that changes the list */
  look(now: number): boolean {
    let changed = false;
    for (const [instance, entry] of this.#entries) {
      if (entry.liveness.silentMs(now) >= FORGOTTEN_AFTER * entry.intervalMs) {
        this.#entries.delete(instance);
        this.#parts.forget(instance);
        changed ||= !entry.gone;
      } else if (!entry.gone && entry.liveness.state(now) !== entry.info.state) {
        this.#judge(entry, now);
        changed = true;
      }
    }
    return changed;
  }

  /** When to look again, in milliseconds from `now`; undefined when there is nobody. */
  nextLookMs(now: number): number | undefined {
    let next: number | undefined;
    for (const { liveness, intervalMs } of this.#entries.values()) {
      // At least 1: a remainder too small to move the clock would be looked at forever.
      const forgetMs = Math.max(1, FORGOTTEN_AFTER * intervalMs - liveness.silentMs(now));
      next = Math.min(next ?? forgetMs, liveness.nextLookMs(now), forgetMs);
    }
    return next;
  }

  /** Nobody could be heard for so long, until now: that is not their silence. */
  excuse(ms: number, now: number): void {
    for (const { liveness } of this.#entries.values()) liveness.excuse(ms, now);
  }

  /** Those who serve this; all with an empty name. What did not change is the same object as before. */
  list(service: string): readonly InstanceInfo[] {
    const there = [...this.#entries.values()].filter(({ gone }) => !gone).map(({ info }) => info);
    if (service === "") return there;
    return there.filter(({ services }) => services.some(({ name }) => name === service));
  }

  /** It says once more what is known. */
  #again(entry: Entry, presence: Presence, now: number): Heard {
    const { announcement } = entry;
    if (entry.gone || presence.epoch < announcement.epoch) return "same";
    entry.liveness.heard(now);
    if (presence.version < announcement.version) return "same";
    if (presence.load !== undefined) entry.load = presence.load;
    const was = entry.info.state;
    this.#judge(entry, now);
    if (entry.info.state !== was) return "changed";
    return presence.load === undefined ? "same" : "load";
  }

  #announced(presence: Presence, whole: WholeAnnouncement, now: number): Heard {
    const { instance, intervalMs } = presence;
    let announcement: Announcement;
    try {
      announcement = announcementIn(whole.bytes, presence);
    } catch (error) {
      return { refused: messageOf(error) };
    }
    const known = this.#entries.get(instance);
    const liveness = known?.liveness ?? new Liveness(intervalMs, now);
    liveness.setInterval(intervalMs);
    liveness.heard(now);
    const load = whole.load ?? known?.load;
    const info = instanceInfo(announcement, liveness.state(now), load);
    this.#entries.set(instance, { liveness, intervalMs, announcement, load, gone: false, info });
    return "changed";
  }

  #judge(entry: Entry, now: number): void {
    entry.info = instanceInfo(entry.announcement, entry.liveness.state(now), entry.load);
  }
}

function isNewer(one: BeaconSubject, other: BeaconSubject): boolean {
  return one.epoch > other.epoch || (one.epoch === other.epoch && one.version > other.version);
}

function announcementIn(bytes: Uint8Array, { instance, epoch, version }: Presence): Announcement {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const announcement = readAnnouncement(decodeMessage(AnnouncementMessage, buffer, 0, buffer.length));
  const same =
    announcement.instance === instance && announcement.epoch === epoch && announcement.version === version;
  if (!same) throw new Error("its announcement is of another instance, epoch or version");
  checkAnnouncement(announcement);
  return announcement;
}
