import type { Buffer } from "node:buffer";
import type { HeliographError } from "../../core/error.js";
import type { Metadata } from "../../core/metadata.js";
import { type Compression, decompress } from "../../wire/compression.js";
import { messageTooLarge } from "../../wire/limits.js";
import { metadataBytes } from "../../wire/metadata-fields.js";
import type { Peer } from "../context.js";
import type { Postponable } from "../kept/lanes.js";
import type { Reply, ReplyWaiter } from "../kept/reply.js";
import type { ReplyEntry } from "../kept/reply-window.js";
import { tooManyLeft } from "../refusals.js";
import { badKey, idempotencyConflict, isReplyKey, payloadHash } from "../reply-key.js";
import { compressBytes, type EncodedPayload, encodeMessage } from "../session/payload.js";
import { type RequestFacts, ServerCall } from "./server-call.js";
import type { ServerShared } from "./server-shared.js";
import { ServerUnaryCall, type UnaryCallOwner } from "./server-unary-call.js";

/**
 * A unary call with an idempotency key: it waits for the one run of all calls with that key, which goes on when this
 * one's caller is gone (docs/spec/wire.md, "Idempotency").
 */
export class KeyedCall extends ServerCall implements ReplyWaiter {
  protected readonly owner: UnaryCallOwner;
  readonly requestCompression: Compression = "none";
  private readonly facts: RequestFacts;
  private readonly key: string;
  private run: KeyedRun | undefined;
  /** Until the run is found. */
  private payload: Buffer | undefined;
  private payloadCompression = 0;

  /** @throws HeliographError INVALID_ARGUMENT when the key can't be one */
  constructor(shared: ServerShared, owner: UnaryCallOwner, facts: RequestFacts, key: string) {
    if (!isReplyKey(key)) throw badKey(facts.route.path, key);
    super(shared, facts);
    this.owner = owner;
    this.facts = facts;
    this.key = key;
    this.route.group.attach();
  }

  start(payload: Buffer, start: number, end: number, compression: number): void {
    this.payload = payload.subarray(start, end);
    this.payloadCompression = compression;
    this.received(end - start);
    this.schedule();
    this.enter();
  }

  /** Finds the run, or begins it. */
  enter(): void {
    const { payload } = this;
    if (this.over || payload === undefined || this.owner.postpone(this)) return;
    this.payload = undefined;
    try {
      const { messageBytes } = this.shared.session.limits;
      const plain = decompress(this.payloadCompression, payload, messageBytes);
      if (plain instanceof Promise) {
        plain.then(
          (bytes) => this.find(payload, bytes),
          (error) => this.failed(error),
        );
      } else this.find(payload, plain);
    } catch (error) {
      this.failed(error);
    }
  }

  /** Its caller leaves so much unread that nothing should be started for it alone. */
  postpones(call: Postponable): boolean {
    return this.owner.postpone(call);
  }

  /** The run has ended. */
  give(reply: Reply): void {
    if (this.over) return;
    this.started = this.run?.call.started ?? true;
    this.responseMetadata = reply.responseMetadata;
    this.trailers = reply.trailers;
    if (reply.bytes === undefined || this.oneWay) this.end(reply, undefined);
    else {
      const compression = this.owner.compresses(this) ? this.compression : "none";
      const packed = compressBytes(reply.bytes, compression);
      if (packed instanceof Promise)
        packed.then(
          (payload) => this.end(reply, payload),
          (error) => this.unsendable(error),
        );
      else this.end(reply, packed);
    }
  }

  override cancel(reason: HeliographError): void {
    this.started = this.run?.call.started ?? false;
    super.cancel(reason);
  }

  override cancelledByCaller(reason: HeliographError): void {
    this.started = this.run?.call.started ?? false;
    this.run?.unwanted(this, reason);
    this.cancel(reason);
  }

  protected override finish(): void {
    this.payload = undefined;
    if (!this.over) this.route.group.detach();
    super.finish();
    this.run?.leave(this);
  }

  /** @param payload as it came; `bytes` is what it becomes, which may be far more, and is not kept */
  private find(payload: Buffer, bytes: Buffer): void {
    if (this.over) return;
    const { replies, path } = this.route;
    // The same bytes mean something else in another codec, in which an answer could not be read either.
    const hash = `${this.codec.id}:${payloadHash(bytes)}`;
    const entered = replies.enter(this.peer.instance, path, this.key, hash, this.shared.clock.now());
    switch (entered.kind) {
      case "conflict":
        this.cancel(idempotencyConflict(path, this.key));
        return;
      case "done":
        this.give(entered.reply);
        return;
      case "running":
        this.run = runOf(entered.entry);
        this.run?.join(this);
        return;
      case "new":
        if (this.route.group.refusal !== undefined) {
          replies.forget(entered.entry);
          this.cancel(this.route.group.refusal());
          return;
        }
        this.run = new KeyedRun(this.shared, this.facts, this.peer, entered.entry);
        this.run.join(this);
        this.run.begin(payload, this.payloadCompression);
    }
  }

