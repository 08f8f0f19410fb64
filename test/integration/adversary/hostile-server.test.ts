import { Buffer } from "node:buffer";
import { afterEach, describe, expect, test } from "vitest";
import { Router } from "zeromq";
import { Code, HeliographError } from "../../../src/index.js";
import { FrameField, FrameKind } from "../../../src/wire/frame.js";
import { writeGoaway, writeWelcome } from "../../../src/wire/handshake.js";
import { initialLimits } from "../../../src/wire/limits.js";
import type { PacketWriter } from "../../../src/wire/packet-writer.js";
import { echoClient } from "../../support/echo-client.js";
import { Garbage } from "../../support/garbage.js";
import { Random } from "../../support/random.js";
import { frame, packet } from "../../support/raw-peer.js";
import { scaled } from "../../support/soak.js";
import { within } from "../../support/within.js";

const SEED = Number(process.env["HELIOGRAPH_SEED"] ?? 4_711);
const MIB = 1024 * 1024;
const MESSAGES = scaled(2_000, 20_000);
const CLIENTS = 12;

const open: AsyncDisposable[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each[Symbol.asyncDispose]()));
});

function connect(endpoint: string, options: Parameters<typeof echoClient>[1] = {}) {
  const { connection, client } = echoClient(endpoint, options);
  open.push(connection);
  return client;
}

/** A ROUTER that answers each message by `answer`, which sends what it likes. */
async function hostileServer(
  answer: (send: (parts: Buffer[]) => Promise<void>, id: string) => Promise<void>,
) {
  const router = new Router({ linger: 0, sendTimeout: 0 });
  await router.bind("tcp://127.0.0.1:*");
  const done = (async () => {
    for (;;) {
      const [id] = await router.receive();
      // A client that is gone takes nothing any more.
      await answer((parts) => router.send([id!, ...parts]).catch(() => {}), id!.toString("hex"));
    }
  })().catch(() => {});
  open.push({
    async [Symbol.asyncDispose]() {
      router.close();
      await done;
    },
  });
  return router.lastEndpoint ?? "";
}

function welcome(writer: PacketWriter): void {
  frame(writer, FrameKind.Welcome, 0, () =>
    writeWelcome(
      writer,
      {
        versions: [1],
        node: "x",
        instance: "x",
        epoch: 1,
        features: [],
        heartbeatMs: 1000,
        limits: initialLimits,
      },
      1,
    ),
  );
}

const end = (writer: PacketWriter, callId: number, fields?: (writer: PacketWriter) => void) =>
  frame(writer, FrameKind.End, callId, fields);

