import { Buffer } from "node:buffer";
import { describe, expect, test } from "vitest";
import { FrameField, FrameKind } from "../../src/wire/frame.js";
import type { PacketWriter } from "../../src/wire/packet-writer.js";
import { writeResume } from "../../src/wire/resume.js";
import { Note } from "../gen/heliograph/test/v1/call.js";
import { frame, hello } from "../support/raw-peer.js";
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
import { peers as connected, credit, type Fields, message, one, request } from "./stream-session.js";

const here = harness(tcp);
const peers = (handlers: CallHandlers, options?: ServerOptions) => connected(here, handlers, options);

describe("a session with streams is ended", () => {
  const open: Fields = (writer) => {
    hello(writer);
    request(writer, 1, "Sum");
  };

  test.each<[string, (writer: PacketWriter) => void, string]>([
    [
      "for a MESSAGE of a call that was never made",
      (writer) => message(writer, 5, 1),
      "which was never made",
    ],
    ["for CREDIT of a call that was never made", (writer) => credit(writer, 5, 1, 1), "which was never made"],
    [
      "for more bytes than were announced",
      (writer) => {
        frame(writer, FrameKind.Message, 1, () => {
          writer.number(FrameField.payloadSize, 10);
          writer.flag(FrameField.more);
        });
        frame(writer, FrameKind.Message, 1, () => writer.bytesField(FrameField.payload, Buffer.alloc(11)));
      },
      "sends more than its payload_size of 10",
    ],
    [
      "for fewer bytes than were announced",
      (writer) => {
        frame(writer, FrameKind.Message, 1, () => {
          writer.number(FrameField.payloadSize, 10);
          writer.flag(FrameField.more);
        });
        frame(writer, FrameKind.Message, 1, () => writer.bytesField(FrameField.payload, Buffer.alloc(9)));
      },
      "ends its payload at 9 of 10 bytes",
    ],
  ])("%s", async (_what, write, text) => {
    const gone = deferred<unknown>();
    const { send, faults } = await peers({
      sum: (_requests, ctx) => {
        void fired(ctx.signal).then(gone.resolve);
        return never();
      },
    });
    await send((writer) => {
      open(writer);
      write(writer);
    });
    await until(20_000, "the fault", () => faults.length > 0);
    expect(faults[0]).toContain(text);
    await gone.promise;
  });
});

test("a client doesn't choose what is kept for it of a resumable stream: a server keeps the stream's window", async () => {
  let made = 0;
  const { send, next, alive } = await peers({
    async *watch() {
      while (made < 50_000) yield Note.create({ number: BigInt(++made) });
    },
  });
  await send((writer) => {
    hello(writer);
    request(writer, 1, "Watch", (request) => {
      one(1)(request);
      request.number(FrameField.creditMessages, 2 ** 31);
      request.number(FrameField.creditBytes, 2 ** 50);
      writeResume(request, { streamId: "mine", next: 0 });
    });
  });
  for (let n = 1; n <= 1_024; n++) await next(FrameKind.Message, 1);
  await alive(2);
  // One more waits for room.
  expect(made).toBe(1_025);
});
