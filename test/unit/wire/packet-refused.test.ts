import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Frame, FrameField, FrameKind } from "../../../src/wire/frame.js";
import { MAX_PACKET_BYTES } from "../../../src/wire/limits.js";
import { PacketReader } from "../../../src/wire/packet-reader.js";
import { PacketWriter } from "../../../src/wire/packet-writer.js";
import { read } from "./packets.js";

describe("a packet is refused", () => {
  const whole = (() => {
    const writer = new PacketWriter();
    writer.begin(FrameKind.Request, 300);
    writer.text(FrameField.method, "a.B/C");
    writer.number(FrameField.timeoutMs, 5_000);
    writer.bytesField(FrameField.payload, Buffer.from("payload"));
    writer.end();
    writer.begin(FrameKind.End, 301);
    writer.attach(Buffer.from("attachment"));
    writer.end();
    return writer.take(100_000, 77);
  })();

  test("when it is cut anywhere within a frame or a number", () => {
    const packet = whole[0]!;
    let complete = 0;
    for (let length = 0; length < packet.length; length++) {
      const parts = [packet.subarray(0, length), whole[1]!];
      try {
        read(parts);
        // Only between the fields of the packet itself: a shorter packet is one, too.
        complete++;
      } catch (error) {
        expect(error).toMatchObject({ reason: "MALFORMED_PACKET" });
      }
    }
    expect(complete).toBeLessThanOrEqual(2);
    expect(read(whole).frames).toHaveLength(2);
  });

  const frameOf = (...bytes: number[]) => Buffer.from([0x0a, bytes.length, ...bytes]);

  test.each<[string, Buffer[], string]>([
    ["it is missing", [], "it is empty"],
    ["it is empty", [Buffer.alloc(0)], "it is empty"],
    ["it begins with something else", [Buffer.from([0x10, 5, 0x0a, 2, 8, 6])], "does not begin with a frame"],
    ["it is too large", [Buffer.alloc(MAX_PACKET_BYTES + 1)], "more than 524288"],
    ["it has too many attachments", Array.from({ length: 258 }, () => Buffer.alloc(1)), "more than 256"],
    ["an attachment is missing", [whole[0]!], "attachment is missing"],
    ["an attachment is left over", [...whole, Buffer.from("x")], "no frame takes its last attachment"],
    ["an attachment is empty", [whole[0]!, Buffer.alloc(0)], "an attachment is empty"],
    [
      "a frame has payload and attachment",
      [frameOf(8, 6, 26, 1, 65, 64, 1), Buffer.from("x")],
      "payload and an attachment",
    ],
    ["a frame has no kind", [frameOf(16, 1)], "a frame has no kind"],
    ["a frame is empty", [Buffer.from([0x0a, 0])], "a frame has no kind"],
    ["a length overruns its frame", [frameOf(8, 6, 26, 9, 65)], "overruns its parent"],
    ["a frame overruns the packet", [Buffer.from([0x0a, 50, 8, 6])], "overruns its parent"],
    ["a length is enormous", [frameOf(8, 6, 26, 0xff, 0xff, 0xff, 0xff, 0x0f)], "overruns its parent"],
    [
      "a number is 2^53",
      [frameOf(8, 6, 16, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10)],
      "larger than 2^53 - 1",
    ],
    ["a number is negative", [frameOf(8, 6, 16, ...Array(9).fill(0xff), 1)], "larger than 2^53 - 1"],
    ["a number takes 11 bytes", [frameOf(8, 6, 16, ...Array(10).fill(0x80), 1)], "more than 10 bytes"],
    ["a group begins", [frameOf(8, 6, 0x9b, 6)], "3 is not a wire type"],
    ["a group ends", [frameOf(8, 6, 0x9c, 6)], "4 is not a wire type"],
    ["a wire type is unknown", [frameOf(8, 6, 0x9e, 6)], "6 is not a wire type"],
    ["a tag has field 0", [frameOf(8, 6, 0, 1)], "is not a field's tag"],
    [
      "a tag is larger than 32 bits",
      [frameOf(8, 6, 0x80, 0x80, 0x80, 0x80, 0x10, 1)],
      "is not a field's tag",
    ],
    ["a REQUEST has the body of HELLO", [frameOf(8, 6, 0xda, 1, 0)], "has the body of another kind"],
    ["a HELLO has two bodies", [frameOf(8, 1, 0xda, 1, 0, 0xe2, 1, 0)], "has the body of another kind"],
    ["a 32-bit number is 2^32", [frameOf(8, 6, 40, 0x80, 0x80, 0x80, 0x80, 0x10)], "larger than 2^32 - 1"],
    ["fixed bytes are cut", [frameOf(8, 6, 0x99, 6, 1, 2, 3)], "ends within a field"],
  ])("when %s", (_what, parts, text) => {
    expect(() => read(parts)).toThrow(
      expect.objectContaining({
        code: 13,
        reason: "MALFORMED_PACKET",
        message: expect.stringContaining(text),
      }),
    );
  });

  test("never with anything but a HeliographError, whatever the bytes; and the reader goes on", () => {
    const reader = new PacketReader();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, frame) => {
        const packet = Buffer.from(frame ? [0x0a, bytes.length & 127, 8, 6, ...bytes] : bytes);
        try {
          read([packet], reader);
        } catch (error) {
          expect(error).toMatchObject({ name: "HeliographError", reason: "MALFORMED_PACKET" });
        }
        expect(read(whole, reader).frames).toHaveLength(2);
      }),
      { numRuns: 500 },
    );
  });

  test("after the frames before the fault were handed over", () => {
    const frames: number[] = [];
    const handler = { frame: (frame: Frame) => void frames.push(frame.callId), totals: () => {} };
    expect(() =>
      new PacketReader().read([Buffer.concat([whole[0]!, Buffer.from([0x0a, 99])]), whole[1]!], handler),
    ).toThrow();
    expect(frames).toEqual([300, 301]);
  });
});

test("unknown fields of every wire type are skipped, in packets and in frames", () => {
  const unknown = [
    [0xa0, 6, 5],
    [0xa0, 6, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1],
    [0xa1, 6, 1, 2, 3, 4, 5, 6, 7, 8],
    [0xa2, 6, 3, 1, 2, 3],
    [0xa5, 6, 1, 2, 3, 4],
  ];
  for (const field of unknown) {
    const frame = [8, 6, ...field, 16, 9];
    const packet = Buffer.from([0x0a, frame.length, ...frame, ...field, 0x10, 7]);
    const { frames, totals } = read([packet]);
    expect([frames[0]!.frame.callId, totals]).toEqual([9, [7, -1]]);
  }
});
