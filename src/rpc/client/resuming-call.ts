import { randomUUID } from "node:crypto";
import { Code } from "../../core/code.js";
import { HeliographError, withFate } from "../../core/error.js";
import type { Resumable, ServerStreamMethod } from "../../wire/definition.js";
import { type Frame, FrameKind } from "../../wire/frame.js";
import type { StreamCredit } from "../../wire/limits.js";
import type { PacketWriter } from "../../wire/packet-writer.js";
import { writeResume } from "../../wire/resume.js";
import type { BoundMethod } from "../bound-method.js";
import { callCancelled } from "../call-options.js";
import type { AssemblyRoom } from "../session/assembly.js";
import type { AttemptGroup, TransportCallOptions } from "../transport.js";
import type { ClientCallOwner } from "./client-call.js";
import { StreamCall } from "./stream-call.js";

/** What a stream that resumes needs of the connection it belongs to. */
export interface ResumingCallOwner extends ClientCallOwner {
  /** Its session is over: true when it goes on with the next one. */
  resumes(call: ResumingCall): boolean;
}

/** A server stream that goes on with the next session when its own breaks, where it stopped. */
export class ResumingCall extends StreamCall {
  declare protected readonly owner: ResumingCallOwner;
  private readonly server: AttemptGroup = {};
  private readonly streamId = randomUUID();
  private readonly resumable: Resumable;
  /** The first sequence that has not arrived whole. */
  private nextSequence = 1;
  /** It may have begun on a session before. */
  private begunBefore = false;
  private headShown = false;
  /** The server has numbered none of its answers: it does not know that the stream is to be resumable. */
  private plain = false;
  private away = false;

  constructor(
    owner: ResumingCallOwner,
    method: BoundMethod<ServerStreamMethod>,
    resumable: Resumable,
    options: TransportCallOptions,
    timeoutMs: number,
    deadline: number,
    credit: StreamCredit,
    most: StreamCredit,
  ) {
    super(owner, method, options, timeoutMs, deadline, {
      // What was taken is reported while the server's window still has room.
      credit: within(credit, resumable),
      most: within(most, resumable),
      source: undefined,
      answer: undefined,
    });
    this.resumable = resumable;
  }

  override get group(): AttemptGroup {
    return this.server;
  }

  override get patienceMs(): number | undefined {
    return this.away ? this.resumable.retentionMs : undefined;
  }

  override get repeatable(): boolean {
    return !this.begunBefore && super.repeatable;
  }

  protected override get received(): number {
    return this.nextSequence - 1;
  }

  override writeFields(writer: PacketWriter): void {
    super.writeFields(writer);
    writeResume(writer, { streamId: this.streamId, next: this.begunBefore ? this.nextSequence : 0 });
  }

  override take(frame: Frame, messageBytes: number, room: AssemblyRoom): void {
    this.away = false;
    // It comes again when the message that it came with was cut in the middle.
    if (this.headShown) frame.metadata = undefined;
    else this.headShown = frame.metadata !== undefined;
    if (frame.kind !== FrameKind.Message || this.plain) {
      super.take(frame, messageBytes, room);
      return;
    }
    if (this.assembly === undefined && frame.sequence !== this.nextSequence) {
      if (frame.sequence === 0 && this.nextSequence === 1) this.plain = true;
      else {
        this.violated(`answer ${frame.sequence} came in place of ${this.nextSequence}`);
        return;
      }
    }
    // It has arrived before a reader that waits for it takes it, and lets the server send more.
    if (!this.plain && !frame.more) this.nextSequence++;
    super.take(frame, messageBytes, room);
    // The server counts what it keeps before compression: its window may be full when the credit is hardly used.
    if (this.compression !== 0 && !this.plain && !this.done && !frame.more)
      this.session?.credit(this, 0, 0, this.received);
  }

  override expire(): void {
    if (this.session !== undefined || !this.begunBefore) super.expire();
    else if (this.owner.clock.now() >= this.deadline) this.timedOut();
    else this.fail(notBack(this.path, this.resumable.retentionMs));
  }

  override aborted(reason: unknown): void {
    this.stop(callCancelled(this.path, reason, this.session === undefined && !this.begunBefore));
  }

  override lost(error: HeliographError): void {
    if (this.done) return;
    if (this.plain || error.code !== Code.Unavailable) {
      this.fail(error);
      return;
    }
    if (this.assembly !== undefined) this.inbox?.readmit(this.assembly.size);
    this.away = true;
    this.begunBefore = true;
    if (!this.owner.resumes(this)) this.fail(error);
  }

  protected override failed(error: HeliographError, atOnce: boolean): void {
    // Whatever keeps it from going on, it may have run before.
    super.failed(this.begunBefore && error.notProcessed ? withFate(error, false) : error, atOnce);
  }

  override instanceGone(): HeliographError {
    return new HeliographError(
      Code.DataLoss,
      `${this.path}: the server that the stream came from is gone, and what it had not sent with it`,
      { reason: "STREAM_GONE" },
    );
  }
}

function notBack(path: string, ms: number): HeliographError {
  return new HeliographError(
    Code.Unavailable,
    `${path}: the connection broke, and was not there again within the ${ms} ms that the server keeps the stream`,
    { reason: "CONNECTION_LOST" },
  );
}

function within({ messages, bytes }: StreamCredit, { windowMessages, windowBytes }: Resumable): StreamCredit {
  return { messages: Math.min(messages, windowMessages), bytes: Math.min(bytes, windowBytes) };
}
