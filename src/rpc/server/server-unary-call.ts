import type { Buffer } from "node:buffer";
import type { HeliographError } from "../../core/error.js";
import { isThenable } from "../../core/thenable.js";
import { type Compression, compressionName } from "../../wire/compression.js";
import type { Postponable, Runnable } from "../kept/lanes.js";
import { type EncodedPayload, encodeCompressed, readPayload } from "../session/payload.js";
import { CallContext } from "./call-context.js";
import { interceptedAnswer } from "./intercepted.js";
import { type RequestFacts, ServerCall, type ServerCallOwner } from "./server-call.js";
import type { ServerShared } from "./server-shared.js";

/** Where the answer of a unary call goes. */
export interface UnaryCallOwner extends ServerCallOwner {
  /**
   * Sends END with the answer.
   *
   * @throws HeliographError when it is no message of the method's type, or too large; nothing was sent then
   */
  answer(call: ServerCall, message: unknown): void;
  /** As `answer`, with one that is encoded, and perhaps compressed, already; `undefined` for END alone. */
  answerEncoded(call: ServerCall, answer: EncodedPayload | undefined): void;
  /** The largest message that the peer takes. */
  readonly messageLimit: number;
  /** Whether the peer can read what the call is to be compressed with. */
  compresses(call: ServerCall): boolean;
  /** True when the peer leaves so much unread that nothing should be started for it; the owner then enters the call again later. */
  postpone(call: Postponable): boolean;
}

/** A call with one request and one answer. It waits for a lane of its service. */
export class ServerUnaryCall extends ServerCall implements Runnable {
  protected readonly owner: UnaryCallOwner;
  requestCompression: Compression = "none";
  private inLane = false;
  /** It waits for a lane. */
  private inLine = false;
  /** Goes on without its session, which is over. */
  private alone = false;
  private payload: Buffer | undefined;
  private payloadStart = 0;
  private payloadEnd = 0;
  private payloadCompression = 0;

  constructor(shared: ServerShared, owner: UnaryCallOwner, facts: RequestFacts) {
    super(shared, facts);
    this.owner = owner;
  }

  override get requestBytes(): number {
    return this.payload === undefined ? 0 : this.payloadEnd - this.payloadStart;
  }

  /** It has its request, and no lane yet. */
  get waiting(): boolean {
    return this.payload !== undefined;
  }

  start(payload: Buffer, start: number, end: number, compression: number): void {
    this.payload = payload;
    this.payloadStart = start;
    this.payloadEnd = end;
    this.payloadCompression = compression;
    this.received(end - start);
    this.enter();
    this.schedule();
  }

  /** Runs as soon as there is a lane. */
  enter(): void {
    // Once is enough, however many callers ask for it.
    if (this.inLine) return;
    this.inLine = true;
    this.route.lanes.enter(this);
  }

  run(): boolean {
    this.inLine = false;
    const payload = this.payload;
    if (this.over || payload === undefined || (!this.alone && this.owner.postpone(this))) return false;
    this.payload = undefined;
    let result: unknown;
    try {
      const { codec, route } = this;
      const limit = this.shared.session.limits.messageBytes;
      const compression = this.payloadCompression;
      const request = readPayload(
        codec,
        route.input,
        compression,
        payload,
        this.payloadStart,
        this.payloadEnd,
        limit,
      );
      if (compression !== 0) this.requestCompression = compressionName(compression) ?? "none";
      result = request instanceof Promise ? request.then((read) => this.handle(read)) : this.handle(request);
      if (isThenable(result)) {
        result.then(
          (message) => this.answered(message),
          (error) => this.failed(error),
        );
        // A foreign promise may have called back already.
        this.inLane = !this.over;
        return this.inLane;
      }
    } catch (error) {
      this.failed(error);
      return false;
    }
    this.answered(result);
    return false;
  }

  /** Nobody waits for the answer of a one-way call, so it goes on; as many of them as one session may have. */
  override callerGone(reason: HeliographError): void {
    const { detached, session } = this.shared;
    const { waiting } = this;
    if (!this.oneWay || !(waiting || this.inLane) || detached.alone >= session.limits.maxCalls) {
      this.abandon(reason);
      return;
    }
    this.alone = true;
    detached.add(this);
    detached.leave(this, session.limits.maxCalls, reason);
    // It may have waited for its caller to read, and not for a lane.
    if (waiting) this.enter();
  }

  protected override finish(): void {
    super.finish();
    if (this.alone) this.shared.detached.delete(this);
    if (this.payload !== undefined) {
      this.payload = undefined;
      this.route.lanes.dropped();
    }
    if (this.inLane) {
      this.inLane = false;
      this.route.lanes.leave();
    }
  }

  private handle(request: unknown): unknown {
    if (this.over) throw this.cancelReason;
    if (this.route.interceptors.length > 0) return interceptedAnswer(this, this.route, request);
    this.started = true;
    return this.route.handler?.(request, new CallContext(this));
  }

  private answered(message: unknown): void {
    if (this.over) return;
    try {
      if (this.oneWay) this.endOneWay();
      else if (this.compression === "none" || !this.owner.compresses(this)) this.owner.answer(this, message);
      else {
        this.compressed(message);
        return;
      }
    } catch (error) {
      this.unsendable(error);
      return;
    }
    this.finish();
  }

  private endOneWay(): void {
    if (!this.alone) this.owner.answerEncoded(this, undefined);
  }

  private compressed(message: unknown): void {
    const { codec, route, compression, owner } = this;
    const packed = encodeCompressed(
      codec,
      route.output,
      message,
      compression,
      owner.messageLimit,
      route.path,
    );
    if (packed instanceof Promise) {
      packed.then(
        (answer) => this.answerPacked(answer),
        (error) => this.unsendable(error),
      );
    } else this.answerPacked(packed);
  }

  private answerPacked(answer: EncodedPayload): void {
    if (this.over) return;
    try {
      this.owner.answerEncoded(this, answer);
    } catch (error) {
      this.unsendable(error);
      return;
    }
    this.finish();
  }
}
