import type { Buffer } from "node:buffer";
import type { Clock } from "../../core/clock.js";
import { ContextValues } from "../../core/context-values.js";
import type { HeliographError } from "../../core/error.js";
import type { Logger } from "../../core/logger.js";
import { Metadata } from "../../core/metadata.js";
import { sleep } from "../../core/sleep.js";
import { type Compression, checkCompression } from "../../wire/compression.js";
import type { Method } from "../../wire/definition.js";
import { readMetadata } from "../../wire/metadata-fields.js";
import type { HandlerContext, Peer } from "../context.js";

/** What a context shows of its call. */
export interface CallState {
  readonly method: Method;
  readonly signal: AbortSignal;
  readonly peer: Peer;
  readonly logger: Logger;
  readonly clock: Clock;
  /** The request's metadata: ranges of this buffer. */
  readonly metadataBuf: Buffer | undefined;
  readonly metadataRanges: readonly number[] | undefined;
  responseMetadata: Metadata | undefined;
  trailers: Metadata | undefined;
  /** The handler has been given the request. */
  started: boolean;
  /** The call has ended before its handler did; nobody waits for an answer. */
  readonly over: boolean;
  readonly cancelReason: HeliographError | undefined;
  readonly requestCompression: Compression;
  compression: Compression;
  remainingMs(): number;
}

/** A handler's view of its call. Whatever costs something is made when it is first looked at. */
export class CallContext implements HandlerContext {
  readonly #call: CallState;
  #requestMetadata: Metadata | undefined;
  #values: ContextValues | undefined;

  constructor(call: CallState, values?: ContextValues, requestMetadata?: Metadata) {
    this.#call = call;
    this.#values = values;
    this.#requestMetadata = requestMetadata;
  }

  get method(): Method {
    return this.#call.method;
  }

  get signal(): AbortSignal {
    return this.#call.signal;
  }

  get peer(): Peer {
    return this.#call.peer;
  }

  get requestMetadata(): Metadata {
    const { metadataBuf, metadataRanges } = this.#call;
    this.#requestMetadata ??=
      metadataBuf === undefined ? new Metadata() : readMetadata(metadataBuf, metadataRanges);
    return this.#requestMetadata;
  }

  get responseMetadata(): Metadata {
    this.#call.responseMetadata ??= new Metadata();
    return this.#call.responseMetadata;
  }

  get trailers(): Metadata {
    this.#call.trailers ??= new Metadata();
    return this.#call.trailers;
  }

  get requestCompression(): Compression {
    return this.#call.requestCompression;
  }

  get compression(): Compression {
    return this.#call.compression;
  }

  set compression(compression: Compression) {
    this.#call.compression = checkCompression("ctx.compression", compression);
  }

  get values(): ContextValues {
    this.#values ??= new ContextValues();
    return this.#values;
  }

  get logger(): Logger {
    return this.#call.logger;
  }

  remainingMs(): number {
    return this.#call.remainingMs();
  }

  sleep(ms: number): Promise<void> {
    return sleep(this.#call.clock, ms, this.signal);
  }
}
