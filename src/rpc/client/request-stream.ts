import type { StreamCredit } from "../../wire/limits.js";
import type { PacketWriter } from "../../wire/packet-writer.js";
import type { PayloadCodec } from "../../wire/payload-codec.js";
import { requestCompression } from "../call-options.js";
import type { OutgoingStream } from "../session/stream-output.js";
import { KeptRequest, type KeptRequests } from "../stream/kept-requests.js";
import { StreamSender, type StreamSenderHost } from "../stream/stream-sender.js";
import type { StreamCall, StreamCallSession } from "./stream-call.js";

/** What a call sends of its requests in one session: all of them from the first one on. */
export class RequestStream implements StreamSenderHost, OutgoingStream {
  readonly id: number;
  readonly sender: StreamSender;
  private readonly call: StreamCall;
  private readonly session: StreamCallSession;
  private readonly requests: KeptRequests;
  private left = false;

  constructor(call: StreamCall, session: StreamCallSession, requests: KeptRequests, credit: StreamCredit) {
    this.id = call.id;
    this.call = call;
    this.session = session;
    this.requests = requests;
    this.sender = new StreamSender(this, credit);
  }

  get path(): string {
    return this.call.path;
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

  writeHead(_: PacketWriter): void {}

  sending(inChunks: boolean): void {
    this.sender.transferring = inChunks;
  }

  exhausted(): void {
    this.session.halfClose(this.call);
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
