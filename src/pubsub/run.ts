import { Buffer } from "node:buffer";
import type { Metadata } from "../core/metadata.js";
import { MetadataEntry } from "../gen/heliograph/wire/v1/wire.js";
import type { MessageWriter } from "../wire/message-writer.js";

/** Fields of `heliograph.pubsub.v1.Run`, as tags. */
export const RunTag = {
  subject: 0x0a,
  sequence: 0x10,
  topicSequence: 0x18,
  dropped: 0x20,
  sentAtUs: 0x28,
  ttlMs: 0x30,
  history: 0x38,
  metadata: 0x42,
  message: 0x7a,
} as const;

/** `SubscribeResponse.runs`. */
export const RUNS = 0x0a;
/** A run's length is written when the run ends, over so many bytes: a varint may be padded. */
const LENGTH_BYTES = 5;

/** Publications of one subject, one after another, encoded once for all subscribers. */
export interface Run {
  readonly subject: string;
  /** Of the first message. */
  readonly sequence: number;
  readonly topicSequence: number;
  readonly sentAtUs: number;
  /** Clock time. */
  readonly publishedAt: number;
  /** Clock time from which its messages are of no use; infinite for none. */
  readonly expiresAt: number;
  readonly metadata: Metadata | undefined;
  /** The whole field of the response; of a run out of the history, which may have lost its beginning, only the messages. */
  readonly bytes: Buffer;
  readonly headless: boolean;
  /** Where in `bytes` the first message begins, and where each ends. */
  readonly ends: readonly number[];
}

/** What stands before the messages of a run. */
export interface RunHead {
  readonly subject: string;
  readonly sequence: number;
  readonly topicSequence: number;
  readonly dropped: number;
  readonly sentAtUs: number;
  /** 0 for none. */
  readonly ttlMs: number;
  readonly history: boolean;
  readonly metadata: Metadata | undefined;
}

/** The last messages of a run, in memory of their own. */
export function lastOf(run: Run, messages: number): Run {
  const from = Math.max(0, run.ends.length - 1 - messages);
  const start = run.ends[from]!;
  return {
    ...run,
    sequence: run.sequence + from,
    topicSequence: run.topicSequence + from,
    bytes: Buffer.from(run.bytes.subarray(start, run.ends.at(-1))),
    headless: true,
    ends: run.ends.slice(from).map((end) => end - start),
  };
}

/** Begins a run; what it returns is for `endRun`. */
export function beginRun(writer: MessageWriter, head: RunHead): number {
  writer.reserve(LENGTH_BYTES + 64);
  writer.uint32(RUNS);
  const at = writer.pos - writer.origin;
  writer.pos += LENGTH_BYTES;
  if (head.subject !== "") writer.uint32(RunTag.subject).string(head.subject);
  writer.uint32(RunTag.sequence).uint53(head.sequence);
  writer.uint32(RunTag.topicSequence).uint53(head.topicSequence);
  if (head.dropped > 0) writer.uint32(RunTag.dropped).uint53(head.dropped);
  writer.uint32(RunTag.sentAtUs).uint53(head.sentAtUs);
  if (head.ttlMs > 0) writer.uint32(RunTag.ttlMs).uint32(head.ttlMs);
  if (head.history) writer.uint32(RunTag.history).bool(true);
  for (const [key, value] of head.metadata ?? []) {
    writer.uint32(RunTag.metadata).fork();
    writer.message(MetadataEntry, { key, value: typeof value === "string" ? Buffer.from(value) : value });
    writer.join();
  }
  return at;
}

/** Ends the run whose length is at `at`. */
export function endRun(writer: MessageWriter, at: number): void {
  let pos = writer.origin + at;
  let length = writer.pos - pos - LENGTH_BYTES;
  const { buf } = writer;
  for (let byte = 1; byte < LENGTH_BYTES; byte++) {
    buf[pos++] = (length & 127) | 128;
    length >>>= 7;
  }
  buf[pos] = length;
}
