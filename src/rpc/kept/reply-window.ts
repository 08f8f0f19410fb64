import { replyIndex } from "../reply-key.js";

/** A keyed call that runs, or whose reply is kept. */
export class ReplyEntry<W, R> {
  /** Repeats that wait for the reply. Who gives up waiting deletes itself. Empty once the run has ended. */
  readonly waiters = new Set<W>();
  /** The rest is the window's own. */
  readonly index: string;
  readonly payloadHash: string;
  running = true;
  reply: R | undefined;
  bytes = 0;
  completedAt = 0;
  /** The one that was completed after it. */
  next: ReplyEntry<W, R> | undefined;

  constructor(index: string, payloadHash: string) {
    this.index = index;
    this.payloadHash = payloadHash;
  }
}

/** What a keyed call finds. */
export type Entered<W, R> =
  /** Nothing: run it, then say `complete` or `forget`. */
  | { readonly kind: "new"; readonly entry: ReplyEntry<W, R> }
  /** A run of the same call: join its `waiters`. */
  | { readonly kind: "running"; readonly entry: ReplyEntry<W, R> }
  /** Its reply. */
  | { readonly kind: "done"; readonly reply: R }
  /** The same key, with another payload. */
  | { readonly kind: "conflict" };

/** What a window holds, and what it has done since it was made. */
export interface ReplyWindowStats {
  readonly running: number;
  /** Replies, and the bytes that they are counted with. */
  readonly kept: number;
  readonly keptBytes: number;
  /** Repeats that found their call running. */
  readonly joined: number;
  /** Repeats that were given a reply that was kept. */
  readonly replayed: number;
  /** Replies that went before their time, since there was no room for them. */
  readonly evicted: number;
}

/** What a kept reply is counted with beside its own bytes and its names: its place in the window. */
export const ENTRY_BYTES = 256;

/**
 * What a server keeps for `idempotency_key` (docs/spec/wire.md, "Idempotency"): which calls run, and the replies of those
 * that ended, by principal, method and key. The time is an argument, in milliseconds, and never goes back.
 *
 * A reply is kept for `windowMs` from its completion; all together have at most `maxBytes`, and the oldest go first. One
 * that alone has more is not kept. A running call never goes. Each reply is looked at once when its time has come;
 * everything else takes constant time.
 *
 * `W` is who waits for a reply, `R` a reply.
 */
export class ReplyWindow<W, R> {
  /** How long a reply is kept, in milliseconds. */
  readonly windowMs: number;
  private readonly maxBytes: number;
  private readonly entries = new Map<string, ReplyEntry<W, R>>();
  private oldest: ReplyEntry<W, R> | undefined;
  private newest: ReplyEntry<W, R> | undefined;
  private running = 0;
  private keptBytes = 0;
  private joined = 0;
  private replayed = 0;
  private evicted = 0;

  constructor(windowMs: number, maxBytes: number) {
    this.windowMs = windowMs;
    this.maxBytes = maxBytes;
  }

  get stats(): ReplyWindowStats {
    return {
      running: this.running,
      kept: this.entries.size - this.running,
      keptBytes: this.keptBytes,
      joined: this.joined,
      replayed: this.replayed,
      evicted: this.evicted,
    };
  }

  /**
   * A keyed call has arrived.
   *
   * @param principal who calls, as far as it is known
   * @param path `package.Service/Method`
   * @param payloadHash of its request: `payloadHash()`
   */
  enter(principal: string, path: string, key: string, payloadHash: string, now: number): Entered<W, R> {
    this.expire(now);
    const index = replyIndex(principal, path, key);
    const known = this.entries.get(index);
    if (known === undefined) {
      const entry = new ReplyEntry<W, R>(index, payloadHash);
      this.entries.set(index, entry);
      this.running++;
      return { kind: "new", entry };
    }
    if (known.payloadHash !== payloadHash) return { kind: "conflict" };
    if (known.running) {
      this.joined++;
      return { kind: "running", entry: known };
    }
    this.replayed++;
    return { kind: "done", reply: known.reply as R };
  }

  /**
   * Its run has ended with a reply, which is kept. Returns who waits for it, in the order in which they came; nobody
   * when the run had ended before.
   *
   * @param bytes that the reply holds
   */
  complete(entry: ReplyEntry<W, R>, reply: R, bytes: number, now: number): readonly W[] {
    if (!entry.running) return [];
    const waiters = this.ended(entry);
    this.expire(now);
    const total = bytes + entry.index.length + entry.payloadHash.length + ENTRY_BYTES;
    if (total > this.maxBytes) {
      this.entries.delete(entry.index);
      this.evicted++;
      return waiters;
    }
    while (this.oldest !== undefined && this.keptBytes + total > this.maxBytes) {
      this.dropOldest(this.oldest);
      this.evicted++;
    }
    entry.reply = reply;
    entry.bytes = total;
    entry.completedAt = now;
    this.keptBytes += total;
    if (this.newest === undefined) this.oldest = entry;
    else this.newest.next = entry;
    this.newest = entry;
    return waiters;
  }

  /**
   * Its run has ended without a reply worth keeping: it never began, or was cancelled when nobody waited. The next call
   * with its key runs. Returns who waits for it, as `complete` does.
   */
  forget(entry: ReplyEntry<W, R>): readonly W[] {
    if (!entry.running) return [];
    this.entries.delete(entry.index);
    return this.ended(entry);
  }

  /** Lets go of the replies whose time has come. `enter` and `complete` do so by themselves. */
  expire(now: number): void {
    while (this.oldest !== undefined && now - this.oldest.completedAt >= this.windowMs)
      this.dropOldest(this.oldest);
  }

  private ended(entry: ReplyEntry<W, R>): readonly W[] {
    const waiters = [...entry.waiters];
    entry.waiters.clear();
    entry.running = false;
    this.running--;
    return waiters;
  }

  private dropOldest(entry: ReplyEntry<W, R>): void {
    this.entries.delete(entry.index);
    this.keptBytes -= entry.bytes;
    this.oldest = entry.next;
    if (this.oldest === undefined) this.newest = undefined;
    // Somebody may still hold the entry; it is not to hold what came after it.
    entry.next = undefined;
    entry.reply = undefined;
  }
}
