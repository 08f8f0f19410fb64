import type { Buffer } from "node:buffer";
import { Code } from "../../core/code.js";
import { HeliographError } from "../../core/error.js";
import type { Compression } from "../../wire/compression.js";
import type { Resumable } from "../../wire/definition.js";
import { type Frame, FrameField } from "../../wire/frame.js";
import type { StreamCredit } from "../../wire/limits.js";
import type { PacketWriter } from "../../wire/packet-writer.js";
import { type RunAttachment, runKey, type StreamRun } from "../kept/resumable-runs.js";
import type { LoggedMessage } from "../kept/stream-log.js";
import type { AssemblyRoom } from "../session/assembly.js";
import { writeHeadMetadata } from "../session/call-metadata.js";
import { compressBytes, type EncodedPayload } from "../session/payload.js";
import type { OutgoingStream } from "../session/stream-output.js";
import { StreamSender, type StreamSenderHost } from "../stream/stream-sender.js";
import { ResumableRun } from "./resumable-run.js";
import { type RequestFacts, ServerCall, type ServerCallOwner } from "./server-call.js";
import type { ServerShared } from "./server-shared.js";

/** What a resumable stream needs of its session. */
export interface ResumableCallOwner extends ServerCallOwner {
  readonly messageLimit: number;
  /** Whether the peer can read what the call is to be compressed with. */
  compresses(call: ServerCall): boolean;
  /** Sends one message of many; returns its bytes. */
  sendEncoded(call: OutgoingStream, message: EncodedPayload): number;
  /** Sends END: all answers were sent. */
  endStream(call: ServerCall): void;
  /** Tells once the peer has taken all that it was sent so far; never, if the session ends before. */
  whenRead(read: () => void): void;
  /** See `StreamSenderHost.congested`. */
  congested(sender: StreamSender): boolean;
}

/** What REQUEST says of a resumable stream. */
export interface ResumeFacts {
  readonly streamId: string;
  /** The first sequence that the client has not seen; 0 when it has not asked for the stream before. */
  readonly next: number;
  /** What it takes at first. */
  readonly credit: StreamCredit;
}

/** A resumable stream on one session of its client: it sends from the log of the run, from where the client stopped. */
export class ResumableCall extends ServerCall implements StreamSenderHost, OutgoingStream, RunAttachment {
  protected readonly owner: ResumableCallOwner;
  readonly requestCompression: Compression = "none";
  private readonly facts: RequestFacts;
  private readonly resume: ResumeFacts;
  private readonly resumable: Resumable;
  private readonly room: AssemblyRoom;
  private readonly sender: StreamSender;
  private run: StreamRun | undefined;
  /** Of the message that was sent last; before the first, of the last that the client has. */
  private sequence: number;

  constructor(
    shared: ServerShared,
    owner: ResumableCallOwner,
    facts: RequestFacts,
    resumable: Resumable,
    resume: ResumeFacts,
    room: AssemblyRoom,
  ) {
    super(shared, facts);
    this.owner = owner;
    this.facts = facts;
    this.resumable = resumable;
    this.resume = resume;
    this.room = room;
    this.sender = new StreamSender(this, resume.credit);
    this.sequence = Math.max(0, resume.next - 1);
    // The client has had it with the first message.
    this.headWritten = this.sequence > 0;
    this.route.group.attach();
  }

  get path(): string {
    return this.route.path;
  }

  get messageLimit(): number {
    return this.owner.messageLimit;
  }

  start(payload: Buffer, start: number, end: number, compression: number): void {
    const { streams, group } = this.route;
    const { streamId, credit } = this.resume;
    this.received(end - start);
    const next = this.sequence + 1;
    const key = runKey(this.peer.instance, this.path, streamId);
    const known = streams.get(key);
    if (this.isGone(key, known, next)) {
      this.cancel(streamGone(this.path));
      return;
    }
    if (known === undefined && group.refusal !== undefined) {
      this.cancel(group.refusal());
      return;
    }
    this.schedule();
    if (known === undefined) {
      const { shared, facts, resumable, room } = this;
      const run = new ResumableRun(shared, facts, this.peer, key, resumable, credit, room);
      if (this.resume.next > 0) streams.begunLate(key);
      this.goOn(run, next);
      run.begin(payload, start, end, compression);
    } else this.goOn(known, next);
  }

  private isGone(key: string, run: StreamRun | undefined, next: number): boolean {
    const { streams } = this.route;
    // Who asks for the first time has no run yet: this REQUEST comes behind that of a later session.
    if (this.resume.next === 0) return run !== undefined || streams.wasGivenUp(key);
    return run === undefined ? next > 1 || streams.wasGivenUp(key) : !run.log.has(next);
  }

  private goOn(run: StreamRun, next: number): void {
    this.run = run;
    run.attach(this, next);
    void this.sender.run(run.log.read(next));
  }

  override granted(frame: Frame): void {
    this.sender.grant(frame.creditMessages, frame.creditBytes);
    // What was not sent can't have arrived.
    if (frame.sequence > 0) this.run?.acknowledge(Math.min(frame.sequence, this.sequence));
  }

  override transferred(): void {
    this.sender.transferred();
  }

  override cancelledByCaller(reason: HeliographError): void {
    const { run } = this;
    this.cancel(reason);
    run?.cancel(reason);
  }

  override cancel(reason: HeliographError): void {
    this.started = this.run !== undefined;
    super.cancel(reason);
  }

  replaced(): void {
    this.cancel(
      new HeliographError(
        Code.Cancelled,
        `${this.path}: the caller goes on with the stream in another call`,
        {
          reason: "CALL_CANCELLED",
        },
      ),
    );
  }

  // What the sender asks for.

  congested(sender: StreamSender): boolean {
    return this.owner.congested(sender);
  }

  send(message: unknown): number | Promise<number> {
    // The source is the log.
    const { sequence, bytes } = message as LoggedMessage;
    const compression = this.run?.call.compression ?? "none";
    this.compression = compression;
    this.sequence = sequence;
    const packed = compressBytes(bytes, this.owner.compresses(this) ? compression : "none");
    if (packed instanceof Promise) return packed.then((each) => this.sendPacked(each));
    return this.sendPacked(packed);
  }

  writeHead(writer: PacketWriter, metadataBytes: number): void {
    writer.number(FrameField.sequence, this.sequence);
    if (this.headWritten) return;
    writeHeadMetadata(writer, this.run?.call.responseMetadata, metadataBytes);
    this.headWritten = true;
  }

  sending(inChunks: boolean): void {
    this.sender.transferring = inChunks;
  }

  exhausted(): void {
    const { run } = this;
    this.responseMetadata = run?.call.responseMetadata;
    this.trailers = run?.call.trailers;
    const error = run?.outcome?.error;
    try {
      if (error === undefined) this.owner.endStream(this);
      else this.refuse(error);
    } catch (unsendable) {
      this.unsendable(unsendable);
      return;
    }
    this.finish();
    this.owner.whenRead(() => run?.release());
  }

  sourceFailed(error: unknown): void {
    this.unsendable(error);
  }

  protected override finish(): void {
    if (!this.over) this.route.group.detach();
    super.finish();
    this.sender.stop();
    this.run?.detach(this);
  }

  private sendPacked(message: EncodedPayload): number {
    const bytes = this.owner.sendEncoded(this, message);
    this.sent(bytes);
    return bytes;
  }
}

function streamGone(path: string): HeliographError {
  return new HeliographError(
    Code.DataLoss,
    `${path}: the stream is not there any more: its client was away for too long, or the server has lost it`,
    { reason: "STREAM_GONE" },
  );
}
