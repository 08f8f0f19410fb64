import { Code } from "../../core/code.js";
import { done } from "../../core/done.js";
import { HeliographError } from "../../core/error.js";
import type { StreamCredit } from "../../wire/limits.js";

/** What a stream's reader causes. */
export interface InboxHost {
  /** The reader has taken messages: the sender may send so many more. */
  taken(messages: number, bytes: number): void;
  /** The reader wants no more. Called at most once. */
  left(): void;
  /** A message could not be read: the call has to end, and the reader gets the error after those before it. */
  unreadable(error: unknown): void;
}

/** The share of the credit that may be unreported. */
const REPORT_AFTER = 1 / 4;
/** What was taken is cut off the queue when it is so much. */
const MANY = 1024;

interface Reader<T> {
  resolve(result: IteratorResult<T, undefined>): void;
  reject(error: unknown): void;
}

/**
 * A message that takes a while to read, such as a compressed one: it is read when it is asked for, so that of a queue
 * of them one at a time is as large as it gets.
 */
class Pending<T> {
  private readonly read: () => T | Promise<T>;
  message: T | undefined;
  ready = false;
  private begun = false;

  constructor(read: () => T | Promise<T>) {
    this.read = read;
  }

  /** Begins to read it, once. True when it is ready. */
  begin(later: () => void, failed: (error: unknown) => void): boolean {
    if (this.begun) return this.ready;
    this.begun = true;
    try {
      const message = this.read();
      if (message instanceof Promise) {
        message.then((read) => {
          this.is(read);
          later();
        }, failed);
      } else this.is(message);
    } catch (error) {
      failed(error);
    }
    return this.ready;
  }

  private is(message: T): void {
    this.message = message;
    this.ready = true;
  }
}

/**
 * The receiving half of a stream: messages in order from their arrival until somebody takes them, as many as the sender
 * was given credit for. What arrived before the end is handed over before it, an error too; only `abort` drops it.
 */
export class Inbox<T = unknown> implements AsyncIterableIterator<T> {
  private readonly host: InboxHost;
  private readonly most: StreamCredit;
  private windowMessages: number;
  private windowBytes: number;
  private items: (T | Pending<T> | undefined)[] = [];
  private sizes: number[] = [];
  private first = 0;
  private readonly readers: Reader<T>[] = [];
  private allowedMessages: number;
  private allowedBytes: number;
  private takenMessages = 0;
  private takenBytes = 0;
  /** Marks of messages in the queue, by how many messages came before them. */
  private readonly marks = new Map<number, number>();
  private pushed = 0;
  private popped = 0;
  /** The mark of the message that was taken last. */
  mark = 0;
  private ended = false;
  private error: HeliographError | undefined;
  private abandoned = false;

  /**
   * @param credit what the sender was given at first
   * @param most what it is given in time when the reader keeps up with it
   */
  constructor(host: InboxHost, credit: StreamCredit, most: StreamCredit = credit) {
    this.host = host;
    this.most = most;
    this.windowMessages = credit.messages;
    this.windowBytes = credit.bytes;
    this.allowedMessages = credit.messages;
    this.allowedBytes = credit.bytes;
  }

  /** Somebody waits for a message. */
  get awaited(): boolean {
    return this.readers.length > 0;
  }

  /** Everything that has arrived was taken. */
  get empty(): boolean {
    return this.first === this.items.length;
  }

  /** Nothing more is taken in. */
  get closed(): boolean {
    return this.ended;
  }

  /** The reader wants no more. */
  get left(): boolean {
    return this.abandoned;
  }

  /** What a sender that begins anew may send. What the one before has overdrawn is forgiven: a grant can't be negative. */
  allowAnew(): StreamCredit {
    this.allowedMessages = Math.max(0, this.allowedMessages);
    this.allowedBytes = Math.max(0, this.allowedBytes);
    return { messages: this.allowedMessages, bytes: this.allowedBytes };
  }

  /** Undoes `admit` of a message that will not arrive as a whole. */
  readmit(bytes: number): void {
    this.allowedMessages++;
    this.allowedBytes += bytes;
  }

  /** Counts a message that begins to arrive. False when its sender had no credit for it. */
  admit(bytes: number): boolean {
    if (this.allowedMessages <= 0 || this.allowedBytes <= 0) return false;
    this.allowedMessages--;
    this.allowedBytes -= bytes;
    return true;
  }

  /** A message that was admitted is here. */
  push(message: T, bytes: number, mark = 0): void {
    if (this.ended) return;
    this.arrived(mark);
    if (this.readers.length > 0 && this.empty) {
      this.count(bytes);
      this.readers.shift()?.resolve({ done: false, value: message });
      return;
    }
    this.items.push(message);
    this.sizes.push(bytes);
  }

  /** As `push`, of a message that is only read when it is asked for; those behind it wait for it. */
  pushLater(read: () => T | Promise<T>, bytes: number, mark = 0): void {
    if (this.ended) return;
    this.arrived(mark);
    this.items.push(new Pending(read));
    this.sizes.push(bytes);
    this.handOver();
  }

