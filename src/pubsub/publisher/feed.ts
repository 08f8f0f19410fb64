import type { Buffer } from "node:buffer";
import { drops, type Overflow } from "../overflow.js";
import type { Run } from "../run.js";
import type { FeedWish } from "./feed-wish.js";
import { firstSequence, type Slice, SliceEncoder, sliceBytes, sliceLength, wholeOf } from "./slice.js";
import type { SubjectState } from "./subject-state.js";

/** What may wait for one subscriber. */
export interface FeedRoom {
  readonly overflow: Overflow;
  readonly messages: number;
  readonly bytes: number;
}

/** The messages of one subject that were dropped since its last one was taken. */
interface Loss {
  readonly state: SubjectState;
  from: number;
  to: number;
  /** The topic sequence of the last of them. */
  topicTo: number;
}

/**
 * What one subscription is still to get, within its room. Publications of one subject are given in order; what is
 * dropped is told with the next one of its subject, or by itself when there is none. Pure: the time comes in.
 */
export class Feed {
  sent = 0;
  dropped = 0;
  expired = 0;
  /** Slices that were added so far, and those that were taken away again, by whatever. */
  pushed = 0;
  shifted = 0;
  private readonly room: FeedRoom;
  private wish: FeedWish;
  private readonly encoder = new SliceEncoder();
  private queue: Slice[] = [];
  private first = 0;
  private waitingMessages = 0;
  private waitingBytes = 0;
  /** History, which is no part of what the room bounds: it is shared by all. */
  private before: Slice[] = [];
  private nextBefore = 0;
  private readonly losses = new Map<string, Loss>();
  /** Those of subjects that were forgotten and published again, and lost from again. */
  private lossesBefore: Loss[] = [];
  /** By subject, of a feed that conflates: what waits of it. */
  private readonly latest = new Map<string, Slice>();
  /** By subject, of a feed with an interval: when the next may be given. */
  private readonly notBefore = new Map<string, number>();
  /** By subject: what waits for that. */
  private readonly held = new Map<string, Slice>();

  constructor(room: FeedRoom, wish: FeedWish) {
    this.room = room;
    this.wish = wish;
  }

  get overflow(): Overflow {
    return this.room.overflow;
  }

  /** Messages that wait. */
  get pending(): number {
    return this.waitingMessages + this.held.size;
  }

  /** There is something of the history to take. */
  get hasHistory(): boolean {
    return this.before.length > 0;
  }

  /** There is something to take, beside the history. */
  get hasMore(): boolean {
    return this.first < this.queue.length || this.losses.size > 0 || this.lossesBefore.length > 0;
  }

  /** What waits is more than it has room for. */
  get isOver(): boolean {
    return this.waitingMessages > this.room.messages || this.waitingBytes > this.room.bytes;
  }

  /** Nothing more fits. */
  get isFull(): boolean {
    return this.waitingMessages >= this.room.messages || this.waitingBytes >= this.room.bytes;
  }

  matches(subject: string): boolean {
    return this.wish.matcher(subject);
  }

  /** What was published to these subjects before the subscription began is to be taken first, as far as it is wanted. */
  begin(states: Iterable<SubjectState>): void {
    const { matcher, history } = this.wish;
    for (const state of states) {
      const { subject, history: runs, kept } = state;
      if (!matcher(subject)) continue;
      let surplus = kept - history;
      for (const run of runs) {
        const slice = wholeOf(run, state, true);
        slice.from = Math.min(slice.to, Math.max(0, surplus));
        surplus -= slice.to;
        if (sliceLength(slice) > 0) this.before.push(slice);
      }
    }
  }

  /** From now on something else is wanted. What waits and is not any more is not counted as dropped: nobody misses it. */
  change(wish: FeedWish): void {
    this.wish = wish;
    const wanted = this.queue.slice(this.first).filter(({ run }) => wish.matcher(run.subject));
    this.shifted += this.queue.length - this.first - wanted.length;
    this.queue = wanted;
    this.first = 0;
    this.waitingMessages = wanted.reduce((sum, slice) => sum + sliceLength(slice), 0);
    this.waitingBytes = wanted.reduce((sum, slice) => sum + sliceBytes(slice), 0);
    for (const subject of [...this.losses.keys()]) if (!wish.matcher(subject)) this.losses.delete(subject);
    this.lossesBefore = this.lossesBefore.filter(({ state }) => wish.matcher(state.subject));
    for (const subject of [...this.latest.keys()]) if (!wish.matcher(subject)) this.latest.delete(subject);
    this.before = this.before.slice(this.nextBefore).filter(({ run }) => wish.matcher(run.subject));
    this.nextBefore = 0;
    // What comes next may come at once, and after these.
    const held = [...this.held.values()].filter(({ run }) => wish.matcher(run.subject));
    this.held.clear();
    this.notBefore.clear();
    for (const slice of held) this.replace(slice);
  }

