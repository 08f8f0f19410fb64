import { done } from "../../core/done.js";
import type { HeliographError } from "../../core/error.js";
import type { Overflow } from "../overflow.js";
import type { ReceivedRun } from "./received-run.js";

/** What a subscriber knows of one subject of one publisher, by sequences. */
export interface SeenSubject {
  /** The last that has arrived, or is known to be lost. */
  last: number;
  /** The topic sequence of that. */
  topicLast: number;
  /** It was not wanted for a while: what lies before its next run is no loss. */
  wasUnwanted: boolean;
  /** The last that was delivered; what lies between it and the next delivery is missed. */
  delivered: number;
}

/** A run that waits to be read. */
export interface WaitingRun<Source> {
  readonly run: ReceivedRun;
  readonly seen: SeenSubject;
  readonly source: Source;
  /** Clock time from which its messages are of no use. */
  readonly expiresAt: number;
  /** Bytes that it holds, for each of its messages. */
  readonly bytesEach: number;
}

/** How much may wait. */
export interface QueueRoom {
  readonly overflow: Overflow;
  readonly messages: number;
  readonly bytes: number;
}

/** What a queue is read through. */
export interface QueueHost<Source, T> {
  now(): number;
  /** The next message of the run, as it is delivered; undefined when it can't be read, which the host has told. */
  deliver(waiting: WaitingRun<Source>, missed: number): T | undefined;
  /** Room was made. */
  roomier(): void;
  /** Messages have passed. */
  moved(): void;
  /** The reader wants no more. */
  abandoned(): void;
}

interface Reader<T> {
  resolve(next: IteratorResult<T, undefined>): void;
  reject(error: unknown): void;
}

/** What has arrived for a subscription until somebody reads it, within its room. */
export class DeliveryQueue<Source, T> implements AsyncIterableIterator<T, undefined> {
  received = 0;
  dropped = 0;
  expired = 0;
  /** Messages that were taken by whoever reads, or dropped. */
  passed = 0;
  pending = 0;
  private readonly host: QueueHost<Source, T>;
  private readonly room: QueueRoom;
  private bytes = 0;
  private runs: WaitingRun<Source>[] = [];
  private first = 0;
  private readonly readers: Reader<T>[] = [];
  /** By subject state, of a queue that conflates: what waits of it. */
  private readonly latest = new Map<SeenSubject, WaitingRun<Source>>();
  private ended = false;
  private error: HeliographError | undefined;

  constructor(host: QueueHost<Source, T>, room: QueueRoom) {
    this.host = host;
    this.room = room;
  }

  get isFull(): boolean {
    return this.pending >= this.room.messages || this.bytes >= this.room.bytes;
  }

  /** Nothing more is taken in. */
  get isOver(): boolean {
    return this.ended;
  }

  /** Adds a run. What has no room after that is dropped, where the policy says so. */
  push(waiting: WaitingRun<Source>): void {
    if (this.ended) return;
    const { run } = waiting;
    this.received += run.count;
    if (this.room.overflow === "conflate") this.conflate(waiting);
    this.runs.push(waiting);
    this.pending += run.left;
    this.bytes += run.left * waiting.bytesEach;
    while (this.readers.length > 0 && this.pending > 0) {
      const value = this.take();
      if (value !== undefined) this.readers.shift()?.resolve({ done: false, value });
    }
    const { overflow } = this.room;
    if (overflow === "block" || overflow === "fail") return;
    while (this.pending > this.room.messages || (this.bytes > this.room.bytes && this.pending > 1)) {
      if (overflow === "drop-newest") this.dropNewest();
      else this.dropOldest();
    }
  }

  /** Nothing more arrives. With an error, the reader gets it after what is here. */
  end(error?: HeliographError): void {
    if (this.ended) return;
    this.ended = true;
    this.error = error;
    if (this.pending === 0) this.settle();
  }

  next(): Promise<IteratorResult<T, undefined>> {
    while (this.pending > 0) {
      const value = this.take();
      if (value !== undefined) return Promise.resolve({ done: false, value });
    }
    if (this.ended) {
      const { error } = this;
      this.error = undefined;
      return error === undefined ? Promise.resolve(done) : Promise.reject(error);
    }
    return new Promise((resolve, reject) => {
      this.readers.push({ resolve, reject });
    });
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.passed += this.pending;
    this.pending = 0;
    this.bytes = 0;
    this.runs = [];
    this.first = 0;
    this.ended = true;
    this.error = undefined;
    this.settle();
    this.host.abandoned();
    return Promise.resolve(done);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** The next that can be delivered; undefined when it can't, or its time is over. */
  private take(): T | undefined {
    const waiting = this.runs[this.first]!;
    const { run, seen } = waiting;
    if (run.left === 0) {
      this.shift();
      return undefined;
    }
    if (waiting.expiresAt <= this.host.now()) {
      const { left } = run;
      this.expired += left;
      this.forget(waiting, left);
      this.shift();
      return undefined;
    }
    run.take();
    this.forget(waiting, 1);
    if (run.left === 0) this.shift();
    const sequence = run.sequence + run.taken - 1;
    const value = this.host.deliver(waiting, sequence - seen.delivered - 1);
    if (value !== undefined) seen.delivered = sequence;
    return value;
  }

  private shift(): void {
    const waiting = this.runs[this.first]!;
    if (this.latest.get(waiting.seen) === waiting) this.latest.delete(waiting.seen);
    this.first++;
    if (this.first === this.runs.length) {
      this.runs = [];
      this.first = 0;
    } else if (this.first > 1_024 && this.first * 2 > this.runs.length) {
      this.runs = this.runs.slice(this.first);
      this.first = 0;
    }
  }

  /** So many messages of a run wait no more. */
  private forget({ bytesEach }: WaitingRun<Source>, messages: number): void {
    const wasFull = this.isFull;
    this.pending -= messages;
    this.bytes -= messages * bytesEach;
    this.passed += messages;
    if (wasFull && !this.isFull) this.host.roomier();
    this.host.moved();
  }

  private conflate(waiting: WaitingRun<Source>): void {
    const before = this.latest.get(waiting.seen);
    if (before !== undefined) this.drop(before, before.run.left);
    this.latest.set(waiting.seen, waiting);
    const surplus = waiting.run.left - 1;
    for (let n = 0; n < surplus; n++) waiting.run.take();
    this.dropped += surplus;
    this.passed += surplus;
  }

  private dropOldest(): void {
    const waiting = this.runs[this.first]!;
    if (waiting.run.left > 0) this.drop(waiting, 1);
    if (waiting.run.left === 0) this.shift();
  }

  private dropNewest(): void {
    const waiting = this.runs.at(-1)!;
    if (waiting.run.left === 0) {
      this.runs.pop();
      return;
    }
    waiting.run.cut();
    this.dropped++;
    this.forget(waiting, 1);
  }

  private drop(waiting: WaitingRun<Source>, messages: number): void {
    for (let n = 0; n < messages; n++) waiting.run.take();
    this.dropped += messages;
    this.forget(waiting, messages);
  }

  /** Tells those who wait that nothing comes any more. */
  private settle(): void {
    for (const reader of this.readers.splice(0)) {
      const { error } = this;
      this.error = undefined;
      if (error === undefined) reader.resolve(done);
      else reader.reject(error);
    }
  }
}
