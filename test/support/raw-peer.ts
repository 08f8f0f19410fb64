import type { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import { Dealer } from "zeromq";
import { type Frame, FrameField, FrameKind } from "../../src/wire/frame.js";
import { writeHello } from "../../src/wire/handshake.js";
import { initialLimits, type Limits } from "../../src/wire/limits.js";
import { PacketReader } from "../../src/wire/packet-reader.js";
import { PacketWriter } from "../../src/wire/packet-writer.js";
import { EchoRequest } from "../gen/heliograph/test/v1/echo.js";

export const ECHO_PATH = "heliograph.test.v1.EchoService/Echo";

/** Frames in one packet, written by hand; `read` are the totals to claim. */
export function packet(write: (writer: PacketWriter) => void, read: [number, number] = [0, 0]): Buffer[] {
  const writer = new PacketWriter();
  write(writer);
  return writer.take(...read);
}

/** One frame: kind, call id, and what `fields` adds. */
export function frame(
  writer: PacketWriter,
  kind: number,
  callId: number,
  fields: (writer: PacketWriter) => void = () => {},
): void {
  writer.begin(kind, callId);
  fields(writer);
  writer.end();
}

export function hello(writer: PacketWriter, limits: Partial<Limits> = {}): void {
  frame(writer, FrameKind.Hello, 0, () =>
    writeHello(writer, {
      versions: [1],
      node: "raw",
      instance: "raw",
      epoch: 1,
      features: [],
      heartbeatMs: 1000,
      limits: { ...initialLimits, ...limits },
    }),
  );
}

export function echoRequest(writer: PacketWriter, callId: number, request: Partial<EchoRequest>): void {
  frame(writer, FrameKind.Request, callId, () => {
    writer.text(FrameField.method, ECHO_PATH);
    writer.number(FrameField.codec, 1);
    writer.flag(FrameField.endStream);
    writer.bytesField(FrameField.payload, EchoRequest.encode(EchoRequest.create(request)).finish());
  });
}

/** A DEALER that speaks the protocol by hand, as badly as the test wants. */
export class RawPeer {
  readonly socket: Dealer;

  constructor(
    endpoint: string,
    options: { readonly receiveHighWaterMark?: number; readonly sendHighWaterMark?: number } = {},
  ) {
    const routingId = randomBytes(16);
    routingId[0] = routingId[0]! | 0x80;
    this.socket = new Dealer({
      linger: 0,
      sendHighWaterMark: options.sendHighWaterMark ?? 1_000,
      sendTimeout: 2_000,
      receiveHighWaterMark: options.receiveHighWaterMark ?? 256,
      reconnectInterval: 3_600_000,
    });
    this.socket.connect(endpoint);
  }

  send(parts: readonly Uint8Array[]): Promise<void> {
    return this.socket.send([...parts]);
  }

  /** The next message, frame by frame as kind and call id. */
  async receive(): Promise<{ kind: number; callId: number; notProcessed: boolean }[]> {
    const parts = await this.socket.receive();
    if (parts.length === 1 && parts[0]!.length === 0) return [];
    const frames: { kind: number; callId: number; notProcessed: boolean }[] = [];
    new PacketReader().read(parts, {
      frame: ({ kind, callId, notProcessed }: Frame) => frames.push({ kind, callId, notProcessed }),
      totals: () => {},
    });
    return frames;
  }

  close(): void {
    this.socket.close();
  }
}