describe("a client of a server that", () => {
  const answers: [string, (writer: PacketWriter) => void, Partial<HeliographError>][] = [
    [
      "ends calls that were never made",
      (w) => end(w, 99),
      { code: Code.Unavailable, reason: "CONNECTION_LOST" },
    ],
    [
      "is another client after all",
      (w) => frame(w, FrameKind.Hello, 0),
      { code: Code.Unavailable, reason: "CONNECTION_LOST", notProcessed: false },
    ],
    ["answers OK without a message", (w) => end(w, 1), { code: Code.Unimplemented }],
    [
      "answers what is no message of the type",
      (w) => end(w, 1, () => w.bytesField(FrameField.payload, Buffer.from([0xff, 0xff]))),
      { code: Code.Internal },
    ],
    [
      "announces an answer over the limit",
      (w) =>
        end(w, 1, () => {
          w.number(FrameField.payloadSize, 2 ** 40);
          w.flag(FrameField.more);
        }),
      { code: Code.ResourceExhausted, reason: "MESSAGE_TOO_LARGE" },
    ],
    [
      "sends more than it announced",
      (w) => {
        end(w, 1, () => {
          w.number(FrameField.payloadSize, 4);
          w.flag(FrameField.more);
        });
        end(w, 1, () => w.bytesField(FrameField.payload, Buffer.alloc(5)));
      },
      { code: Code.Unavailable },
    ],
    ["welcomes twice", welcome, { code: Code.Unavailable }],
    [
      "has a status that is none",
      (w) => end(w, 1, () => w.bytesField(FrameField.status, Buffer.from([0x08, 77]))),
      { code: Code.Unavailable },
    ],
    [
      "goes away because of a fault",
      (w) =>
        frame(w, FrameKind.Goaway, 0, () =>
          writeGoaway(
            w,
            0,
            0,
            new HeliographError(Code.Internal, "no more", { reason: "PROTOCOL_VIOLATION" }),
          ),
        ),
      { notProcessed: true },
    ],
  ];

  test.each(answers)("%s gets a clear error", async (_what, write, expected) => {
    const endpoint = await hostileServer((send) =>
      send(
        packet((writer) => {
          welcome(writer);
          write(writer);
        }),
      ),
    );
    const error = await within(
      3_000,
      "the call to end",
      connect(endpoint)
        .echo({})
        .catch((thrown) => thrown),
    );
    expect(error).toBeInstanceOf(HeliographError);
    expect(error).toMatchObject(expected);
  });

  test("is another client, as when a dial meets itself, has nobody to call", async () => {
    const endpoint = await hostileServer((send) =>
      send(packet((writer) => frame(writer, FrameKind.Hello, 0))),
    );
    const call = connect(endpoint).echo({});
    await expect(within(20_000, "the call to end", call)).rejects.toMatchObject({
      code: Code.Unavailable,
      reason: "NO_INSTANCE",
      notProcessed: true,
    });
  });

  test("announces 64 MiB for each of many calls gets memory for four of them", async () => {
    const seen = new Set<string>();
    const endpoint = await hostileServer(async (send, id) => {
      if (seen.has(id)) return;
      seen.add(id);
      await send(packet(welcome));
      await send(
        packet((writer) => {
          for (let id = 1; id <= 50; id++) {
            end(writer, id, () => {
              writer.number(FrameField.payloadSize, 64 * MIB);
              writer.flag(FrameField.more);
              writer.bytesField(FrameField.payload, Buffer.alloc(1));
            });
          }
        }),
      );
    });
    const client = connect(endpoint);
    const ends = await Promise.all(
      Array.from({ length: 50 }, () => client.echo({}, { timeoutMs: 1_000 }).catch((error) => error)),
    );
    const codes = ends.map(({ code }) => code as Code);
    expect(codes.filter((code) => code === Code.DeadlineExceeded).length).toBe(4);
    expect(codes.filter((code) => code === Code.ResourceExhausted).length).toBe(46);
  });

  test("sends garbage fails its calls with errors, and goes on", async () => {
    const random = new Random(SEED);
    let sent = 0;
    const endpoint = await hostileServer(async (send) => {
      const garbage = new Garbage(random);
      if (random.chance(0.8)) await send(packet(welcome));
      for (let n = random.below(30); n >= 0; n--, sent++) {
        if (random.chance(0.6)) await send(garbage.next());
        else await send(packet((writer) => end(writer, random.below(8), () => odd(random, writer))));
      }
    });
    const ends: Record<string, number> = {};
    await Promise.all(
      Array.from({ length: CLIENTS }, async () => {
        const client = connect(endpoint, { connectTimeoutMs: 200, backoff: { initialMs: 20, maxMs: 20 } });
        while (sent < MESSAGES) {
          const calls = Array.from({ length: 5 }, () => client.echo({ text: "?" }, { timeoutMs: 500 }));
          const settled = await within(20_000, "the calls to end", Promise.allSettled(calls));
          for (const one of settled) {
            if (one.status === "rejected") expect(one.reason).toBeInstanceOf(HeliographError);
            const name =
              one.status === "rejected"
                ? (Code[one.reason.code as keyof typeof Code] ?? one.reason.code)
                : "ok";
            ends[name] = (ends[name] ?? 0) + 1;
          }
        }
      }),
    );
    expect(Object.values(ends).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(50);
  });
});

/** Fields of an END, some of them fine. */
function odd(random: Random, writer: PacketWriter): void {
  const fields = [
    () => writer.bytesField(FrameField.payload, random.bytes(random.below(30))),
    () => writer.bytesField(FrameField.status, random.bytes(random.below(30))),
    () => writer.bytesField(FrameField.metadata, random.bytes(random.below(30))),
    () => writer.bytesField(FrameField.trailers, random.bytes(random.below(30))),
    () => writer.number(FrameField.payloadSize, random.below(1_000)),
    () => writer.flag(FrameField.more),
    () => writer.number(FrameField.compression, random.below(3)),
  ];
  for (let n = random.below(3); n >= 0; n--) random.pick(fields)();
}
