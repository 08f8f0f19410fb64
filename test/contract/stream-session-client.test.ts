import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { Router } from "zeromq";
import { type Frame, Packet } from "../../src/gen/heliograph/wire/v1/wire.js";
import {
  Code,
  type ConnectOptions,
  createClient,
  HeliographError,
  type LimitOptions,
} from "../../src/index.js";
import { fakeClock } from "../../src/testing/index.js";
import { FrameField, FrameKind } from "../../src/wire/frame.js";
import { writeWelcome } from "../../src/wire/handshake.js";
import { initialLimits } from "../../src/wire/limits.js";
import type { PacketWriter } from "../../src/wire/packet-writer.js";
import { writeStatus } from "../../src/wire/status.js";
import { Note } from "../gen/heliograph/test/v1/call.js";
import { CallService } from "../gen/heliograph/test/v1/call_heliograph.js";
import { frame, packet } from "../support/raw-peer.js";
import { failure, harness, never, tcp, untilError } from "./rpc-harness.js";

const { connect, own } = harness(tcp);
type Fields = (writer: PacketWriter) => void;

/** A client, and a server that is written by hand: it welcomes, and answers each REQUEST by `answer`. */
async function peers(
  answer: (writer: PacketWriter, id: number) => void,
  limits: LimitOptions = {},
  options: Partial<ConnectOptions> = {},
) {
  const router = new Router({ linger: 0, sendTimeout: 0 });
  await router.bind("tcp://127.0.0.1:*");
  const seen: Frame[] = [];
  let waiters: [(each: Frame) => boolean, (each: Frame) => void][] = [];
  let client: Buffer | undefined;
  const send = async (write: Fields) => {
    let frames = 0;
    const parts = packet((writer) => {
      write(writer);
      frames = writer.frames;
    });
    if (frames > 0) await router.send([client ?? Buffer.alloc(0), ...parts]);
  };
  const loop = async () => {
    for (;;) {
      const [id, part] = await router.receive();
      client = id as Buffer;
      const frames = part?.length ? Packet.decode(part).frames : [];
      for (const each of frames) {
        if (each.kind === FrameKind.Hello) await send(welcome);
        else if (each.kind === FrameKind.Request) await send((writer) => answer(writer, Number(each.callId)));
        seen.push(each);
        for (const [wanted, tell] of waiters) if (wanted(each)) tell(each);
      }
    }
  };
  const done = loop().catch(() => {});
  own({
    async [Symbol.asyncDispose]() {
      router.close();
      await done;
    },
  });
  /** The first frame of a kind for a call, as soon as it is here. */
  const heard = (kind: number, callId: number): Promise<Frame> => {
    const wanted = (each: Frame) => each.kind === kind && Number(each.callId) === callId;
    const found = seen.find(wanted);
    if (found !== undefined) return Promise.resolve(found);
    return new Promise((resolve) => {
      waiters = [...waiters, [wanted, resolve]];
    });
  };
  const connection = connect([router.lastEndpoint ?? ""], { limits, ...options });
  return { client: createClient(connection, CallService), send, heard, seen };
}

const welcome: Fields = (writer) =>
  frame(writer, FrameKind.Welcome, 0, () =>
    writeWelcome(
      writer,
      {
        versions: [1],
        node: "x",
        instance: "x",
        epoch: 1,
        features: ["gzip"],
        heartbeatMs: 1_000,
        limits: initialLimits,
      },
      1,
    ),
  );

const bytes = (number: number) => Note.encode(Note.create({ number: BigInt(number) })).finish();
const message = (writer: PacketWriter, id: number, number: number) =>
  frame(writer, FrameKind.Message, id, () => writer.bytesField(FrameField.payload, bytes(number)));
const end = (writer: PacketWriter, id: number, fields: Fields = () => {}) =>
  frame(writer, FrameKind.End, id, fields);
/** Answers every unary call, so that a test can see that the session goes on. */
const answered: Fields = (writer) => writer.bytesField(FrameField.payload, bytes(0));

const numbers = (notes: readonly Note[]) => notes.map(({ number }) => Number(number));
const LEAST = { streamCreditMessages: 16, streamCreditBytes: 65_536 };

