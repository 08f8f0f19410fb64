import { describe, expect, test } from "vitest";
import { type Frame, Packet } from "../../src/gen/heliograph/wire/v1/wire.js";
import { Code } from "../../src/index.js";
import { FrameField, FrameKind } from "../../src/wire/frame.js";
import { writeHello } from "../../src/wire/handshake.js";
import { initialLimits } from "../../src/wire/limits.js";
import type { PacketWriter } from "../../src/wire/packet-writer.js";
import { Note } from "../gen/heliograph/test/v1/call.js";
import { frame, hello, packet, RawPeer } from "../support/raw-peer.js";
import { until } from "../support/within.js";
import {
  type CallHandlers,
  deferred,
  fired,
  harness,
  never,
  type ServerOptions,
  tcp,
} from "./rpc-harness.js";

const { serve: start, own } = harness(tcp);
const PATH = "heliograph.test.v1.CallService/Call";

/** A server, and a client that is written by hand. */
async function peers(handlers: CallHandlers, options?: ServerOptions) {
  const server = await start(handlers, options);
  const peer = new RawPeer(server.endpoint);
  own({ [Symbol.asyncDispose]: async () => peer.close() });
  const send = (write: (writer: PacketWriter) => void) => peer.send(packet(write));
  /** The next frames of one kind; pings and totals that come in between are skipped. */
  const next = async (kind: number): Promise<Frame> => {
    for (;;) {
      const [part] = await peer.socket.receive();
      const found = Packet.decode(part!).frames.find((each) => each.kind === kind);
      if (found !== undefined) return found;
    }
  };
  return { ...server, peer, send, next };
}

function request(writer: PacketWriter, id: number, more: (writer: PacketWriter) => void = () => {}): void {
  frame(writer, FrameKind.Request, id, () => {
    writer.text(FrameField.method, PATH);
    writer.number(FrameField.codec, 1);
    writer.flag(FrameField.endStream);
    writer.bytesField(FrameField.payload, Note.encode(Note.create({ number: BigInt(id) })).finish());
    more(writer);
  });
}

