import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { Frame } from "../../src/gen/heliograph/wire/v1/wire.js";
import { Code } from "../../src/index.js";
import { FrameField, FrameKind } from "../../src/wire/frame.js";
import type { PacketWriter } from "../../src/wire/packet-writer.js";
import { Note } from "../gen/heliograph/test/v1/call.js";
import { frame, hello } from "../support/raw-peer.js";
import {
  all,
  type CallHandlers,
  deferred,
  fired,
  harness,
  never,
  type ServerOptions,
  tcp,
} from "./rpc-harness.js";
import {
  bytes,
  peers as connected,
  credit,
  endOf,
  type Fields,
  message,
  one,
  request,
} from "./stream-session.js";

const here = harness(tcp);
const peers = (handlers: CallHandlers, options?: ServerOptions) => connected(here, handlers, options);

const violated = [Code.Internal, "PROTOCOL_VIOLATION", false];
const counts = {
  sum: async (requests: AsyncIterable<Note>) => Note.create({ number: BigInt((await all(requests)).length) }),
};
const answerOf = ({ payload }: Frame) => Number(Note.decode(payload!).number);

describe("a stream that is spoken by hand", () => {
  test("is served: requests, their end, and the answer", async () => {
    const { send, next } = await peers(counts);
    await send((writer) => {
      hello(writer);
      request(writer, 1, "Sum");
      message(writer, 1, 1);
      message(writer, 1, 2, (more) => more.flag(FrameField.endStream));
      request(writer, 2, "Sum", (more) => more.flag(FrameField.endStream));
      request(writer, 3, "Sum");
      endOf(writer, 3);
    });
    for (const [id, count] of [
      [1, 2],
      [2, 0],
      [3, 0],
    ] as const) {
      expect(answerOf(await next(FrameKind.End, id))).toBe(count);
    }
  });

  test("gets as many answers as it gave credit for, and not one more", async () => {
    let taken = 0;
    const { send, next, alive, arrived, ended } = await peers({
      *count() {
        while (taken < 10) yield Note.create({ number: BigInt(++taken) });
      },
    });
    const granted =
      (messages: number, size: number): Fields =>
      (writer) => {
        one(0)(writer);
        writer.number(FrameField.creditMessages, messages);
        writer.number(FrameField.creditBytes, size);
      };
    await send((writer) => {
      hello(writer);
      request(writer, 1, "Count", granted(2, 1_000));
    });
    await alive(2);
    expect(arrived.filter(({ kind }) => kind === FrameKind.Message)).toHaveLength(2);
    expect(taken).toBe(3);
    for (let n = 0; n < 2; n++) await next(FrameKind.Message, 1);
    // Bytes alone let nothing pass, nor do messages alone.
    await send((writer) => credit(writer, 1, 0, 1_000));
    await alive(3);
    expect(arrived).toHaveLength(1);
    await send((writer) => credit(writer, 1, 0xffffffff, Number.MAX_SAFE_INTEGER));
    await send((writer) => credit(writer, 1, 0xffffffff, Number.MAX_SAFE_INTEGER));
    for (let n = 3; n <= 10; n++) expect(answerOf(await next(FrameKind.Message, 1))).toBe(n);
    expect(await ended(1)).toEqual([0, "", false]);
  });

  test("gets none without credit, and its END all the same", async () => {
    const { send, ended, alive, arrived } = await peers({ count: () => [Note.create()], chat: () => [] });
    await send((writer) => {
      hello(writer);
      request(writer, 1, "Count", one(1));
      request(writer, 2, "Chat");
    });
    expect(await ended(2)).toEqual([0, "", false]);
    await alive(3);
    expect(arrived.filter(({ callId }) => callId === 1n)).toEqual([]);
    await send((writer) => frame(writer, FrameKind.Cancel, 1));
    expect(await ended(1)).toEqual([Code.Cancelled, "CALL_CANCELLED", false]);
  });

  test.each<[string, (writer: PacketWriter) => void]>([
    [
      "more messages than it has credit for",
      (writer) => {
        for (let n = 0; n < 17; n++) message(writer, 1, n);
      },
    ],
    [
      "more bytes than it has credit for",
      (writer) => {
        for (let n = 0; n < 6; n++)
          frame(writer, FrameKind.Message, 1, () =>
            writer.bytesField(
              FrameField.payload,
              Note.encode(Note.create({ data: new Uint8Array(15_000) })).finish(),
            ),
          );
      },
    ],
    [
      "a message after the end of its requests",
      (writer) => {
        message(writer, 1, 1);
        endOf(writer, 1);
        message(writer, 1, 2);
      },
    ],
    ["a message without a payload", (writer) => frame(writer, FrameKind.Message, 1)],
  ])("that sends %s is ended, and its session goes on", async (_what, violate) => {
    const entered = deferred<AbortSignal>();
    const { send, ended, alive } = await peers(
      {
        sum: (_requests, ctx) => {
          entered.resolve(ctx.signal);
          return never();
        },
      },
      { node: { limits: { streamCreditMessages: 16, streamCreditBytes: 65_536 } } },
    );
    await send((writer) => {
      hello(writer);
      request(writer, 1, "Sum");
      violate(writer);
      // Whatever follows is for a call that has ended.
      message(writer, 1, 3);
      credit(writer, 1, 5, 5);
      endOf(writer, 1);
      frame(writer, FrameKind.Cancel, 1);
    });
    expect(await ended(1)).toEqual(violated);
    expect(await fired(await entered.promise)).toMatchObject({ reason: "PROTOCOL_VIOLATION" });
    await alive(2);
  });

  test("may end its requests with a message in chunks, told by the first of them", async () => {
    const { send, next } = await peers(counts);
    const payload = bytes(7);
    await send((writer) => {
      hello(writer);
      request(writer, 1, "Sum");
      frame(writer, FrameKind.Message, 1, () => {
        writer.number(FrameField.payloadSize, payload.length);
        writer.flag(FrameField.more);
        writer.flag(FrameField.endStream);
      });
      frame(writer, FrameKind.Message, 1, () => {
        writer.flag(FrameField.more);
        writer.bytesField(FrameField.payload, payload.subarray(0, 1));
      });
      frame(writer, FrameKind.Message, 1, () => writer.bytesField(FrameField.payload, payload.subarray(1)));
    });
    expect(answerOf(await next(FrameKind.End, 1))).toBe(1);
  });

  test("may end its requests twice", async () => {
    const { send, next } = await peers(counts);
    await send((writer) => {
      hello(writer);
      request(writer, 1, "Sum");
      message(writer, 1, 1);
      endOf(writer, 1);
      endOf(writer, 1);
    });
    expect(answerOf(await next(FrameKind.End, 1))).toBe(1);
  });

  test.each<[string, string, Fields, (writer: PacketWriter) => void, unknown[]]>([
    [
      "a second message for a unary call",
      "Other",
      one(1),
      (writer) => message(writer, 1, 2),
      [Code.Unimplemented, "PROTOCOL_VIOLATION", false],
    ],
    [
      "requests for a call that takes one",
      "Count",
      one(1),
      (writer) => message(writer, 1, 2),
      [Code.Unimplemented, "PROTOCOL_VIOLATION", false],
    ],
    [
      "a request within REQUEST of a stream",
      "Sum",
      one(1),
      () => {},
      [Code.Unimplemented, "PROTOCOL_VIOLATION", true],
    ],
    [
      "no request at all",
      "Count",
      (writer) => writer.flag(FrameField.endStream),
      () => {},
      [Code.Unimplemented, "PROTOCOL_VIOLATION", true],
    ],
    [
      "what is no message",
      "Chat",
      () => {},
      (writer) =>
        frame(writer, FrameKind.Message, 1, () =>
          writer.bytesField(FrameField.payload, Buffer.from([0xff, 0xff])),
        ),
      [Code.Internal, "MALFORMED_MESSAGE", false],
    ],
    [
      "a message that is too large",
      "Chat",
      () => {},
      (writer) =>
        frame(writer, FrameKind.Message, 1, () => {
          writer.number(FrameField.payloadSize, 2 ** 40);
          writer.flag(FrameField.more);
        }),
      [Code.ResourceExhausted, "MESSAGE_TOO_LARGE", false],
    ],
    [
      "garbage for gzip",
      "Sum",
      () => {},
      (writer) => {
        message(writer, 1, 1);
        frame(writer, FrameKind.Message, 1, () => {
          writer.number(FrameField.compression, 1);
          writer.bytesField(FrameField.payload, randomBytes(2_000));
        });
        message(writer, 1, 2);
      },
      [Code.Internal, "MALFORMED_MESSAGE", false],
    ],
    [
      "a compression that isn't known",
      "Chat",
      () => {},
      (writer) =>
        frame(writer, FrameKind.Message, 1, () => {
          writer.number(FrameField.compression, 9);
          writer.bytesField(FrameField.payload, bytes(1));
        }),
      [Code.Unimplemented, "CODEC_UNSUPPORTED", false],
    ],
  ])("gets an error for %s, and its session goes on", async (_what, method, first, then, expected) => {
    const { send, ended, alive, errors } = await peers({
      other: never,
      count: () => ({ [Symbol.asyncIterator]: () => ({ next: never }) }),
      ...counts,
      chat: (requests) => requests,
    });
    await send((writer) => {
      hello(writer);
      request(writer, 1, method, first);
      then(writer);
      message(writer, 1, 7);
    });
    expect(await ended(1)).toEqual(expected);
    await alive(2);
    expect(errors).toEqual([]);
  });

  test("may be told of credit for calls of every kind, also for those that are over", async () => {
    const { send, alive, ended } = await peers({ ...counts, other: never });
    await send((writer) => {
      hello(writer);
      request(writer, 1, "Other", one(1));
      credit(writer, 1, 10, 10);
      request(writer, 2, "Sum", (more) => more.flag(FrameField.endStream));
      credit(writer, 2, 10, 10);
    });
    expect(await ended(2)).toEqual([0, "", false]);
    await send((writer) => {
      credit(writer, 2, 10, 10);
      message(writer, 2, 1);
      endOf(writer, 2);
    });
    await alive(3);
  });

  test("may be cancelled, or answered, in the middle of a message in chunks; what is left of it is ignored", async () => {
    const go = deferred();
    const { send, ended, alive } = await peers({
      sum: async () => {
        await go.promise;
        return Note.create();
      },
    });
    const chunk = (writer: PacketWriter, id: number, size: number, fields: Fields = () => {}) =>
      frame(writer, FrameKind.Message, id, () => {
        fields(writer);
        writer.flag(FrameField.more);
        writer.bytesField(FrameField.payload, Buffer.alloc(size));
      });
    await send((writer) => {
      hello(writer);
      for (const id of [1, 2]) {
        request(writer, id, "Sum");
        chunk(writer, id, 10, () => writer.number(FrameField.payloadSize, 100_000));
      }
      frame(writer, FrameKind.Cancel, 1);
    });
    expect((await ended(1))[0]).toBe(Code.Cancelled);
    go.resolve();
    expect(await ended(2)).toEqual([0, "", false]);
    await send((writer) => {
      for (const id of [1, 2]) {
        chunk(writer, id, 10);
        message(writer, id, 1);
      }
    });
    await alive(3);
  });

  test("vanishes: who waits for its requests hears of it", async () => {
    const reading = deferred<unknown>();
    const { send, peer, next } = await peers({
      sum: async (requests) => {
        await all(requests).catch((error) => reading.resolve(error));
        return Note.create();
      },
    });
    await send((writer) => {
      hello(writer);
      request(writer, 1, "Sum");
      for (let n = 0; n < 16; n++) message(writer, 1, n);
      request(writer, 2, "Call", one(1));
    });
    await next(FrameKind.End, 2);
    peer.close();
    expect(await reading.promise).toMatchObject({ code: Code.Cancelled, reason: "PEER_GONE" });
  });

  test("grants credit again and again to a server that can't send: nothing of it stays", async () => {
    const { send, alive, ended } = await peers({
      *count() {
        for (;;) yield Note.create();
      },
    });
    await send((writer) => {
      hello(writer);
      request(writer, 1, "Count", one(1));
    });
    for (let n = 0; n < 20; n++)
      await send((writer) => {
        for (let each = 0; each < 100; each++) credit(writer, 1, 0, 1);
      });
    await send((writer) => frame(writer, FrameKind.Cancel, 1));
    expect((await ended(1))[0]).toBe(Code.Cancelled);
    await alive(2);
  });
});
