import type { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import { Dealer } from "zeromq";
import { CallError, CallResult, type ClientCase } from "../../gen/heliograph/conformance/v1/runner.js";
import { ConformanceResponse } from "../../gen/heliograph/conformance/v1/service.js";
import { Frame, FrameKind, Hello } from "../../gen/heliograph/wire/v1/wire.js";
import { within } from "../../support/within.js";
import { framesOf, ofCall, packetOf, pongFor } from "./raw-wire.js";

const CALL_ID = 1n;

/**
 * Makes a call by sending the frames of its case, whatever the rules say. After its END the server is pinged, so that
 * what comes too late is seen.
 */
export async function callRaw(request: ClientCase, timeoutMs: number): Promise<CallResult> {
  const routingId = randomBytes(16);
  routingId.writeUInt8(routingId.readUInt8(0) | 0x80, 0);
  const socket = new Dealer({
    linger: 0,
    routingId: routingId.toString("latin1"),
    reconnectInterval: 3_600_000,
  });
  try {
    socket.connect(request.endpoint);
    await socket.send(packetOf([hello, ...request.raw.map((frame) => ofCall(frame, CALL_ID))]));
    const reading = new RawCall(socket);
    await within(timeoutMs, `the server program to answer ${request.name}`, reading.read());
    return reading.result;
  } finally {
    socket.close();
  }
}

class RawCall {
  readonly result = CallResult.create();
  private readonly socket: Dealer;
  private ended = false;
  private over = false;

  constructor(socket: Dealer) {
    this.socket = socket;
  }

  /** Resolves when the call has ended and the ping after it was answered, or the session is over. */
  async read(): Promise<void> {
    while (!this.over) {
      const parts = (await this.socket.receive()) as Buffer[];
      const frames = framesOf(parts);
      if (frames.length === 0) {
        this.over = true;
        if (!this.ended) this.result.feedback.push("the server said goodbye before the call had ended");
      }
      for (const frame of frames) await this.take(frame);
    }
  }

  private async take(frame: Frame): Promise<void> {
    const { kind } = frame;
    if (kind === FrameKind.FRAME_KIND_GOAWAY) this.goaway(frame);
    else if (kind === FrameKind.FRAME_KIND_PONG) this.over = true;
    else if (kind === FrameKind.FRAME_KIND_PING) await this.socket.send(packetOf([pongFor(frame) ?? frame]));
    else if (frame.callId === CALL_ID && this.ended)
      this.result.feedback.push(`a frame of kind ${kind} after the end`);
    else if (kind === FrameKind.FRAME_KIND_MESSAGE) this.message(frame);
    else if (kind === FrameKind.FRAME_KIND_END) await this.end(frame);
  }

  private message(frame: Frame): void {
    this.result.metadata.push(...frame.metadata);
    if (frame.payload !== undefined) this.result.responses.push(ConformanceResponse.decode(frame.payload));
  }

  private async end(frame: Frame): Promise<void> {
    this.ended = true;
    this.message(frame);
    this.result.trailers = frame.trailers;
    this.fail(frame);
    await this.socket.send(packetOf([Frame.create({ kind: FrameKind.FRAME_KIND_PING, sequence: 1n })]));
  }

  private goaway(frame: Frame): void {
    if (frame.status === undefined) return;
    this.over = true;
    if (!this.ended) this.fail(frame);
  }

  private fail({ status, notProcessed }: Frame): void {
    if (status === undefined) return;
    this.result.error = CallError.create({ status, fromPeer: true, notProcessed });
  }
}

const hello = Frame.create({
  kind: FrameKind.FRAME_KIND_HELLO,
  hello: Hello.create({ versions: [1], node: "raw", instance: "raw", epoch: 1n, heartbeatMs: 7_500 }),
});