  /** A run that matches was published. Enforce the room afterwards, when what can be sent at once has been taken. */
  offer(run: Run, state: SubjectState, now: number): void {
    if (this.wish.intervalMs > 0) this.offerLatest(run, state, now);
    else if (this.room.overflow === "conflate") this.replace(this.lastOf(run, state));
    else this.push(wholeOf(run, state));
  }

  /** Applies the policy to what has no room. Of no effect for those that stop who publishes. */
  enforce(): void {
    if (!this.isOver || !drops(this.room.overflow)) return;
    if (this.room.overflow === "drop-newest") while (this.isOver) this.dropNewest();
    else while (this.isOver) this.dropOldest();
  }

  /** When something that is held for its interval may go. */
  get nextDueAt(): number {
    let at = Number.POSITIVE_INFINITY;
    for (const subject of this.held.keys()) at = Math.min(at, this.notBefore.get(subject) ?? 0);
    return at;
  }

  /** What was held for its interval, and may go now, waits to be taken. */
  release(now: number): void {
    for (const [subject, slice] of this.held) {
      if ((this.notBefore.get(subject) ?? 0) > now) continue;
      this.held.delete(subject);
      this.notBefore.set(subject, now + this.wish.intervalMs);
      this.replace(slice);
    }
    if (this.held.size === 0)
      for (const [subject, at] of this.notBefore) if (at <= now) this.notBefore.delete(subject);
  }

  /** The next runs of what was published before the subscription, as `take`. */
  takeHistory(mostBytes: number, now: number): readonly Buffer[] | undefined {
    if (this.before.length === 0) return undefined;
    const parts: Buffer[] = [];
    let bytes = 0;
    while (bytes < mostBytes && this.nextBefore < this.before.length) {
      const slice = this.before[this.nextBefore++]!;
      if (this.isFresh(slice.run, now)) bytes += this.give(slice, 0, now, parts);
    }
    if (this.nextBefore === this.before.length) {
      this.before = [];
      this.nextBefore = 0;
    }
    return parts.length === 0 ? undefined : parts;
  }

  /**
   * The next runs that are to be sent: as many as there are within `mostBytes`, one at least; undefined when there are
   * none.
   *
   * @param until none of those that were added after so many
   */
  take(mostBytes: number, now: number, until = Number.POSITIVE_INFINITY): readonly Buffer[] | undefined {
    if (!this.hasMore) return undefined;
    const parts: Buffer[] = [];
    let bytes = 0;
    while (bytes < mostBytes && this.first < this.queue.length && this.shifted < until) {
      const slice = this.shift();
      const length = sliceLength(slice);
      if (length === 0) continue;
      if (this.isFresh(slice.run, now)) bytes += this.giveAfterLoss(slice, now, parts);
      else {
        this.expired += length;
        this.lose(slice);
      }
    }
    if (this.first === this.queue.length) this.giveLosses(now, parts);
    return parts.length === 0 ? undefined : parts;
  }

  private offerLatest(run: Run, state: SubjectState, now: number): void {
    const { subject } = run;
    const slice = this.lastOf(run, state);
    const held = this.held.get(subject);
    if (held !== undefined) this.drop(held);
    if ((this.notBefore.get(subject) ?? 0) > now) {
      this.held.set(subject, slice);
      return;
    }
    this.held.delete(subject);
    this.notBefore.set(subject, now + this.wish.intervalMs);
    this.replace(slice);
  }

  /** Of a run that was published in one turn only the last counts. */
  private lastOf(run: Run, state: SubjectState): Slice {
    const slice = wholeOf(run, state);
    const before = sliceLength(slice) - 1;
    if (before > 0) {
      this.drop({ ...slice, to: before });
      slice.from = before;
    }
    return slice;
  }

  private replace(slice: Slice): void {
    const { subject } = slice.run;
    const waiting = this.latest.get(subject);
    // One that was taken meanwhile is empty.
    if (waiting !== undefined && sliceLength(waiting) > 0) {
      this.waitingMessages -= sliceLength(waiting);
      this.waitingBytes -= sliceBytes(waiting);
      this.drop({ ...waiting });
      waiting.from = waiting.to;
    }
    this.latest.set(subject, slice);
    this.push(slice);
  }

  private push(slice: Slice): void {
    this.queue.push(slice);
    this.pushed++;
    this.waitingMessages += sliceLength(slice);
    this.waitingBytes += sliceBytes(slice);
  }

  private shift(): Slice {
    const slice = this.queue[this.first]!;
    this.first++;
    this.shifted++;
    if (this.first === this.queue.length) {
      this.queue = [];
      this.first = 0;
    } else if (this.first > 1_024 && this.first * 2 > this.queue.length) {
      this.queue = this.queue.slice(this.first);
      this.first = 0;
    }
    this.waitingMessages -= sliceLength(slice);
    this.waitingBytes -= sliceBytes(slice);
    if (this.latest.size > 0) this.latest.delete(slice.run.subject);
    return slice;
  }

  private dropOldest(): void {
    const slice = this.queue[this.first]!;
    if (sliceLength(slice) <= 1) {
      this.shift();
      if (sliceLength(slice) === 1) this.drop(slice);
      return;
    }
    const from = slice.from;
    const lost = { ...slice, to: from + 1 };
    slice.from = from + 1;
    this.waitingMessages--;
    this.waitingBytes -= sliceBytes(lost);
    this.drop(lost);
  }

