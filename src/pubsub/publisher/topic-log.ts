import type { Clock } from "../../core/clock.js";
import type { Metadata } from "../../core/metadata.js";
import type { Topic } from "../../wire/definition.js";
import { MessageWriter } from "../../wire/message-writer.js";
import type { PayloadType } from "../../wire/payload-codec.js";
import { protobufCodec } from "../../wire/protobuf-codec.js";
import { beginRun, endRun, lastOf, type Run, RunTag } from "../run.js";
import type { SubjectState } from "./subject-state.js";
import { Subjects } from "./subjects.js";

/** A run that was published, and whose it is. */
export interface Published {
  readonly run: Run;
  readonly state: SubjectState;
}

/** A run to which messages may be added. */
interface OpenRun {
  readonly state: SubjectState;
  readonly sequence: number;
  readonly topicSequence: number;
  readonly sentAtUs: number;
  readonly expiresAt: number;
  readonly metadata: Metadata | undefined;
  /** Where in what was written since the last flush the run begins, its length is, and each of its messages ends. */
  readonly start: number;
  readonly at: number;
  readonly ends: number[];
  end: number;
}

/** How the history of a topic is bounded. */
export interface HistoryLimits {
  /** Messages kept of each subject. */
  readonly depth: number;
  readonly subjects: number;
}

/**
 * Numbers, encodes and keeps what is published to one topic. What is published one after another to one subject becomes
 * one run, until it is flushed. No I/O.
 */
export class TopicLog {
  readonly subjects: Subjects;
  /** Of the latest publication; 0 before the first. */
  topicSequence = 0;
  published = 0;
  publishedBytes = 0;
  private readonly clock: Clock;
  private readonly depth: number;
  private readonly type: PayloadType;
  private readonly writer = new MessageWriter();
  private closed: OpenRun[] = [];
  private open: OpenRun | undefined;
  private count = 0;

  constructor(topic: Topic, clock: Clock, limits: HistoryLimits) {
    this.subjects = new Subjects(topic, limits.subjects);
    this.clock = clock;
    this.depth = limits.depth;
    this.type = { message: topic.output, schema: topic.schema, role: "request" };
  }

  /** Bytes since the last flush. */
  get bytes(): number {
    return this.writer.pos - this.writer.origin;
  }

  /** Messages since the last flush. */
  get messages(): number {
    return this.count;
  }

  /**
   * Adds a message.
   *
   * @param message a whole one
   * @param ttlMs 0 for none
   * @param subject of a topic whose messages don't say it
   * @throws HeliographError INVALID_ARGUMENT, reason MALFORMED_MESSAGE, that names the field: nothing was published then
   */
  add(message: unknown, ttlMs: number, metadata: Metadata | undefined, subject?: string): void {
    const state = subject === undefined ? this.subjects.of(message) : this.subjects.named(subject);
    const { writer } = this;
    let run = this.open;
    if (
      run === undefined ||
      run.state !== state ||
      ttlMs > 0 ||
      metadata !== undefined ||
      run.metadata !== undefined ||
      run.expiresAt !== Number.POSITIVE_INFINITY
    ) {
      this.endOpen();
      run = this.begin(state, ttlMs, metadata);
    }
    const before = writer.pos - writer.origin;
    try {
      writer.uint32(RunTag.message).fork();
      protobufCodec.encode(this.type, message, writer);
      writer.join();
    } catch (error) {
      writer.rewind(run.ends.length === 0 ? run.start : before);
      throw error;
    }
    const end = writer.pos - writer.origin;
    run.end = end;
    if (run.ends.length === 0) run.ends.push(before - run.start);
    run.ends.push(end - run.start);
    this.open = run;
    this.count++;
    this.publishedBytes += end - before;
    state.topicSequence = ++this.topicSequence;
    state.sequence++;
  }

  /** What was added since the last flush. */
  flush(): Published[] {
    this.endOpen();
    const runs = this.closed;
    if (runs.length === 0) return [];
    this.closed = [];
    this.published += this.count;
    this.count = 0;
    const bytes = this.writer.take();
    const now = this.clock.now();
    return runs.map(({ state, start, end, sequence, topicSequence, sentAtUs, expiresAt, metadata, ends }) => {
      const run: Run = {
        subject: state.subject,
        sequence,
        topicSequence,
        sentAtUs,
        publishedAt: now,
        expiresAt,
        metadata,
        bytes: bytes.subarray(start, end),
        headless: false,
        ends,
      };
      state.publishedAt = now;
      if (this.depth > 0) this.keep(state, run);
      return { run, state };
    });
  }

  private begin(state: SubjectState, ttlMs: number, metadata: Metadata | undefined): OpenRun {
    const { writer, clock } = this;
    const start = writer.pos - writer.origin;
    const sentAtUs = clock.wallUs();
    const sequence = state.sequence + 1;
    const topicSequence = this.topicSequence + 1;
    const at = beginRun(writer, {
      subject: state.subject,
      sequence,
      topicSequence,
      dropped: 0,
      sentAtUs,
      ttlMs: 0,
      history: false,
      metadata,
    });
    const expiresAt = ttlMs > 0 ? clock.now() + ttlMs : Number.POSITIVE_INFINITY;
    return { state, sequence, topicSequence, sentAtUs, expiresAt, metadata, start, at, ends: [], end: start };
  }

  private endOpen(): void {
    const run = this.open;
    if (run === undefined) return;
    this.open = undefined;
    endRun(this.writer, run.at);
    this.closed.push(run);
  }

  /** The last messages of each subject, copied: the memory that a turn was written to is large. */
  private keep(state: SubjectState, run: Run): void {
    const kept = lastOf(run, this.depth);
    state.history.push(kept);
    state.kept += kept.ends.length - 1;
    while (state.kept > this.depth) {
      const oldest = state.history[0]!;
      const length = oldest.ends.length - 1;
      if (state.kept - length >= this.depth) {
        state.history.shift();
        state.kept -= length;
        continue;
      }
      const fewer = length - (state.kept - this.depth);
      state.history[0] = lastOf(oldest, fewer);
      state.kept = this.depth;
    }
  }
}
