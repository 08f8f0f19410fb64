import type { HeliographError } from "../../core/error.js";
import type { Metadata } from "../../core/metadata.js";
import type { Compression } from "../../wire/compression.js";
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
  /** Its client has been told the end, and knows it. */
  release(): void;
  /** Ends it: its client did not come back in time, or too many are away. */
  expire(): void;
}

/** Resumable streams of one service, now. */
export interface ResumableStats {
  /** Those whose clients are here. */
  readonly attached: number;
  /** Those that wait for their clients, or whose clients may not know yet how they ended. */
  readonly away: number;
  /** Bytes of messages that are kept for clients that are away. */
  readonly awayBytes: number;
}

/** Streams that wait for their clients, at a time: the one that has waited longest goes first. */
const MAX_AWAY = 1024;
/** What they may keep in all. */
export const MAX_AWAY_BYTES = 64 * 1024 * 1024;
/** Names of streams that were given up. */
const MAX_GIVEN_UP = 4096;

/** The resumable streams of one service, by who opened them and the id that it gave them. */
export class ResumableRuns {
  private readonly runs = new Map<string, StreamRun>();
  /** Those whose clients are away, in the order in which they went. */
  private readonly away = new Map<string, StreamRun>();
  private awayBytes = 0;
  /**
   * Those that were given up before their clients had anything of them, and those that were begun late: a REQUEST that
   * comes behind must not run one twice.
   */
  private readonly givenUp = new Set<string>();

  get stats(): ResumableStats {
    const { away, awayBytes, runs } = this;
    return { attached: runs.size - away.size, away: away.size, awayBytes };
  }

  get(key: string): StreamRun | undefined {
    return this.runs.get(key);
  }

  /** It was here, and its client did not come back in time. */
  wasGivenUp(key: string): boolean {
    return this.givenUp.has(key);
  }

  add(key: string, run: StreamRun): void {
    this.runs.set(key, run);
  }

  /** Its client is here. */
  attached(key: string): void {
    const run = this.away.get(key);
    if (run === undefined) return;
    this.away.delete(key);
    this.awayBytes -= run.log.bytes;
  }

  /** Its client is gone, or has been told that the stream has ended. */
  detached(key: string): void {
    const run = this.runs.get(key);
    if (run === undefined || this.away.has(key)) return;
    this.away.set(key, run);
    this.awayBytes += run.log.bytes;
    this.bound();
  }

  /** Its log has grown. */
  logged(key: string, bytes: number): void {
    if (!this.away.has(key)) return;
    this.awayBytes += bytes;
    this.bound();
  }

  /** It is over, and its client knows how it ended or does not want to. */
  delete(key: string): void {
    this.attached(key);
    this.runs.delete(key);
  }

  /** It is over, and its client may still come. */
  giveUp(key: string): void {
    this.delete(key);
    this.begunLate(key);
  }

  /** It was begun by a later session than the first that asked for it, whose REQUEST may still come. */
  begunLate(key: string): void {
    this.givenUp.add(key);
    if (this.givenUp.size <= MAX_GIVEN_UP) return;
    const [oldest = ""] = this.givenUp;
    this.givenUp.delete(oldest);
  }

  private bound(): void {
    for (const run of this.away.values()) {
      if (this.away.size <= MAX_AWAY && this.awayBytes <= MAX_AWAY_BYTES) return;
      run.expire();
    }
  }
}

/** One text for a stream of a client: no two have the same. */
export function runKey(principal: string, path: string, streamId: string): string {
  return `${principal.length},${path.length},${principal}${path}${streamId}`;
}
