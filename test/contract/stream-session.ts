import type { Buffer } from "node:buffer";
import { expect } from "vitest";
import { type Frame, Packet } from "../../src/gen/heliograph/wire/v1/wire.js";
import { FrameField, FrameKind } from "../../src/wire/frame.js";
import type { PacketWriter } from "../../src/wire/packet-writer.js";
import { Note } from "../gen/heliograph/test/v1/call.js";
import { frame, packet, RawPeer } from "../support/raw-peer.js";
import type { CallHandlers, Harness, ServerOptions } from "./rpc-harness.js";

export type Fields = (writer: PacketWriter) => void;

export const bytes = (number: number) => Note.encode(Note.create({ number: BigInt(number) })).finish();

/** A server, and a client that is written by hand. */
export async function peers({ serve, own }: Harness, handlers: CallHandlers, options?: ServerOptions) {
  const server = await serve({ call: (note) => note, ...handlers }, options);
  const peer = new RawPeer(server.endpoint);
  own({ [Symbol.asyncDispose]: async () => peer.close() });
  const send = (write: Fields) => peer.send(packet(write));
  const arrived: Frame[] = [];
  /** The next frame of one kind for a call; others are kept for later. */
  const next = async (kind: number, callId: number): Promise<Frame> => {
    for (;;) {
      const at = arrived.findIndex((each) => each.kind === kind && Number(each.callId) === callId);
      if (at >= 0) return arrived.splice(at, 1)[0]!;
      const [part, ...attachments] = await peer.socket.receive();
      for (const each of Packet.decode(part!).frames) {
        if (each.attached) each.payload = attachments.shift() as Buffer;
        arrived.push(each);
      }
    }
  };
  /** How a call ended. */
  const ended = async (callId: number) => {
    const { status, notProcessed } = await next(FrameKind.End, callId);
    return [status?.code ?? 0, status?.reason ?? "", notProcessed];
  };
  /** The session still serves. */
  const alive = async (callId: number) => {
    await send((writer) => request(writer, callId, "Call", one(callId)));
    expect((await next(FrameKind.End, callId)).status).toBeUndefined();
    expect(server.faults).toEqual([]);
  };
  return { ...server, peer, send, next, ended, alive, arrived };
}

export function request(writer: PacketWriter, id: number, method: string, more: Fields = () => {}): void {
  frame(writer, FrameKind.Request, id, () => {
    writer.text(FrameField.method, `heliograph.test.v1.CallService/${method}`);
    writer.number(FrameField.codec, 1);
    more(writer);
  });
}

/** The one request of a call. */
export const one =
  (number: number): Fields =>
  (writer) => {
    writer.flag(FrameField.endStream);
    writer.bytesField(FrameField.payload, bytes(number));
  };

export const message = (writer: PacketWriter, id: number, number: number, more: Fields = () => {}) =>
  frame(writer, FrameKind.Message, id, () => {
    writer.bytesField(FrameField.payload, bytes(number));
    more(writer);
  });

export const endOf = (writer: PacketWriter, id: number) =>
  frame(writer, FrameKind.Message, id, () => writer.flag(FrameField.endStream));

export const credit = (writer: PacketWriter, id: number, messages: number, size: number) =>
  frame(writer, FrameKind.Credit, id, () => {
    writer.number(FrameField.creditMessages, messages);
    writer.number(FrameField.creditBytes, size);
  });
