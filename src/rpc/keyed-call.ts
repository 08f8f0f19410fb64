import type { Buffer } from "node:buffer";
import { Code } from "../core/code.js";
import type { HeliographError } from "../core/error.js";
import { type Compression, decompress } from "../wire/compression.js";
import { messageTooLarge } from "../wire/limits.js";
import type { Peer } from "./context.js";
import { compressBytes, type EncodedPayload, encodeMessage } from "./payload.js";
import type { Reply, ReplyWaiter } from "./reply.js";
import { badKey, idempotencyConflict, isReplyKey, payloadHash } from "./reply-key.js";
import type { ReplyEntry } from "./reply-window.js";
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

  /** @throws HeliographError INVALID_ARGUMENT when the key can't be one */
  constructor(shared: ServerShared, owner: UnaryCallOwner, facts: RequestFacts, key: string) {
    if (!isReplyKey(key)) throw badKey(facts.route.path, key);
    super(shared, facts);
    this.owner = owner;
    this.facts = facts;
    this.key = key;
  }

  start(payload: Buffer, start: number, end: number, compression: number): void {
    this.schedule();
    try {
      const { messageBytes } = this.shared.session.limits;
      const plain = decompress(compression, payload.subarray(start, end), messageBytes);
      if (plain instanceof Promise) {
        plain.then(
          (bytes) => this.enter(bytes),
          (error) => this.failed(error),
        );
      } else this.enter(plain);
    } catch (error) {
      this.failed(error);
    }
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
    const { run } = this;
    this.cancel(reason);
    run?.unwanted(reason);
  }

  protected override finish(): void {
    this.run?.leave(this);
    super.finish();
  }

  private enter(bytes: Buffer): void {
    if (this.over) return;
    const { replies, path } = this.route;
    const entered = replies.enter(
      this.peer.instance,
      path,
      this.key,
      payloadHash(bytes),
      this.shared.clock.now(),
    );
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
        this.run = new KeyedRun(this.shared, this.facts, this.peer, entered.entry);
        this.run.join(this);
        this.run.begin(bytes);
    }
  }

  private end({ bytes, error }: Reply, payload: EncodedPayload | undefined): void {
    if (this.over) return;
    const limit = this.owner.messageLimit;
    try {
      if (error !== undefined) this.owner.refuse(this, error);
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
    this.call = new ServerUnaryCall(shared, this, { ...facts, oneWay: false });
    runs.set(entry, this);
  }

  get messageLimit(): number {
    return Number.MAX_SAFE_INTEGER;
  }

  begin(bytes: Buffer): void {
    this.shared.detached.add(this.call);
    this.call.start(bytes, 0, bytes.length, 0);
  }

  join(call: KeyedCall): void {
    this.entry.waiters.add(call);
    this.call.extend(call.deadline);
  }

  leave(call: KeyedCall): void {
    this.entry.waiters.delete(call);
  }

  /** A caller has cancelled its call. */
  unwanted(reason: HeliographError): void {
    if (this.entry.waiters.size === 0) this.call.cancel(reason);
  }

  answer(call: ServerCall, message: unknown): void {
    const bytes = encodeMessage(call.codec, call.route.output, message);
    this.complete(call, { ...metadataOf(call), bytes, error: undefined }, bytes.length);
  }

  refuse(call: ServerCall, error: HeliographError): void {
    const reply = { ...metadataOf(call), bytes: undefined, error };
    // What did not run, or was stopped when nobody wanted it any more, may run with the next call.
    if (error.notProcessed || call.cancelReason?.code === Code.Cancelled)
      for (const waiter of call.route.replies.forget(this.entry)) waiter.give(reply);
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

  postpone(): boolean {
    return false;
  }

  private complete(call: ServerCall, reply: Reply, bytes: number): void {
    const waiters = call.route.replies.complete(this.entry, reply, bytes, this.shared.clock.now());
    for (const waiter of waiters) waiter.give(reply);
  }
}

function metadataOf(call: ServerCall): Pick<Reply, "responseMetadata" | "trailers"> {
  const { responseMetadata, trailers } = call;
  return { responseMetadata, trailers };
}