describe("a stream of a server that is written by hand", () => {
  test.each<[string, (writer: PacketWriter, id: number) => void, number, Partial<HeliographError>]>([
    [
      "more messages than it has credit for",
      (writer, id) => {
        for (let n = 1; n <= 17; n++) message(writer, id, n);
      },
      16,
      { code: Code.Internal, reason: "PROTOCOL_VIOLATION" },
    ],
    [
      "a message without a payload",
      (writer, id) => {
        message(writer, id, 1);
        frame(writer, FrameKind.Message, id);
      },
      1,
      { code: Code.Internal, reason: "PROTOCOL_VIOLATION" },
    ],
    [
      "an end with a message",
      (writer, id) => {
        message(writer, id, 1);
        end(writer, id, answered);
      },
      1,
      { code: Code.Internal, reason: "PROTOCOL_VIOLATION" },
    ],
    [
      "what is no message",
      (writer, id) => {
        message(writer, id, 1);
        frame(writer, FrameKind.Message, id, () =>
          writer.bytesField(FrameField.payload, Buffer.from([0xff])),
        );
        message(writer, id, 2);
        end(writer, id);
      },
      1,
      { code: Code.Internal, reason: "MALFORMED_MESSAGE" },
    ],
    [
      "garbage for gzip, after a message that was compressed well",
      (writer, id) => {
        for (const payload of [
          gzipSync(bytes(1)),
          gzipSync(Note.encode(Note.create({ number: 2n, data: randomBytes(30_000) })).finish()),
          randomBytes(500),
        ]) {
          frame(writer, FrameKind.Message, id, () => {
            writer.number(FrameField.compression, 1);
            writer.bytesField(FrameField.payload, payload);
          });
        }
        message(writer, id, 3);
        end(writer, id);
      },
      2,
      { code: Code.Internal, reason: "MALFORMED_MESSAGE" },
    ],
    [
      "a message that is too large",
      (writer, id) => {
        message(writer, id, 1);
        frame(writer, FrameKind.Message, id, () => {
          writer.number(FrameField.payloadSize, 2 ** 40);
          writer.flag(FrameField.more);
        });
      },
      1,
      { code: Code.ResourceExhausted, reason: "MESSAGE_TOO_LARGE" },
    ],
  ])(
    "that sends %s ends after what came before, and its session goes on",
    async (_what, answer, count, expected) => {
      const { client, heard } = await peers((writer, id) => {
        if (id === 1) answer(writer, id);
        else end(writer, id, answered);
      }, LEAST);
      const stream = client.count({});
      const first = await stream.next();
      // All of the answer is here.
      await client.call({});
      const [rest, error] = await untilError(stream);
      expect(numbers([first.value as Note, ...rest])).toEqual(Array.from({ length: count }, (_, n) => n + 1));
      expect(error).toMatchObject({ ...expected, origin: "local" });
      expect(await stream.next()).toEqual({ done: true, value: undefined });
      await client.call({});
      // But for what the END was in the packet of.
      if (count === 16) await heard(FrameKind.Cancel, 1);
    },
  );

  test("ignores what comes after its end, and frames for calls that have ended", async () => {
    const { client } = await peers((writer, id) => {
      if (id > 1) end(writer, id, answered);
      else {
        message(writer, id, 1);
        end(writer, id);
      }
      message(writer, 1, 2);
      frame(writer, FrameKind.Credit, 1, () => writer.number(FrameField.creditMessages, 5));
      end(writer, 1);
    });
    const stream = client.count({});
    expect((await stream.next()).value?.number).toBe(1n);
    expect((await stream.next()).done).toBe(true);
    for (let n = 0; n < 2; n++) await client.call({});
  });

  test("in chunks that an END interrupts hands over what was whole", async () => {
    const { client } = await peers((writer, id) => {
      message(writer, id, 1);
      frame(writer, FrameKind.Message, id, () => {
        writer.number(FrameField.payloadSize, 300_000);
        writer.flag(FrameField.more);
        writer.bytesField(FrameField.payload, Buffer.alloc(10));
      });
      end(writer, id, () => writeStatus(writer, new HeliographError(Code.Aborted, "no more")));
    });
    const [messages, error] = await untilError(client.count({}));
    expect(numbers(messages)).toEqual([1]);
    expect(error).toMatchObject({ code: Code.Aborted, origin: "peer" });
  });

  test("may be sent for a unary call, or a stream of requests: that is the end of the call", async () => {
    const { client } = await peers((writer, id) => {
      if (id < 3) message(writer, id, 1);
      else end(writer, id, answered);
    });
    for (const error of await Promise.all([failure(client.call({})), failure(client.sum([]))])) {
      expect(error).toMatchObject({ reason: "PROTOCOL_VIOLATION", origin: "local" });
    }
    await client.call({});
  });

  test("says what it was granted first, and gives that back as it is taken", async () => {
    const { client, heard, seen } = await peers((writer, id) => {
      for (let n = 0; n < 8; n++) message(writer, id, n);
    }, LEAST);
    const stream = client.count({});
    await stream.next();
    const request = await heard(FrameKind.Request, 1);
    expect([request.creditMessages, Number(request.creditBytes)]).toEqual([16, 65_536]);
    for (let n = 0; n < 3; n++) await stream.next();
    const back = await heard(FrameKind.Credit, 1);
    expect(back.creditMessages).toBe(4);
    expect(seen.filter(({ kind, callId }) => kind === FrameKind.Credit && callId === 1n)).toHaveLength(1);
    await stream.return();
    await heard(FrameKind.Cancel, 1);
  });

  test("sends no more requests than the server gave credit for", async () => {
    let taken = 0;
    const { client, heard, seen, send } = await peers((writer, id) => {
      if (id > 1) end(writer, id, answered);
    });
    function* requests() {
      while (taken < 30) yield { number: BigInt(++taken) };
    }
    const sum = client.sum(requests());
    const sent = () => seen.filter(({ kind }) => kind === FrameKind.Message).length;
    for (let n = 0; n < 3; n++) await client.call({});
    expect([sent(), taken]).toEqual([16, 17]);
    const credit = (messages: number, size: number) =>
      send((writer) =>
        frame(writer, FrameKind.Credit, 1, () => {
          writer.number(FrameField.creditMessages, messages);
          writer.number(FrameField.creditBytes, size);
        }),
      );
    await credit(2, 0);
    for (let n = 0; n < 3; n++) await client.call({});
    expect([sent(), taken]).toEqual([18, 19]);
    await credit(0xffffffff, Number.MAX_SAFE_INTEGER);
    await credit(0xffffffff, Number.MAX_SAFE_INTEGER);
    for (let n = 0; n < 3; n++) await client.call({});
    // All, and one that only says that they have ended.
    expect([sent(), taken]).toEqual([31, 30]);
    await send((writer) => end(writer, 1, answered));
    await sum;
    await heard(FrameKind.Request, 2);
  });

  test("is not idle while a large request leaves, however slowly the server reads", async () => {
    const clock = fakeClock();
    const { client, heard, send } = await peers(
      (writer, id) => {
        if (id === 2) end(writer, id, answered);
      },
      {},
      { clock },
    );
    const sum = client.sum([{ data: new Uint8Array(3_000_000) }], {
      timeoutMs: 60_000,
      idleTimeoutMs: 1_000,
    });
    await heard(FrameKind.Message, 1);
    await client.call({});
    // The server never says what it has read, so half of the window is as far as it gets.
    for (let n = 0; n < 6; n++) clock.advance(900);
    await send((writer) => end(writer, 1, answered));
    expect(await sum).toMatchObject({ number: 0n });
  });

  test.each<[string, (writer: PacketWriter) => void]>([
    ["messages", (writer) => message(writer, 99, 1)],
    [
      "credit",
      (writer) => frame(writer, FrameKind.Credit, 99, () => writer.number(FrameField.creditMessages, 1)),
    ],
    ["an end", (writer) => end(writer, 99)],
  ])("is lost with its session when that gets %s of a call that was never made", async (_what, write) => {
    const { client } = await peers((writer, id) => {
      message(writer, id, 1);
      write(writer);
    });
    async function* requests() {
      yield {};
      await never();
    }
    const chat = client.chat(requests());
    const [messages, error] = await untilError(chat);
    expect(numbers(messages)).toEqual([1]);
    expect(error).toMatchObject({ code: Code.Unavailable, reason: "CONNECTION_LOST" });
  });
});
