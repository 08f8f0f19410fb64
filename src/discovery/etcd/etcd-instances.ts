import { messageOf } from "../../core/error.js";
import type { Logger } from "../../core/logger.js";
import { Announcement as AnnouncementMessage } from "../../gen/heliograph/discovery/v1/registry.js";
import { type InstanceInfo, instanceInfo } from "../../naming/instance.js";
import { decodeMessage } from "../../wire/decode-message.js";
import { readAnnouncement } from "../announcement-message.js";
import { checkAnnouncement, MAX_INSTANCES } from "../registry-limits.js";
import { type Json, textOf } from "./etcd-json.js";
import { belongsAt } from "./etcd-keys.js";

interface Entry {
  readonly value: string;
  readonly info: InstanceInfo;
  /** When it was found to be missing, without the time in which etcd could not be watched; undefined while it is not. */
  missingSince: number | undefined;
}

/** Says that a value can't be read: the first time as a warning. */
export class UnreadableValues {
  readonly #logger: Logger;
  #warned = false;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  found(key: string, error: unknown): void {
    const fields = { key, error: messageOf(error) };
    const text = "a value in etcd is not an announcement of this key, and is passed over";
    if (this.#warned) this.#logger.debug(fields, text);
    else this.#logger.warn(fields, `${text}; further ones are logged as debug messages`);
    this.#warned = true;
  }
}

/**
 * The instances under one range of keys. What is missing after a break was perhaps lost by etcd, and its node will put
 * it there again: it stays for a while.
 */
export class EtcdInstances {
  readonly #prefix: string;
  readonly #graceMs: number;
  readonly #unreadable: UnreadableValues;
  readonly #entries = new Map<string, Entry>();

  constructor(prefix: string, graceMs: number, unreadable: UnreadableValues) {
    this.#prefix = prefix;
    this.#graceMs = graceMs;
    this.#unreadable = unreadable;
  }

  list(): readonly InstanceInfo[] {
    return [...this.#entries.values()].map(({ info }) => info);
  }

  /** All that etcd has, after a break of so long. @returns whether that changes the list */
  replace(pairs: readonly Json[], breakMs: number, now: number): boolean {
    const there = new Set(pairs.map(keyOf));
    for (const [key, entry] of this.#entries) {
      if (!there.has(key)) entry.missingSince = (entry.missingSince ?? now - breakMs) + breakMs;
    }
    return pairs.map((pair) => this.#put(pair)).includes(true);
  }

  /** What an event of a watch says. @returns whether that changes the list */
  apply(event: Json, pair: Json): boolean {
    return textOf(event, "type") === "DELETE" ? this.#entries.delete(keyOf(pair)) : this.#put(pair);
  }

  /** Drops what has been missing for too long. @returns whether that changes the list */
  forget(now: number): boolean {
    let changed = false;
    for (const [key, { missingSince }] of this.#entries) {
      if (missingSince === undefined || now - missingSince < this.#graceMs) continue;
      this.#entries.delete(key);
      changed = true;
    }
    return changed;
  }

  /** How long until `forget` may have something to do; undefined when nothing is missing. */
  nextMs(now: number): number | undefined {
    let first = Number.POSITIVE_INFINITY;
    for (const { missingSince = first } of this.#entries.values()) first = Math.min(first, missingSince);
    return first === Number.POSITIVE_INFINITY ? undefined : Math.max(0, first + this.#graceMs - now);
  }

  #put(pair: Json): boolean {
    const key = keyOf(pair);
    const value = textOf(pair, "value");
    const known = this.#entries.get(key);
    if (known?.value === value) {
      known.missingSince = undefined;
      return false;
    }
    if (known === undefined && this.#entries.size >= MAX_INSTANCES) return false;
    const info = this.#read(key, value);
    if (info === undefined) return this.#entries.delete(key);
    this.#entries.set(key, { value, info, missingSince: undefined });
    return true;
  }

  #read(key: string, value: string): InstanceInfo | undefined {
    try {
      const bytes = Buffer.from(value, "base64");
      const announcement = readAnnouncement(decodeMessage(AnnouncementMessage, bytes, 0, bytes.length));
      checkAnnouncement(announcement);
      if (!belongsAt(this.#prefix, key, announcement)) throw new Error("it belongs to another key");
      // A key is there for as long as its lease: etcd knows no more of a node.
      return instanceInfo(announcement, "alive", undefined);
    } catch (error) {
      this.#unreadable.found(key, error);
      return undefined;
    }
  }
}

function keyOf(pair: Json): string {
  return Buffer.from(textOf(pair, "key"), "base64").toString();
}