  private end({ bytes, error }: Reply, payload: EncodedPayload | undefined): void {
    if (this.over) return;
    const limit = this.owner.messageLimit;
    try {
      if (error !== undefined) this.refuse(error);
      else if (bytes !== undefined && bytes.length > limit)
        throw messageTooLarge(bytes.length, limit, `${this.route.path}: the response`, false);
      else this.owner.answerEncoded(this, payload);
    } catch (unsendable) {
      this.unsendable(unsendable);
      return;
    }
    this.finish();
  }
}

const runs = new WeakMap<ReplyEntry<ReplyWaiter, Reply>, KeyedRun>();

function runOf(entry: ReplyEntry<ReplyWaiter, Reply>): KeyedRun | undefined {
  return runs.get(entry);
}

/** The one run of all calls with a key: it belongs to no session. */
class KeyedRun implements UnaryCallOwner {
  readonly peer: Peer;
  readonly call: ServerUnaryCall;
  private readonly shared: ServerShared;
  private readonly entry: ReplyEntry<ReplyWaiter, Reply>;

  constructor(shared: ServerShared, facts: RequestFacts, peer: Peer, entry: ReplyEntry<ReplyWaiter, Reply>) {
    this.shared = shared;
    this.peer = peer;
    this.entry = entry;
    this.call = new ServerUnaryCall(shared, this, { ...facts, oneWay: false, stats: undefined });
    runs.set(entry, this);
  }

  get messageLimit(): number {
    return Number.MAX_SAFE_INTEGER;
  }

  begin(payload: Buffer, compression: number): void {
    this.shared.detached.add(this.call);
    this.call.start(payload, 0, payload.length, compression);
  }

  join(call: KeyedCall): void {
    this.entry.waiters.add(call);
    this.shared.detached.rejoin(this.call);
    this.call.extend(call.deadline);
    // It may have waited for another caller to read.
    if (this.call.waiting) this.call.enter();
  }

  /** The call is over. When it was the last one, the run goes on alone, though not for ever. */
  leave(call: KeyedCall): void {
    this.entry.waiters.delete(call);
    // One that has just answered ends a moment later.
    if (this.call.over || !this.entry.running || this.entry.waiters.size > 0) return;
    const { clock, detached, session } = this.shared;
    const now = clock.now();
    const { windowMs } = this.call.route.replies;
    if (this.call.deadline === Number.POSITIVE_INFINITY) this.call.reschedule(now + windowMs);
    detached.leave(this.call, session.limits.maxCalls, tooManyLeft(this.call.route.path));
    // It may have waited for its caller to read, and not for a lane.
    if (this.call.waiting && now < this.call.deadline) this.call.enter();
  }

  /** A caller has cancelled its call. */
  unwanted(call: KeyedCall, reason: HeliographError): void {
    this.entry.waiters.delete(call);
    if (this.entry.waiters.size === 0) this.call.cancel(reason);
  }

  answer(call: ServerCall, message: unknown): void {
    const bytes = encodeMessage(call.codec, call.route.output, message);
    this.complete(call, { ...metadataOf(call), bytes, error: undefined }, bytes.length);
  }

  refuse(call: ServerCall, error: HeliographError): void {
    const reply = { ...metadataOf(call), bytes: undefined, error };
    // What did not run may run with the next call. What was stopped on its way may have had its effect.
    if (error.notProcessed) for (const waiter of call.route.replies.forget(this.entry)) waiter.give(reply);
    else this.complete(call, reply, error.rawMessage.length);
  }

  forget(call: ServerCall): void {
    this.shared.detached.delete(call);
  }

  answerEncoded(): void {}

  /** Each caller gets the answer as its own session compresses it. */
  compresses(): boolean {
    return false;
  }

  /** Nobody who waits for it reads what it has got already. */
  postpone(call: Postponable): boolean {
    const { waiters } = this.entry;
    for (const waiter of waiters) if (!waiter.postpones(call)) return false;
    return waiters.size > 0;
  }

  private complete(call: ServerCall, reply: Reply, bytes: number): void {
    const { replies } = call.route;
    const beside = sizeOf(reply.responseMetadata) + sizeOf(reply.trailers);
    const waiters = replies.complete(this.entry, reply, bytes + beside, this.shared.clock.now());
    for (const waiter of waiters) waiter.give(reply);
  }
}

function metadataOf(call: ServerCall): Pick<Reply, "responseMetadata" | "trailers"> {
  const { responseMetadata, trailers } = call;
  return { responseMetadata, trailers };
}

function sizeOf(metadata: Metadata | undefined): number {
  return metadata === undefined ? 0 : metadataBytes(metadata);
}