describe("a session that is spoken by hand", () => {
  test("is welcomed before the END of any call", async () => {
    const { send, peer } = await peers({ call: (note) => note });
    await send((writer) => {
      hello(writer);
      request(writer, 1);
    });
    const [part] = await peer.socket.receive();
    const kinds = Packet.decode(part!).frames.map(({ kind }) => kind);
    expect(kinds[0]).toBe(FrameKind.Welcome);
  });

  test("gets RESOURCE_EXHAUSTED, not processed, for what is above maxCalls", async () => {
    const { send, next } = await peers({ call: never }, { node: { limits: { maxCalls: 2 } } });
    await send((writer) => {
      hello(writer);
      for (let id = 1; id <= 3; id++) request(writer, id);
    });
    const end = await next(FrameKind.End);
    expect([Number(end.callId), end.status?.code, end.status?.reason, end.notProcessed]).toEqual([
      3,
      Code.ResourceExhausted,
      "TOO_MANY_CALLS",
      true,
    ]);
  });

  test("keeps its session when it makes many more calls than the server takes, before it can know", async () => {
    const free = deferred();
    const call = async (note: Note) => {
      await free.promise;
      return note;
    };
    const { send, next, peer } = await peers({ call }, { node: { limits: { maxCalls: 1 } } });
    await send((writer) => {
      hello(writer);
      for (let id = 1; id <= 8; id++) request(writer, id);
    });
    const ends: Frame[] = [];
    while (ends.length < 7) {
      const [part] = await peer.socket.receive();
      ends.push(...Packet.decode(part!).frames.filter(({ kind }) => kind === FrameKind.End));
    }
    expect(ends.map(({ callId }) => Number(callId))).toEqual([2, 3, 4, 5, 6, 7, 8]);
    for (const end of ends)
      expect(end).toMatchObject({ status: { reason: "TOO_MANY_CALLS" }, notProcessed: true });
    free.resolve();
    expect(await next(FrameKind.End)).toMatchObject({ callId: 1n, status: undefined });
    await send((writer) => request(writer, 9));
    expect(await next(FrameKind.End)).toMatchObject({ callId: 9n, status: undefined });
  });

  test.each<[string, number, string, (writer: PacketWriter) => void]>([
    [
      "a codec that isn't known",
      Code.Unimplemented,
      "CODEC_UNSUPPORTED",
      (writer) => writer.number(FrameField.codec, 9),
    ],
    [
      "a compression",
      Code.Unimplemented,
      "CODEC_UNSUPPORTED",
      (writer) => writer.number(FrameField.compression, 9),
    ],
    [
      "too much metadata",
      Code.ResourceExhausted,
      "MESSAGE_TOO_LARGE",
      (writer) => {
        for (let i = 0; i < 20; i++) {
          writer.bytesField(
            FrameField.metadata,
            Buffer.concat([Buffer.from([10, 1, 97, 18, 0x80, 8]), Buffer.alloc(1024, 97)]),
          );
        }
      },
    ],
    [
      "a method that isn't served",
      Code.Unimplemented,
      "METHOD_UNKNOWN",
      (writer) => writer.text(FrameField.method, "a.B/C"),
    ],
  ])("gets END for %s, not processed, and goes on", async (_what, code, reason, more) => {
    const { send, next } = await peers({ call: (note) => note });
    await send((writer) => {
      hello(writer);
      request(writer, 1, more);
    });
    const end = await next(FrameKind.End);
    expect([end.status?.code, end.status?.reason, end.notProcessed]).toEqual([code, reason, true]);
    await send((writer) => request(writer, 2));
    expect((await next(FrameKind.End)).status).toBeUndefined();
  });

  test("may send a unary REQUEST without a message: UNIMPLEMENTED; and bytes that are none", async () => {
    const { send, next } = await peers({ call: (note) => note });
    await send((writer) => {
      hello(writer);
      frame(writer, FrameKind.Request, 1, () => {
        writer.text(FrameField.method, PATH);
        writer.number(FrameField.codec, 1);
      });
    });
    expect((await next(FrameKind.End)).status?.code).toBe(Code.Unimplemented);
    await send((writer) =>
      frame(writer, FrameKind.Request, 2, () => {
        writer.text(FrameField.method, PATH);
        writer.number(FrameField.codec, 1);
        writer.bytesField(FrameField.payload, Buffer.from([0x0a, 9]));
      }),
    );
    expect((await next(FrameKind.End)).status?.reason).toBe("MALFORMED_MESSAGE");
  });

  test("may use a kind of frame that isn't known: END with UNIMPLEMENTED, or nothing without a call", async () => {
    const { send, next } = await peers({ call: (note) => note });
    await send((writer) => {
      hello(writer);
      frame(writer, 99, 0);
      frame(writer, 99, 5);
    });
    const end = await next(FrameKind.End);
    expect([Number(end.callId), end.status?.code, end.notProcessed]).toEqual([5, Code.Unimplemented, true]);
  });

  test("gets a PONG for a PING, with its number", async () => {
    const { send, next } = await peers({});
    await send((writer) => {
      hello(writer);
      frame(writer, FrameKind.Ping, 0, () => writer.number(FrameField.sequence, 42));
    });
    expect((await next(FrameKind.Pong)).sequence).toBe(42n);
  });

  test("may send CANCEL for a call that is over or never was", async () => {
    const { send, next } = await peers({ call: (note) => note });
    await send((writer) => {
      hello(writer);
      request(writer, 1);
      frame(writer, FrameKind.Cancel, 1);
      frame(writer, FrameKind.Cancel, 77);
      request(writer, 2);
    });
    expect(Number((await next(FrameKind.End)).callId)).toBe(1);
  });

  test("ends with GOAWAY of its own: handlers' signals fire", async () => {
    const entered = deferred<AbortSignal>();
    const { send } = await peers({
      call: (_note, ctx) => {
        entered.resolve(ctx.signal);
        return never();
      },
    });
    await send((writer) => {
      hello(writer);
      request(writer, 1);
    });
    const signal = await entered.promise;
    await send((writer) => frame(writer, FrameKind.Goaway, 0));
    expect(await fired(signal)).toMatchObject({ reason: "PEER_GONE" });
  });
});

describe("a session is ended", () => {
  const strange = (versions: number[]) => (writer: PacketWriter) =>
    frame(writer, FrameKind.Hello, 0, () =>
      writeHello(writer, {
        versions,
        node: "raw",
        instance: "x",
        epoch: 1,
        features: [],
        heartbeatMs: 1,
        limits: initialLimits,
      }),
    );

  test.each<[string, (writer: PacketWriter) => void, string]>([
    ["without HELLO", (writer) => request(writer, 1), "a session begins with HELLO"],
    [
      "for a HELLO without its body",
      (writer) => frame(writer, FrameKind.Hello, 0),
      "a session begins with HELLO",
    ],
    [
      "for versions of which none is spoken here",
      strange([2, 7]),
      "the peer speaks version 2, 7 of the protocol",
    ],
    [
      "for a second HELLO",
      (writer) => {
        hello(writer);
        hello(writer);
      },
      "a second HELLO",
    ],
    [
      "for a call id that is in flight",
      (writer) => {
        hello(writer);
        request(writer, 1);
        request(writer, 1);
      },
      "call id 1 is used twice",
    ],
    [
      "for a REQUEST without a method",
      (writer) => {
        hello(writer);
        frame(writer, FrameKind.Request, 1);
      },
      "REQUEST without a method",
    ],
    [
      "for an END of a client",
      (writer) => {
        hello(writer);
        frame(writer, FrameKind.End, 1);
      },
      "a client sent a frame of kind 8",
    ],
  ])("%s, and the server says why", async (_what, write, text) => {
    const { send, faults } = await peers({ call: never });
    await send(write);
    await until(20_000, "the fault", () => faults.length > 0);
    expect(faults[0]).toContain(text);
  });
});
