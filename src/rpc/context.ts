import type { ContextValues } from "../core/context-values.js";
import type { Logger } from "../core/logger.js";
import type { Metadata } from "../core/metadata.js";
import type { Compression } from "../wire/compression.js";
import type { Method } from "../wire/definition.js";

/** Who is at the other end, as far as it said so. */
export interface Peer {
  /** Name of the peer's node; empty for a bare call, which names nobody. */
  readonly node: string;
  /** Which of the nodes of that name. */
  readonly instance: string;
}

/** What a handler gets beside its request. */
export interface HandlerContext {
  readonly method: Method;
  /** Fires when the caller cancels or vanishes, when the deadline has passed, or when the node is closed for good. */
  readonly signal: AbortSignal;
  readonly peer: Peer;
  /** What the caller sent along. */
  readonly requestMetadata: Metadata;
  /** Sent with the answer, or with the first of a stream; for the caller's `onHeader`. */
  readonly responseMetadata: Metadata;
  /** Sent with the answer or the error; for the caller's `onTrailer`. */
  readonly trailers: Metadata;
  /** How the request that was handed over last was compressed. */
  readonly requestCompression: Compression;
  /**
   * How the answers from here on are compressed, if the caller can undo it. It begins as the `compression` of
   * `ServeOptions`.
   */
  compression: Compression;
  readonly values: ContextValues;
  readonly logger: Logger;
  /** Milliseconds until the caller's deadline; `Infinity` when there is none. */
  remainingMs(): number;
  /** Waits; rejects as soon as `signal` fires. */
  sleep(ms: number): Promise<void>;
}