  private dropNewest(): void {
    const slice = this.queue.at(-1)!;
    const lost = { ...slice, from: Math.max(slice.from, slice.to - 1) };
    slice.to = lost.from;
    if (sliceLength(slice) === 0) {
      this.queue.pop();
      this.pushed--;
    }
    this.waitingMessages -= sliceLength(lost);
    this.waitingBytes -= sliceBytes(lost);
    if (sliceLength(lost) > 0) this.drop(lost);
  }

  private drop(slice: Slice): void {
    this.dropped += sliceLength(slice);
    this.lose(slice);
  }

  private lose(slice: Slice): void {
    const { run, state } = slice;
    const { subject } = run;
    const from = firstSequence(slice);
    const to = from + sliceLength(slice) - 1;
    const loss = this.losses.get(subject);
    const topicTo = run.topicSequence + slice.to - 1;
    if (loss?.state !== state) {
      if (loss !== undefined) this.lossesBefore.push(loss);
      this.losses.set(subject, { state, from, to, topicTo });
    } else {
      loss.from = Math.min(loss.from, from);
      loss.to = Math.max(loss.to, to);
      loss.topicTo = Math.max(loss.topicTo, topicTo);
    }
  }

  private giveAfterLoss(slice: Slice, now: number, parts: Buffer[]): number {
    this.giveForgotten(slice, now, parts);
    const loss = this.losses.get(slice.run.subject);
    if (loss !== undefined && loss.state !== slice.state) return this.give(slice, 0, now, parts);
    // Newer ones than this slice may have been lost, too.
    if (loss === undefined || loss.from > firstSequence(slice)) return this.give(slice, 0, now, parts);
    const next = firstSequence(slice);
    const to = Math.min(loss.to, next - 1);
    const bytes = this.recover(loss, to, now, parts);
    const dropped = to - loss.from + 1;
    loss.from = next + sliceLength(slice);
    if (loss.from > loss.to) this.losses.delete(slice.run.subject);
    return bytes + this.give(slice, Math.max(0, dropped), now, parts);
  }

  /** Tells of what was lost at the end, or gives it, where the history still has it. */
  private giveLosses(now: number, parts: Buffer[]): void {
    for (const loss of this.lossesBefore) this.giveLoss(loss, now, parts);
    this.lossesBefore = [];
    for (const loss of this.losses.values()) this.giveLoss(loss, now, parts);
    this.losses.clear();
  }

  /** What was lost of the slice's subject before that was forgotten is told before it begins anew. */
  private giveForgotten({ run, state }: Slice, now: number, parts: Buffer[]): void {
    const { subject, topicSequence } = run;
    const isBefore = (loss: Loss) =>
      loss.state !== state && loss.state.subject === subject && loss.topicTo < topicSequence;
    if (this.lossesBefore.length > 0) {
      for (const loss of this.lossesBefore) if (isBefore(loss)) this.giveLoss(loss, now, parts);
      this.lossesBefore = this.lossesBefore.filter((loss) => !isBefore(loss));
    }
    const latest = this.losses.get(subject);
    if (latest === undefined || !isBefore(latest)) return;
    this.giveLoss(latest, now, parts);
    this.losses.delete(subject);
  }

  private giveLoss(loss: Loss, now: number, parts: Buffer[]): void {
    this.recover(loss, loss.to, now, parts);
    const { state, from, to, topicTo } = loss;
    if (from <= to) parts.push(this.encoder.encodeLoss(state.subject, to + 1, topicTo, to - from + 1));
  }

  /** Gives what the history still has of the messages that were lost up to `to`, and moves the loss on to behind it. */
  private recover(loss: Loss, to: number, now: number, parts: Buffer[]): number {
    let bytes = 0;
    // What a feed leaves out on purpose is not missed.
    if (this.room.overflow === "conflate" || this.wish.intervalMs > 0) return 0;
    for (const run of loss.state.history) {
      const slice = wholeOf(run, loss.state);
      slice.from = Math.max(0, loss.from - run.sequence);
      slice.to = Math.min(slice.to, to - run.sequence + 1);
      if (slice.from >= slice.to || !this.isFresh(run, now)) continue;
      const dropped = firstSequence(slice) - loss.from;
      loss.from = firstSequence(slice) + sliceLength(slice);
      this.dropped -= sliceLength(slice);
      bytes += this.give(slice, dropped, now, parts);
    }
    return bytes;
  }

  private isFresh({ expiresAt, publishedAt }: Run, now: number): boolean {
    const { lifespanMs } = this.wish;
    return expiresAt > now && (lifespanMs === 0 || now - publishedAt < lifespanMs);
  }

  private give(slice: Slice, dropped: number, now: number, parts: Buffer[]): number {
    const part = this.encoder.encode(slice, dropped, now);
    parts.push(part);
    this.sent += sliceLength(slice);
    slice.from = slice.to;
    return part.length;
  }
}
