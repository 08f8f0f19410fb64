import { done } from "../../core/done.js";
import { FIRST_CREDIT } from "../../wire/limits.js";
import type { EncodedPayload, PayloadKeeper } from "../session/payload.js";
import { leave, type Source } from "../stream/stream-sender.js";

type Result = IteratorResult<unknown, undefined>;

/** A request that was taken from its source. */
export class KeptRequest implements PayloadKeeper {
  private readonly owner: KeptRequests;
  /** What the source gave; undefined once it was encoded, as the source may then use its memory again. */
  message: unknown;
  /** As it has travelled; undefined until it was sent. */
  payload: EncodedPayload | undefined;

  constructor(owner: KeptRequests, message: unknown) {
    this.owner = owner;
    this.message = message;
  }

  keep(payload: EncodedPayload): void {
    if (this.payload !== undefined) return;
    this.payload = payload;
    this.message = undefined;
    this.owner.sent(payload.bytes.length);
  }
}

/**
 * The requests of a call, taken from their source one by one as a reader asks, each once. Until `release` those that
 * were sent are kept, as bytes, so that another reader gives them from the first one on: of what a server of this kit
 * grants at first, 256 messages, and 64 KiB or the one message that goes beyond. A source of which more is sent is
 * released. It is closed exactly once, unless it has ended by itself.
 */
export class KeptRequests {
  private readonly source: Source;
  private readonly abandoned: (error: unknown) => void;
  /** Those that may go again, and those that were taken and not given yet. */
  private requests: KeptRequest[] = [];
  /** Of them, those that the reader was given. */
  private given = 0;
  private sentMessages = 0;
  private sentBytes = 0;
  private reader: RequestReader | undefined;
  private pulling: Promise<void> | undefined;
  private over = false;
  private failure: { readonly error: unknown } | undefined;
  private keeping = true;

  /** @param abandoned the source threw while nobody read */
  constructor(source: Source, abandoned: (error: unknown) => void) {
    this.source = source;
    this.abandoned = abandoned;
  }

  /** All requests can be given once more. */
  get complete(): boolean {
    return this.keeping;
  }

  /** Of the requests that are kept. */
  get bytes(): number {
    return this.keeping ? this.sentBytes : 0;
  }

  /** There is room to keep one more. If there is not, nothing is kept any more. */
  get roomy(): boolean {
    if (this.sentMessages >= FIRST_CREDIT.messages || this.sentBytes >= FIRST_CREDIT.bytes) this.release();
    return this.keeping;
  }

  /** Gives the requests from the first one on. Who read before gets nothing more, and closes nothing. */
  read(): RequestReader {
    this.reader = new RequestReader(this);
    this.given = 0;
    return this.reader;
  }

  /** Nobody reads for the time being. */
  pause(): void {
    this.reader = undefined;
  }

  /** What was sent needs not go again. */
  release(): void {
    if (!this.keeping) return;
    this.keeping = false;
    this.requests = this.requests.slice(this.given);
    this.given = 0;
  }

  /** For requests: one was sent for the first time. */
  sent(bytes: number): void {
    this.sentMessages++;
    this.sentBytes += bytes;
  }

  /** No more are wanted: lets the source clean up. */
  async close(): Promise<void> {
    this.requests = [];
    if (this.over) return;
    this.over = true;
    await leave(this.source);
  }

  /** For readers. */
  next(reader: RequestReader): Promise<Result> {
    if (reader !== this.reader) return Promise.resolve(done);
    const request = this.requests[this.given];
    if (request !== undefined) {
      if (this.keeping) this.given++;
      else this.requests.shift();
      return Promise.resolve({ done: false, value: request });
    }
    if (this.failure !== undefined) return Promise.reject(this.failure.error);
    if (this.over) return Promise.resolve(done);
    if (this.pulling === undefined) {
      if (!this.keeping) return Promise.resolve(this.source.next() as Promise<Result>);
      this.pulling = this.pull();
    }
    return this.pulling.then(() => this.next(reader));
  }

  /** For readers: this one wants no more. */
  async left(reader: RequestReader): Promise<Result> {
    if (reader === this.reader) await this.close();
    return done;
  }

  private async pull(): Promise<void> {
    try {
      const result = await this.source.next();
      if (result.done) this.over = true;
      else if (!this.over) this.requests.push(new KeptRequest(this, result.value));
    } catch (error) {
      this.over = true;
      this.failure = { error };
    }
    this.pulling = undefined;
    if (this.failure !== undefined && this.reader === undefined) this.abandoned(this.failure.error);
  }
}

/** Gives requests as `KeptRequest`, or, once nothing is kept any more, as they come from their source. */
export class RequestReader implements AsyncIterator<unknown, undefined> {
  private readonly requests: KeptRequests;

  constructor(requests: KeptRequests) {
    this.requests = requests;
  }

  next(): Promise<Result> {
    return this.requests.next(this);
  }

  return(): Promise<Result> {
    return this.requests.left(this);
  }
}
