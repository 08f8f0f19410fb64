import type { Compression } from "../../wire/compression.js";
import type { Method } from "../../wire/definition.js";
import type { StreamCredit } from "../../wire/limits.js";
import type { PayloadCodec, PayloadType } from "../../wire/payload-codec.js";
import type { BoundMethod } from "../bound-method.js";
import { requestCompression } from "../call-options.js";
import type { EncodedPayload, PayloadKeeper } from "../session/payload.js";
import type { OutgoingStream } from "../session/stream-output.js";
import { StreamSender, type StreamSenderHost } from "../stream/stream-sender.js";
import type { TransportCallOptions } from "../transport.js";
import { KeptRequest, type KeptRequests } from "./kept-requests.js";

/** What the requests of a call need of the session that they are sent on. */
export interface RequestSession {
  /** Sends a request; returns its bytes. */
  sendRequest(
    call: OutgoingStream,
    type: PayloadType,
    message: unknown,
    compression: Compression,
    keeper: PayloadKeeper | undefined,
  ): number | Promise<number>;
  /** Sends one that another session has sent in vain; returns its bytes. */
  sendAgain(call: OutgoingStream, type: PayloadType, payload: EncodedPayload): number | Promise<number>;
  /** See `StreamSenderHost.congested`. */
  congested(sender: StreamSender): boolean;
}

/** The call whose requests are sent. */
export interface RequestStreamHost {
  readonly method: BoundMethod<Method>;
  readonly options: TransportCallOptions;
  readonly id: number;
  readonly done: boolean;
  /** One is being sent. */
  sentRequest(): void;
  /** All of them were sent. */
  sentAll(): void;
  /** Their source threw, or gave something that can't be sent. */
  requestsFailed(error: unknown): void;
}

/** What a call sends of its requests in one session: all of them from the first one on. */
export class RequestStream implements StreamSenderHost, OutgoingStream {
  readonly id: number;
  readonly sender: StreamSender;
  private readonly call: RequestStreamHost;
  private readonly session: RequestSession;
  private readonly requests: KeptRequests;
  private left = false;

  constructor(
    call: RequestStreamHost,
    session: RequestSession,
    requests: KeptRequests,
    credit: StreamCredit,
  ) {
    this.id = call.id;
    this.call = call;
    this.session = session;
    this.requests = requests;
    this.sender = new StreamSender(this, credit);
  }

  get path(): string {
    return this.call.method.path;
  }

  get codec(): PayloadCodec {
    return this.call.method.codec;
  }

  get over(): boolean {
    return this.left || this.call.done;
  }

  begin(): void {
    void this.sender.run(this.requests.read());
  }

  /** The call goes on in another session. */
  leave(): void {
    this.left = true;
    this.requests.pause();
    this.sender.stop();
  }

  congested(sender: StreamSender): boolean {
    return this.session.congested(sender);
  }

  send(given: unknown): number | Promise<number> {
    this.call.sentRequest();
    const { session, call, requests } = this;
    if (!(given instanceof KeptRequest)) return this.sendNew(given, undefined);
    if (given.payload !== undefined) return session.sendAgain(this, call.method.input, given.payload);
    return this.sendNew(given.message, requests.roomy ? given : undefined);
  }

  writeHead(): void {}

  sending(inChunks: boolean): void {
    this.sender.transferring = inChunks;
  }

  exhausted(): void {
    this.call.sentAll();
  }

  sourceFailed(error: unknown): void {
    if (!this.left) this.call.requestsFailed(error);
  }

  private sendNew(message: unknown, keeper: KeptRequest | undefined): number | Promise<number> {
    const { session, call } = this;
    const wanted = requestCompression(call.options.compression, message);
    return session.sendRequest(this, call.method.input, message, wanted, keeper);
  }
}
