import type { Buffer } from "node:buffer";
import { Code } from "../../core/code.js";
import { Deadline } from "../../core/deadline-wheel.js";
import { HeliographError } from "../../core/error.js";
import type { Resumable } from "../../wire/definition.js";
import { firstCredit, messageTooLarge, type StreamCredit } from "../../wire/limits.js";
import type { Peer } from "../context.js";
import type { ResumableRuns, RunAttachment, StreamRun } from "../kept/resumable-runs.js";
import { StreamLog } from "../kept/stream-log.js";
import type { AssemblyRoom } from "../session/assembly.js";
import { encodeMessage } from "../session/payload.js";
import type { RequestFacts, ServerCall } from "./server-call.js";
import type { ServerShared } from "./server-shared.js";
import { ServerStreamCall, type StreamCallOwner } from "./server-stream-call.js";

/** The run of a resumable stream's handler: it belongs to no session, and writes into a log that sessions send from. */
export class ResumableRun extends Deadline implements StreamCallOwner, StreamRun {
  readonly peer: Peer;
  readonly call: ServerStreamCall;
  readonly log = new StreamLog();
  outcome: { readonly error: HeliographError | undefined } | undefined;
  private readonly shared: ServerShared;
  private readonly runs: ResumableRuns;
  private readonly key: string;
  private readonly retentionMs: number;
  private attachment: RunAttachment | undefined;

  /**
   * @param credit what the client takes at first: the handler may be as far ahead, even if its window is smaller; but
   *   what is kept for a client is not for it to choose
   */
  constructor(
    shared: ServerShared,
    facts: RequestFacts,
    peer: Peer,
    key: string,
    resumable: Resumable,
    credit: StreamCredit,
    room: AssemblyRoom,
  ) {
    super();
    this.shared = shared;
    this.peer = peer;
    this.key = key;
    this.runs = facts.route.streams;
    this.retentionMs = resumable.retentionMs;
    const most = firstCredit(shared.session.limits);
    const window = {
      messages: Math.max(resumable.windowMessages, Math.min(credit.messages, most.messages)),
      bytes: Math.max(resumable.windowBytes, Math.min(credit.bytes, most.bytes)),
    };
    this.call = new ServerStreamCall(shared, this, { ...facts, stats: undefined }, window, room);
    this.runs.add(key, this);
  }

  begin(payload: Buffer, start: number, end: number, compression: number): void {
    this.shared.detached.add(this.call);
    this.call.start(payload, start, end, compression);
  }

  /** Its client is here, and has everything before this sequence. */
  attach(attachment: RunAttachment, next: number): void {
    const { attachment: before } = this;
    this.attachment = attachment;
    // It is not away in between, when it might be given up for others.
    before?.replaced();
    this.shared.deadlines.remove(this);
    this.shared.detached.unwait(this);
    this.runs.attached(this.key);
    this.acknowledge(next - 1);
  }

  /** The attachment is over: its session broke, or the client was told the end. */
  detach(attachment: RunAttachment): void {
    if (this.attachment !== attachment) return;
    this.attachment = undefined;
    this.shared.deadlines.add(this, this.shared.clock.now() + this.retentionMs);
    this.runs.detached(this.key);
    this.shared.detached.wait(this);
  }

  acknowledge(sequence: number): void {
    const { messages, bytes } = this.log.acknowledge(sequence);
    if (messages > 0) this.call.credited(messages, bytes);
  }

  /** Its client wants no more of it. */
  cancel(reason: HeliographError): void {
    this.release();
    this.call.cancel(reason);
  }

  release(): void {
    this.drop();
    this.runs.delete(this.key);
  }

  override expire(): void {
    this.drop();
    this.runs.giveUp(this.key);
    this.call.cancel(
      new HeliographError(Code.Cancelled, "the caller did not come back to its stream in time", {
        reason: "PEER_GONE",
      }),
    );
  }

  // What the handler's call asks for.

  sendAnswer(call: ServerStreamCall, _type: unknown, message: unknown): number {
    const { codec, route } = call;
    const bytes = encodeMessage(codec, route.output, message);
    const limit = this.attachment?.messageLimit ?? this.shared.session.limits.messageBytes;
    if (bytes.length > limit)
      throw messageTooLarge(bytes.length, limit, `${route.path}: the response`, false);
    this.log.append(bytes);
    this.runs.logged(this.key, bytes.length);
    return bytes.length;
  }

  endStream(): void {
    this.ended(undefined);
  }

  refuse(_call: ServerCall, error: HeliographError): void {
    this.ended(error);
  }

  forget(): void {
    this.shared.detached.delete(this.call);
  }

  answer(): void {}
  credit(): void {}

  congested(): boolean {
    return false;
  }

  private ended(error: HeliographError | undefined): void {
    this.outcome = { error };
    this.log.end();
  }

  private drop(): void {
    this.attachment = undefined;
    this.shared.deadlines.remove(this);
    this.shared.detached.unwait(this);
  }
}
