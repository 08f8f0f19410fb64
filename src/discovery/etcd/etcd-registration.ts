import { backoffFrom, backoffMs } from "../../core/backoff.js";
import type { Clock } from "../../core/clock.js";
import { Code } from "../../core/code.js";
import { HeliographError } from "../../core/error.js";
import { sleep } from "../../core/sleep.js";
import { Announcement as AnnouncementMessage } from "../../gen/heliograph/discovery/v1/registry.js";
import type { Announcement } from "../../naming/instance.js";
import { announcementMessage } from "../announcement-message.js";
import { checkAnnouncement } from "../registry-limits.js";
import type { EtcdClient } from "./etcd-client.js";
import { base64, type Json, numberOf, textOf } from "./etcd-json.js";
import { keysOf } from "./etcd-keys.js";
import type { EtcdReach } from "./etcd-reach.js";

/** How many keys are written at once; etcd allows 128. */
const BATCH = 100;
/** And how many bytes; etcd allows 1.5 MiB. */
const BATCH_BYTES = 512 * 1024;
/** Before a lost lease is replaced. */
const LOST_MS = 100;
/** Between renewals, at least, whatever etcd grants. */
const RENEW_MS = 100;
/** How long leaving may take: what can't be said by then, the lease will. */
const WITHDRAW_MS = 1_000;

/** What a registration works with. */
export interface EtcdRegistrationParts {
  readonly clock: Clock;
  readonly client: Pick<EtcdClient, "ask">;
  readonly reach: EtcdReach;
  readonly prefix: string;
  readonly leaseTtlMs: number;
}

interface Lease {
  readonly id: string;
  renewAt: number;
}

interface Waiting {
  resolve(): void;
  reject(error: HeliographError): void;
}

/**
 * Keeps one node's announcement in etcd, under a lease that is renewed three times in its life. A lease that etcd has
 * lost is replaced by a new one, with everything under it again.
 */
export class EtcdRegistration {
  readonly #parts: EtcdRegistrationParts;
  readonly #ended = new AbortController();
  readonly #backoff;
  #wanted: Announcement | undefined;
  #written: Announcement | undefined;
  /** All keys that may be there under the lease. */
  readonly #keys = new Set<string>();
  #lease: Lease | undefined;
  #waiting: Waiting[] = [];
  #wake = new AbortController();
  #working: Promise<void> | undefined;

  constructor(parts: EtcdRegistrationParts) {
    this.#parts = parts;
    this.#backoff = backoffFrom({ maxMs: Math.min(5_000, parts.leaseTtlMs / 3) });
  }

  /**
   * Resolves when it is written, or a later one; rejects when etcd can't be reached at present, and goes on trying.
   *
   * @throws HeliographError INVALID_ARGUMENT, reason REGISTRATION_REFUSED, for what nobody would take
   */
  async announce(announcement: Announcement): Promise<void> {
    checkAnnouncement(announcement);
    // A copy, so that the same one is written anew: what changed of etcd is not known here.
    this.#wanted = { ...announcement };
    await new Promise<void>((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#wake.abort();
      this.#working ??= this.#work();
    });
  }

