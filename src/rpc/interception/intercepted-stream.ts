import { done } from "../../core/done.js";
import { HeliographError } from "../../core/error.js";
import type { Metadata } from "../../core/metadata.js";
import type { Method } from "../../wire/definition.js";
import type { BoundMethod } from "../bound-method.js";
import { type CallOptions, callCancelled } from "../call-options.js";
import type { StreamResult } from "../interceptor.js";
import type { ResponseStream } from "../types.js";
import { OutgoingCall, type OutgoingHost } from "./intercepted-call.js";

type Item = IteratorResult<unknown, undefined>;

interface Reader {
  resolve(item: Item): void;
  reject(error: unknown): void;
}

/** An intercepted call with a stream of answers. */
class StreamedCall extends OutgoingCall {
  private readonly input: unknown;
  private begun: Promise<AsyncIterator<unknown>> | undefined;
  private messages: AsyncIterator<unknown> | undefined;
  private result: StreamResult | undefined;
  private readonly readers = new Set<Reader>();
  private headerShown = false;
  private left = false;
  /** For the next reader. */
  private error: HeliographError | undefined;

  /** @param input the whole request, or the caller's iterable of requests */
  constructor(host: OutgoingHost, bound: BoundMethod<Method>, options: CallOptions, input: unknown) {
    super(host, bound, options);
    this.input = input;
  }

  pull(): Promise<Item> {
    const { error } = this;
    if (this.over) {
      this.error = undefined;
      return error === undefined ? Promise.resolve(done) : Promise.reject(error);
    }
    return new Promise((resolve, reject) => {
      const reader = { resolve, reject };
      this.readers.add(reader);
      this.ask().then(
        (item) => this.got(reader, item),
        (thrown) => this.broken(HeliographError.from(thrown)),
      );
    });
  }

  /** The reader wants no more. */
  leave(): void {
    if (this.over) return;
    this.left = true;
    const error = callCancelled(this.bound.path, undefined, !this.attempted);
    this.stop(error);
    this.close(error);
  }

  protected ended(error: HeliographError): void {
    if (!this.left) this.error = error;
    this.release();
    const { messages } = this;
    const returned = async () => messages?.return?.();
    returned().catch(() => {});
  }

  private ask(): Promise<IteratorResult<unknown>> {
    // Where others wait, the short way could overtake them: an end before the error that it comes after.
    if (this.messages !== undefined && this.readers.size === 1) return this.messages.next();
    this.begun ??= this.begin();
    return this.begun.then((messages) => messages.next());
  }

  private async begin(): Promise<AsyncIterator<unknown>> {
    const result = (await this.run(this.input)) as StreamResult;
    this.result = result;
    const messages = result.messages[Symbol.asyncIterator]();
    this.messages = messages;
    return messages;
  }

  private got(reader: Reader, item: IteratorResult<unknown>): void {
    if (this.ending) return;
    try {
      this.showHeader(this.result?.metadata);
      if (item.done) this.show(this.options.onTrailer, this.result?.trailers ?? this.received.trailers);
    } catch (thrown) {
      this.stop(HeliographError.from(thrown));
      return;
    }
    // A callback may have ended the call.
    if (this.ending) return;
    if (item.done) {
      this.settle();
      this.release();
      return;
    }
    this.readers.delete(reader);
    reader.resolve({ done: false, value: item.value });
  }

  private broken(failure: HeliographError): void {
    if (this.ending) return;
    this.error = failure;
    try {
      this.showHeader(this.result?.metadata ?? this.received.metadata);
      this.show(this.options.onTrailer, this.result?.trailers ?? this.received.trailers);
    } catch (thrown) {
      this.error = HeliographError.from(thrown);
    }
    if (this.ending) return;
    this.settle();
    this.release();
  }

  private showHeader(metadata: Metadata | undefined): void {
    if (this.headerShown || metadata === undefined) return;
    this.headerShown = true;
    this.show(this.options.onHeader, metadata);
  }

  /** The first of those who wait hears of the error. */
  private release(): void {
    for (const reader of this.readers) {
      if (this.error === undefined) reader.resolve(done);
      else {
        reader.reject(this.error);
        this.error = undefined;
      }
    }
    this.readers.clear();
  }
}

/** An intercepted stream as its caller sees it. */
export class InterceptedStream implements ResponseStream<unknown> {
  readonly #call: StreamedCall;

  constructor(host: OutgoingHost, bound: BoundMethod<Method>, options: CallOptions, input: unknown) {
    this.#call = new StreamedCall(host, bound, options, input);
  }

  next(): Promise<Item> {
    return this.#call.pull();
  }

  return(): Promise<Item> {
    this.#call.leave();
    return Promise.resolve(done);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#call.leave();
  }
}