  /** Nothing more arrives. With an error, the reader gets it after the last message. */
  finish(error?: HeliographError): void {
    if (this.ended) return;
    this.ended = true;
    this.error = error;
    this.settle();
  }

  /** As `finish`, at once: what has arrived and was not taken is dropped. */
  abort(error: HeliographError): void {
    if (this.abandoned) return;
    this.drop();
    if (!this.ended || this.error === undefined) this.error = error;
    this.ended = true;
    this.settle();
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.first < this.items.length && this.readers.length === 0) {
      const item = this.items[this.first];
      if (!(item instanceof Pending)) return Promise.resolve({ done: false, value: this.take() as T });
      if (this.isReady(item)) {
        this.take();
        return Promise.resolve({ done: false, value: item.message as T });
      }
    }
    if (this.ended && this.empty) return this.end();
    return new Promise((resolve, reject) => {
      this.readers.push({ resolve, reject });
    });
  }

  return(): Promise<IteratorResult<T, undefined>> {
    if (!this.abandoned) {
      this.abandoned = true;
      this.drop();
      this.ended = true;
      this.error = undefined;
      this.settle();
      this.host.left();
    }
    return Promise.resolve(done);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** The first of the queue; the reader has it from now on. */
  private take(): T | Pending<T> | undefined {
    const { first } = this;
    const item = this.items[first];
    const bytes = this.sizes[first]!;
    this.items[first] = undefined;
    this.first = first + 1;
    if (this.empty) this.drop();
    else if (this.first >= MANY && this.first * 2 > this.items.length) {
      this.items = this.items.slice(this.first);
      this.sizes = this.sizes.slice(this.first);
      this.first = 0;
    }
    this.count(bytes);
    return item;
  }

  private arrived(mark: number): void {
    if (mark !== 0) this.marks.set(this.pushed, mark);
    this.pushed++;
  }

  private count(bytes: number): void {
    if (this.marks.size > 0 || this.mark !== 0) {
      this.mark = this.marks.get(this.popped) ?? 0;
      this.marks.delete(this.popped);
    }
    this.popped++;
    this.takenMessages++;
    this.takenBytes += bytes;
    if (
      this.takenMessages < this.windowMessages * REPORT_AFTER &&
      this.takenBytes < this.windowBytes * REPORT_AFTER
    ) {
      return;
    }
    if (this.empty) this.widen();
    const messages = this.takenMessages;
    const taken = this.takenBytes;
    this.allowedMessages += messages;
    this.allowedBytes += taken;
    this.takenMessages = 0;
    this.takenBytes = 0;
    this.host.taken(messages, taken);
  }

  /**
   * The reader keeps up: with more credit its sender need not wait for it. One that was never quick holds no more than at
   * first; what was given can't be taken back.
   */
  private widen(): void {
    const messages = Math.min(this.windowMessages, this.most.messages - this.windowMessages);
    const bytes = Math.min(this.windowBytes, this.most.bytes - this.windowBytes);
    if (messages > 0) {
      this.windowMessages += messages;
      this.takenMessages += messages;
    }
    if (bytes > 0) {
      this.windowBytes += bytes;
      this.takenBytes += bytes;
    }
  }

  private isReady(pending: Pending<T>): boolean {
    return pending.begin(
      () => this.handOver(),
      (error) => this.broken(pending, error),
    );
  }

  /** Gives readers what has become ready. */
  private handOver(): void {
    while (this.readers.length > 0 && this.first < this.items.length) {
      const item = this.items[this.first];
      if (item instanceof Pending && !this.isReady(item)) return;
      this.take();
      const value = (item instanceof Pending ? item.message : item) as T;
      this.readers.shift()?.resolve({ done: false, value });
    }
    this.settle();
  }

  /** One that could not be read: what came before it is still handed over. */
  private broken(pending: Pending<T>, thrown: unknown): void {
    const at = this.items.indexOf(pending, this.first);
    // Nobody wants it any more.
    if (at < 0) return;
    this.items.length = at;
    this.sizes.length = at;
    this.ended = true;
    this.error = HeliographError.from(thrown, Code.Internal);
    this.settle();
    this.host.unreadable(thrown);
  }

  /** Tells those who wait that nothing comes any more, when that is so. */
  private settle(): void {
    if (!this.ended || !this.empty) return;
    for (const reader of this.readers.splice(0)) {
      if (this.error === undefined) reader.resolve(done);
      else {
        reader.reject(this.error);
        this.error = undefined;
      }
    }
  }

  private end(): Promise<IteratorResult<T, undefined>> {
    const { error } = this;
    if (error === undefined) return Promise.resolve(done);
    this.error = undefined;
    return Promise.reject(error);
  }

  private drop(): void {
    this.items.length = 0;
    this.sizes.length = 0;
    this.first = 0;
  }
}
