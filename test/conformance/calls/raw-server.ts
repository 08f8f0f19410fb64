import type { Buffer } from "node:buffer";
import { Router } from "zeromq";
import { ConformanceRequest } from "../../gen/heliograph/conformance/v1/service.js";
import { Frame, FrameKind, Welcome } from "../../gen/heliograph/wire/v1/wire.js";
import { framesOf, ofCall, packetOf, pongFor } from "./raw-wire.js";

/** A server that answers each call with the frames of its definition, and keeps to no rule. */
export class RawServer {
  private readonly socket = new Router({ linger: 0 });
  /** Calls that were answered, of all clients. */
  private readonly answered = new Set<string>();
  private serving: Promise<void> = Promise.resolve();

  /** Gives its endpoint. */
  async start(): Promise<string> {
    await this.socket.bind("tcp://127.0.0.1:*");
    this.serving = this.serve();
    return this.socket.lastEndpoint ?? "";
  }

  async close(): Promise<void> {
    this.socket.close();
    await this.serving;
  }

  private async serve(): Promise<void> {
    for await (const [routingId, ...parts] of this.socket) {
      if (routingId === undefined) continue;
      const answers = framesOf(parts).flatMap((frame) => this.answer(routingId, frame));
      if (answers.length > 0) await this.socket.send([routingId, packetOf(answers)]);
    }
  }

  private answer(routingId: Buffer, frame: Frame): Frame[] {
    if (frame.kind === FrameKind.FRAME_KIND_HELLO) return [welcome];
    const pong = pongFor(frame);
    if (pong !== undefined) return [pong];
    const call = `${routingId.toString("hex")}/${frame.callId}`;
    if (frame.payload === undefined || this.answered.has(call)) return [];
    this.answered.add(call);
    const { definition } = ConformanceRequest.decode(frame.payload);
    return definition?.raw.map((each) => ofCall(each, frame.callId)) ?? [];
  }
}

const welcome = Frame.create({
  kind: FrameKind.FRAME_KIND_WELCOME,
  welcome: Welcome.create({ version: 1, node: "raw", instance: "raw", epoch: 1n, heartbeatMs: 7_500 }),
});
