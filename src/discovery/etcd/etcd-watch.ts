import { backoffFrom, backoffMs } from "../../core/backoff.js";
import type { Clock, Timer } from "../../core/clock.js";
import { Code } from "../../core/code.js";
import { HeliographError } from "../../core/error.js";
import { sleep } from "../../core/sleep.js";
import type { InstanceListener } from "../../naming/resolver.js";
import { MAX_INSTANCES } from "../registry-limits.js";
import type { EtcdClient } from "./etcd-client.js";
import type { EtcdInstances } from "./etcd-instances.js";
import { base64, type Json, listOf, numberOf, objectOf, textOf } from "./etcd-json.js";
import type { KeyRange } from "./etcd-keys.js";
import type { EtcdReach } from "./etcd-reach.js";

/** How many keys one answer holds at most. */
const PAGE = 500;
const backoff = backoffFrom({ maxMs: 5_000 });

/** What a watch works with. */
export interface EtcdWatchParts {
  readonly clock: Clock;
  readonly client: Pick<EtcdClient, "ask" | "follow">;
  readonly reach: EtcdReach;
  readonly range: KeyRange;
  readonly instances: EtcdInstances;
  readonly listener: InstanceListener;
}

/**
 * Follows a range of keys: reads it at a revision, then watches from the next one on. When the watch ends, for whatever
 * reason, it begins anew with reading: that also finds out what was lost by an etcd that was emptied, or compacted.
 */
export class EtcdWatch {
  readonly #parts: EtcdWatchParts;
  readonly #closed = new AbortController();
  #forgetting: Timer | undefined;
  /** Since when etcd can't be watched; undefined while it can, and before it could. */
  #brokenAt: number | undefined;
  #answered = false;
  #failed = false;

  constructor(parts: EtcdWatchParts) {
    this.#parts = parts;
  }

  /** Goes on until it is closed. */
  async run(): Promise<void> {
    const { signal } = this.#closed;
    for (let failures = 1; ; failures++) {
      try {
        const revision = await this.#read();
        for await (const message of this.#changes(revision)) {
          this.#take(message, revision);
          failures = 0;
        }
      } catch (error) {
        if (signal.aborted) return;
        // A watch that was at work may end: reading tells whether that matters.
        if (failures > 0) this.#fail(HeliographError.from(error, Code.Internal));
      }
      this.#forgetting?.clear();
      this.#brokenAt ??= this.#parts.clock.now();
      try {
        await sleep(this.#parts.clock, backoffMs(backoff, Math.max(1, failures), Math.random()), signal);
      } catch {
        return;
      }
    }
  }

  close(): void {
    this.#closed.abort();
    this.#forgetting?.clear();
    this.#parts.reach.ended(this);
  }

  /** Reads all there is. @returns at which revision */
  async #read(): Promise<number> {
    const { client, range, instances, clock } = this.#parts;
    const pairs: Json[] = [];
    let revision = 0;
    let from = base64(range.key);
    for (let more = true; more; ) {
      const answer = await client.ask(
        "/v3/kv/range",
        { key: from, range_end: base64(range.rangeEnd), limit: PAGE, ...(revision > 0 && { revision }) },
        this.#closed.signal,
      );
      revision ||= revisionOf(answer);
      const page = listOf(answer, "kvs");
      pairs.push(...page);
      const last = page.at(-1);
      more = answer["more"] === true && last !== undefined && pairs.length < MAX_INSTANCES;
      if (last !== undefined) from = base64(`${Buffer.from(textOf(last, "key"), "base64")}\0`);
    }
    const now = clock.now();
    const changed = instances.replace(pairs, now - (this.#brokenAt ?? now), now);
    this.#brokenAt = undefined;
    if (changed || !this.#answered) this.#update();
    this.#forgetLater();
    return revision;
  }

  #changes(revision: number): AsyncIterable<Json> {
    const { client, range } = this.#parts;
    const create = {
      key: base64(range.key),
      range_end: base64(range.rangeEnd),
      start_revision: revision + 1,
      fragment: true,
    };
    return client.follow("/v3/watch", { create_request: create }, this.#closed.signal);
  }

  #take(message: Json, readAt: number): void {
    if (message["canceled"] === true) {
      const why = textOf(message, "cancel_reason") || "what is to be watched was compacted";
      throw new HeliographError(Code.Aborted, `etcd ended a watch: ${why}`, { reason: "RESOLVER_FAILED" });
    }
    if (message["created"] === true) {
      // The etcd that was read had more: this one would be silent until it has as much.
      if (revisionOf(message) < readAt) {
        throw new HeliographError(Code.Aborted, "etcd has gone back to an earlier revision", {
          reason: "RESOLVER_FAILED",
        });
      }
      this.#failed = false;
      this.#parts.reach.succeeded(this);
    }
    const { instances } = this.#parts;
    const changes = listOf(message, "events").map((event) =>
      instances.apply(event, objectOf(event, "kv") ?? {}),
    );
    if (changes.includes(true)) this.#update();
  }

  /** Drops what stays missing while etcd can be watched. */
  #forgetLater(): void {
    const { clock, instances } = this.#parts;
    const ms = instances.nextMs(clock.now());
    this.#forgetting?.clear();
    if (ms === undefined) return;
    this.#forgetting = clock.after(ms, () => {
      if (instances.forget(clock.now())) this.#update();
      this.#forgetLater();
    });
  }

  #update(): void {
    if (this.#closed.signal.aborted) return;
    this.#answered = true;
    this.#parts.listener.update(this.#parts.instances.list());
  }

  #fail(error: HeliographError): void {
    this.#parts.reach.failed(this, error);
    if (!this.#failed) this.#parts.listener.failed(error);
    this.#failed = true;
  }
}

function revisionOf(answer: Json): number {
  return numberOf(objectOf(answer, "header") ?? {}, "revision");
}
