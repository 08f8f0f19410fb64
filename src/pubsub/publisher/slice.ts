import type { Buffer } from "node:buffer";
import { MessageWriter } from "../../wire/message-writer.js";
import { beginRun, endRun, type Run } from "../run.js";
import type { SubjectState } from "./subject-state.js";

/** Messages of a run that one subscriber is to get: those from `from` on, before `to`. */
export interface Slice {
  readonly run: Run;
  readonly state: SubjectState;
  from: number;
  to: number;
  /** From before the subscription. */
  readonly history: boolean;
}

export function wholeOf(run: Run, state: SubjectState, history = false): Slice {
  return { run, state, from: 0, to: run.ends.length - 1, history };
}

/** How many messages it has. */
export function sliceLength({ from, to }: Slice): number {
  return to - from;
}

/** Bytes of its messages. */
export function sliceBytes({ run: { ends }, from, to }: Slice): number {
  return ends[to]! - ends[from]!;
}

/** The sequence of its first message. */
export function firstSequence({ run, from }: Slice): number {
  return run.sequence + from;
}

/** Writes slices as they travel. What it gives is never written to again. */
export class SliceEncoder {
  private readonly writer = new MessageWriter();

  /**
   * @param dropped publications of the subject before it that its subscriber has lost
   * @param now clock time
   */
  encode({ run, from, to, history }: Slice, dropped: number, now: number): Buffer {
    const timed = run.expiresAt !== Number.POSITIVE_INFINITY;
    const whole = from === 0 && to === run.ends.length - 1;
    if (whole && dropped === 0 && !history && !timed && !run.headless) return run.bytes;
    const { writer } = this;
    const at = beginRun(writer, {
      subject: run.subject,
      sequence: run.sequence + from,
      topicSequence: run.topicSequence + from,
      dropped,
      sentAtUs: run.sentAtUs,
      ttlMs: timed ? Math.max(1, Math.ceil(run.expiresAt - now)) : 0,
      history,
      metadata: run.metadata,
    });
    writer.raw(run.bytes.subarray(run.ends[from], run.ends[to]));
    endRun(writer, at);
    return writer.take();
  }

  /**
   * Tells of publications that were lost with none after them.
   *
   * @param sequence of the one that would be next
   * @param topicSequence of the last one that was lost
   */
  encodeLoss(subject: string, sequence: number, topicSequence: number, dropped: number): Buffer {
    const { writer } = this;
    const at = beginRun(writer, {
      subject,
      sequence,
      topicSequence,
      dropped,
      sentAtUs: 0,
      ttlMs: 0,
      history: false,
      metadata: undefined,
    });
    endRun(writer, at);
    return writer.take();
  }
}