  /** Takes everything away, as far as that can be done in a second. */
  async withdraw(): Promise<void> {
    await this.end();
    if (this.#lease === undefined) return;
    const late = new AbortController();
    const timer = this.#parts.clock.after(WITHDRAW_MS, () => late.abort());
    try {
      // The keys go with the lease.
      await this.#ask("/v3/lease/revoke", { ID: this.#lease.id }, late.signal);
    } catch {
      // Nobody is there who could be told; the lease ends by itself.
    } finally {
      timer.clear();
    }
  }

  /** Renews nothing from now on. */
  async end(): Promise<void> {
    this.#ended.abort();
    this.#wake.abort();
    await this.#working;
    this.#parts.reach.ended(this);
    this.#fail(new HeliographError(Code.Cancelled, "the node is leaving", { reason: "CONNECTION_CLOSED" }));
  }

  async #work(): Promise<void> {
    const { clock, reach } = this.#parts;
    for (let failures = 0; !this.#ended.signal.aborted; ) {
      this.#wake = new AbortController();
      let pauseMs: number;
      // Who comes while an attempt is under way waits for the next one.
      const waiting = this.#waiting.length;
      try {
        await this.#step();
        failures = 0;
        reach.succeeded(this);
        pauseMs = this.#lease === undefined ? LOST_MS : this.#lease.renewAt - clock.now();
      } catch (error) {
        if (this.#ended.signal.aborted) return;
        const failure = HeliographError.from(error, Code.Internal);
        reach.failed(this, failure);
        this.#fail(failure, waiting);
        pauseMs = backoffMs(this.#backoff, ++failures, Math.random());
      }
      if (this.#wanted !== this.#written && failures === 0 && this.#lease !== undefined) continue;
      await sleep(clock, Math.max(0, pauseMs), this.#wake.signal).catch(() => undefined);
    }
  }

  /** Does what is due: a lease, then writing what is to be written, else renewing. */
  async #step(): Promise<void> {
    this.#lease ??= await this.#grant();
    try {
      if (this.#wanted === undefined || this.#wanted === this.#written) {
        await this.#renew(this.#lease);
      } else {
        await this.#write(this.#lease, this.#wanted);
      }
    } catch (error) {
      if (!(error instanceof HeliographError) || error.code !== Code.NotFound) throw error;
      this.#lost();
    }
  }

  async #grant(): Promise<Lease> {
    const { clock, leaseTtlMs } = this.#parts;
    const asked = clock.now();
    const answer = await this.#ask("/v3/lease/grant", { TTL: leaseTtlMs / 1_000 });
    const id = textOf(answer, "ID");
    if (id === "") {
      throw new HeliographError(Code.Internal, "etcd has granted a lease without an ID", {
        reason: "RESOLVER_FAILED",
      });
    }
    return { id, renewAt: asked + renewAfter(answer) };
  }

  async #renew(lease: Lease): Promise<void> {
    const asked = this.#parts.clock.now();
    const answer = await this.#ask("/v3/lease/keepalive", { ID: lease.id });
    // Of a lease that it doesn't know, etcd says that no time is left.
    if (numberOf(answer, "TTL") > 0) lease.renewAt = asked + renewAfter(answer);
    else this.#lost();
  }

  /** The lease is no more, and neither is what was written under it. */
  #lost(): void {
    this.#lease = undefined;
    this.#written = undefined;
    this.#keys.clear();
  }

  async #write(lease: Lease, announcement: Announcement): Promise<void> {
    // Those who wait from now on, wait for the next one.
    const waiting = this.#waiting.length;
    const keys = keysOf(this.#parts.prefix, announcement);
    const bytes = AnnouncementMessage.encode(announcementMessage(announcement)).finish();
    const value = base64(bytes);
    const stale = [...this.#keys].filter((key) => !keys.includes(key));
    const operations: Json[] = [
      ...keys.map((key) => ({ request_put: { key: base64(key), value, lease: lease.id } })),
      ...stale.map((key) => ({ request_delete_range: { key: base64(key) } })),
    ];
    for (const key of keys) this.#keys.add(key);
    const batch = Math.max(1, Math.min(BATCH, Math.floor(BATCH_BYTES / bytes.length)));
    for (let at = 0; at < operations.length; at += batch) {
      await this.#ask("/v3/kv/txn", { success: operations.slice(at, at + batch) });
    }
    for (const key of stale) this.#keys.delete(key);
    this.#written = announcement;
    for (const { resolve } of this.#waiting.splice(0, waiting)) resolve();
  }

  #fail(error: HeliographError, count = this.#waiting.length): void {
    for (const { reject } of this.#waiting.splice(0, count)) reject(error);
  }

  #ask(path: string, body: Json, signal = this.#ended.signal): Promise<Json> {
    return this.#parts.client.ask(path, body, signal);
  }
}

function renewAfter(answer: Json): number {
  return Math.max(RENEW_MS, (numberOf(answer, "TTL") * 1_000) / 3 || 0);
}
