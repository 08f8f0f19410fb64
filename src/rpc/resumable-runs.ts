import type { HeliographError } from "../core/error.js";
import type { Metadata } from "../core/metadata.js";
import type { Compression } from "../wire/compression.js";
import type { StreamLog } from "./stream-log.js";

/** The part of a run that is bound to a session of its client. */
export interface RunAttachment {
  /** The largest message that the client takes. */
  readonly messageLimit: number;
  /** The client has come back on another session. */
  replaced(): void;
}

/** A stream that goes on without its client for a while. */
export interface StreamRun {
  readonly log: StreamLog;
  /** How it has ended; undefined while it goes on. */
  readonly outcome: { readonly error: HeliographError | undefined } | undefined;
  /** What its handler has set. */
  readonly call: {
    readonly compression: Compression;
    readonly responseMetadata: Metadata | undefined;
    readonly trailers: Metadata | undefined;
  };
  /** Its client is here, and has everything before this sequence. */
  attach(attachment: RunAttachment, next: number): void;
  /** The attachment is over: its session broke, or the client was told the end. */
  detach(attachment: RunAttachment): void;
  /** The client has everything up to this sequence. */
  acknowledge(sequence: number): void;
  /** Its client wants no more of it. */
  cancel(reason: HeliographError): void;
  /** Ends it: its client did not come back in time, or too many are away. */
  expire(): void;
}

/** Streams that wait for their clients, at a time: the one that has waited longest goes first. */
const MAX_AWAY = 1024;

/** The resumable streams of one service, by who opened them and the id that it gave them. */
export class ResumableRuns {
  private readonly runs = new Map<string, StreamRun>();
  /** Those whose clients are away, in the order in which they went. */
  private readonly away = new Set<string>();

  get(key: string): StreamRun | undefined {
    return this.runs.get(key);
  }

  add(key: string, run: StreamRun): void {
    this.runs.set(key, run);
  }

  /** Its client is here. */
  attached(key: string): void {
    this.away.delete(key);
  }

  /** Its client is gone, or has been told that the stream has ended. */
  detached(key: string): void {
    if (!this.runs.has(key)) return;
    this.away.add(key);
    if (this.away.size <= MAX_AWAY) return;
    const [oldest] = this.away;
    if (oldest !== undefined) this.runs.get(oldest)?.expire();
  }

  delete(key: string): void {
    this.runs.delete(key);
    this.away.delete(key);
  }
}

/** One text for a stream of a client: no two have the same. */
export function runKey(principal: string, path: string, streamId: string): string {
  return `${principal.length},${path.length},${principal}${path}${streamId}`;
}
