import { done } from "../../core/done.js";

const MAX_MESSAGES = 256;
const MAX_BYTES = 1024 * 1024;

interface Waiting {
  resolve(result: IteratorResult<unknown, undefined>): void;
  reject(error: unknown): void;
}

/**
 * The requests of a stream, taken from their source one by one as a reader asks, and kept so that other attempts can
 * read them from the start. When more than 256 messages or about 1 MiB are kept, the reader that is furthest on becomes
 * the only one.
 */
export class RetryBuffer {
  private readonly iterable: AsyncIterable<unknown>;
  private source: AsyncIterator<unknown> | undefined;
  private items: unknown[] = [];
  private bytes = 0;
  /** Messages that were kept and are not any more. */
  private dropped = 0;
  private readonly readers = new Set<RetryReader>();
  private only: RetryReader | undefined;
  private pulling = false;
  private ended = false;
  private failure: { readonly error: unknown } | undefined;
  private readonly overflowed: (reader: RetryReader) => void;

  /** @param overflowed called at most once, with the reader that is the only one from now on */
  constructor(iterable: AsyncIterable<unknown>, overflowed: (reader: RetryReader) => void = () => {}) {
    this.iterable = iterable;
    this.overflowed = overflowed;
  }

  /** False once requests were dropped, or their source threw: no other attempt can be made. */
  get complete(): boolean {
    return this.only === undefined && this.failure === undefined;
  }

  /** All requests from the first, for one attempt. */
  read(): RetryReader {
    const reader = new RetryReader(this);
    this.readers.add(reader);
    return reader;
  }

  /** Only this reader goes on; nothing is kept any more. */
  keep(reader: RetryReader): void {
    this.only = reader;
    for (const each of [...this.readers]) if (each !== reader) each.close();
    this.trim();
  }

  /** The call is over: ends all readers, and lets the source clean up. */
  close(): void {
    for (const reader of [...this.readers]) reader.close();
    this.items = [];
    if (this.ended) return;
    this.ended = true;
    const { source } = this;
    // It may wait for something that takes long, and what it throws is of no use to a call that is over.
    const settled = async () => source?.return?.();
    settled().catch(() => {});
  }

  /** For readers: gives this one what is there, and gets more when that is not enough. */
  serve(reader: RetryReader): void {
    while (reader.waits) {
      const index = reader.position - this.dropped;
      if (index < this.items.length) {
        const item = this.items[index];
        reader.give(item);
        if (this.only === reader) this.trim();
      } else if (this.failure !== undefined) reader.fail(this.failure.error);
      else if (this.ended) reader.close();
      else {
        this.pull();
        return;
      }
    }
  }

  /** For readers. */
  forget(reader: RetryReader): void {
    this.readers.delete(reader);
  }

  private pull(): void {
    if (this.pulling) return;
    this.pulling = true;
    this.taken().catch((error: unknown) => {
      this.pulling = false;
      this.ended = true;
      this.failure = { error };
      this.serveAll();
    });
  }

  private async taken(): Promise<void> {
    this.source ??= this.iterable[Symbol.asyncIterator]();
    const result = await this.source.next();
    this.pulling = false;
    if (this.ended) return;
    if (result.done) this.ended = true;
    else this.add(result.value);
    this.serveAll();
  }

  private add(item: unknown): void {
    this.items.push(item);
    if (this.only !== undefined) return;
    this.bytes += roughBytes(item);
    if (this.items.length <= MAX_MESSAGES && this.bytes <= MAX_BYTES) return;
    const reader = [...this.readers].find(({ waits }) => waits);
    if (reader === undefined) return;
    this.keep(reader);
    this.overflowed(reader);
  }

  private serveAll(): void {
    for (const reader of [...this.readers]) this.serve(reader);
  }

  private trim(): void {
    const read = (this.only?.position ?? 0) - this.dropped;
    this.items.splice(0, read);
    this.dropped += read;
  }
}

/** One attempt's view of the requests. */
export class RetryReader implements AsyncIterableIterator<unknown> {
  /** Messages that were handed over. */
  position = 0;
  private readonly buffer: RetryBuffer;
  private readonly waiting: Waiting[] = [];
  private closed = false;

  constructor(buffer: RetryBuffer) {
    this.buffer = buffer;
  }

  get waits(): boolean {
    return this.waiting.length > 0;
  }

  next(): Promise<IteratorResult<unknown, undefined>> {
    if (this.closed) return Promise.resolve(done);
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject });
      this.buffer.serve(this);
    });
  }

  /** The attempt wants no more; another may. */
  return(): Promise<IteratorResult<unknown, undefined>> {
    this.close();
    return Promise.resolve(done);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  give(value: unknown): void {
    this.position++;
    this.waiting.shift()?.resolve({ done: false, value });
  }

  fail(error: unknown): void {
    this.waiting.shift()?.reject(error);
    this.close();
  }

  close(): void {
    this.closed = true;
    this.buffer.forget(this);
    for (const each of this.waiting.splice(0)) each.resolve(done);
  }
}

/** About as much as a message takes: its texts and bytes, and a little for every other field. */
function roughBytes(value: unknown): number {
  if (typeof value === "string" || value instanceof Uint8Array) return value.length;
  if (typeof value !== "object" || value === null) return 8;
  let bytes = 8;
  for (const each of value instanceof Map ? [...value.keys(), ...value.values()] : Object.values(value)) {
    bytes += roughBytes(each);
  }
  return bytes;
}
