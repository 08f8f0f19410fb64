import fc from "fast-check";
import protobufjs from "protobufjs";
import { describe, expect, test } from "vitest";
import { Frame as GeneratedFrame, MetadataEntry, Packet } from "../../../src/gen/heliograph/wire/v1/wire.js";
import { type Frame, FrameField, FrameKind } from "../../../src/wire/frame.js";
import { ATTACH_BYTES, MAX_ATTACHMENTS, MAX_PACKET_BYTES } from "../../../src/wire/limits.js";
import { PacketReader } from "../../../src/wire/packet-reader.js";
import { PacketWriter } from "../../../src/wire/packet-writer.js";
import { rawCodec } from "../../../src/wire/raw-codec.js";
import { read } from "./packets.js";

const anyType = { message: Packet, schema: "", role: "request" } as const;

/** A frame as a test writes it and reads it back. */
interface Written {
  readonly kind: number;
  readonly callId: number;
  readonly numbers: Readonly<Record<number, number>>;
  readonly flags: readonly number[];
  readonly texts: Readonly<Record<number, string>>;
  readonly key: Uint8Array | undefined;
  readonly metadata: readonly { key: string; value: Uint8Array }[];
  readonly payload: Uint8Array | undefined;
}

const numberFields = [
  FrameField.timeoutMs,
  FrameField.codec,
  FrameField.payloadSize,
  FrameField.sequence,
  FrameField.topicSequence,
  FrameField.previous,
  FrameField.creditMessages,
  FrameField.creditBytes,
  FrameField.epoch,
  FrameField.sentAtUs,
  FrameField.ttlMs,
  FrameField.compression,
];
const small = new Set<number>([FrameField.timeoutMs, FrameField.creditMessages, FrameField.ttlMs]);
const enums: Record<number, number> = { [FrameField.codec]: 4, [FrameField.compression]: 2 };
const flagFields = [
  FrameField.endStream,
  FrameField.more,
  FrameField.notProcessed,
  FrameField.previousIsFloor,
];

const written: fc.Arbitrary<Written> = fc.record({
  kind: fc.integer({ min: 4, max: 12 }),
  callId: fc.oneof(fc.constant(0), fc.nat(300), fc.maxSafeNat()),
  numbers: fc
    .dictionary(fc.constantFrom(...numberFields.map(String)), fc.oneof(fc.nat(300), fc.maxSafeNat()))
    .map((numbers) =>
      Object.fromEntries(
        Object.entries(numbers).map(([field, value]) => {
          const number = Number(field);
          if (enums[number] !== undefined) return [number, value % (enums[number] + 1)];
          return [number, small.has(number) ? value % 2 ** 32 : value];
        }),
      ),
    ),
  flags: fc.uniqueArray(fc.constantFrom(...flagFields)),
  texts: fc.dictionary(
    fc.constantFrom(String(FrameField.method), String(FrameField.idempotencyKey)),
    fc.string({ unit: "grapheme", minLength: 1 }),
  ),
  key: fc.option(fc.uint8Array({ minLength: 1 }), { nil: undefined }),
  metadata: fc.array(fc.record({ key: fc.string(), value: fc.uint8Array() }), { maxLength: 4 }),
  payload: fc.option(
    fc.oneof(
      fc.uint8Array(),
      fc.integer({ min: 0, max: 60_000 }).map((size) => new Uint8Array(size).fill(size & 255)),
      fc.constantFrom(ATTACH_BYTES - 1, ATTACH_BYTES).map((size) => new Uint8Array(size).fill(7)),
    ),
    { nil: undefined },
  ),
});

function write(writer: PacketWriter, each: Written): void {
  writer.begin(each.kind, each.callId);
  for (const [field, value] of Object.entries(each.numbers)) writer.number(Number(field), value);
  for (const field of each.flags) writer.flag(field);
  for (const [field, value] of Object.entries(each.texts)) writer.text(Number(field), value);
  if (each.key !== undefined) writer.bytesField(FrameField.key, each.key);
  for (const { key, value } of each.metadata) {
    writer.sub(FrameField.metadata, MetadataEntry, { key, value });
  }
  if (each.payload !== undefined) {
    const large = writer.payload(rawCodec, anyType, each.payload as never);
    if (large !== undefined) writer.attach(large);
  }
  writer.end();
}

const packetOf = (frames: Partial<GeneratedFrame>[], totals: Partial<Packet>) =>
  Buffer.from(
    Packet.encode({
      ...Packet.create(),
      ...totals,
      frames: frames.map((each) => ({ ...GeneratedFrame.create(), ...each })),
    }).finish(),
  );

describe("a packet", () => {
  test("that the writer builds is read alike by the generated code and by the reader", () => {
    const writer = new PacketWriter();
    fc.assert(
      fc.property(
        fc.array(written, { minLength: 1, maxLength: 8 }),
        fc.maxSafeNat(),
        fc.nat(),
        (all, bytes, packets) => {
          for (const each of all) write(writer, each);
          expect(writer.frames).toBe(all.length);
          const gathered = writer.bytes;
          const parts = writer.take(bytes, packets);
          expect(parts.reduce((sum, part) => sum + part.length, 0)).toBeGreaterThanOrEqual(gathered);
          expect([writer.frames, writer.bytes]).toEqual([0, 0]);

          const decoded = Packet.decode(parts[0]!);
          expect([Number(decoded.readBytes), Number(decoded.readPackets)]).toEqual([bytes, packets]);
          const { frames, totals } = read(parts);
          expect(totals).toEqual([bytes, packets]);
          expect(frames).toHaveLength(all.length);
          let attachment = 1;
          for (const [i, each] of all.entries()) {
            const theirs = decoded.frames[i]!;
            const ours = frames[i]!;
            const whole = theirs.attached ? parts[attachment++] : theirs.payload;
            expect([theirs.kind, Number(theirs.callId)]).toEqual([each.kind, each.callId]);
            expect([ours.frame.kind, ours.frame.callId]).toEqual([each.kind, each.callId]);
            expect(whole === undefined).toBe(each.payload === undefined);
            if (each.payload !== undefined) {
              expect(theirs.attached).toBe(each.payload.length >= ATTACH_BYTES);
              expect(Buffer.compare(whole!, each.payload)).toBe(0);
              expect(Buffer.compare(ours.payload!, each.payload)).toBe(0);
            }
            expect(theirs.metadata.map(({ key, value }) => [key, [...value]])).toEqual(
              each.metadata.map(({ key, value }) => [key, [...value]]),
            );
            expect((ours.frame.metadata ?? []).length).toBe(each.metadata.length * 2);
            expect(ours.method ?? "").toBe(each.texts[FrameField.method] ?? "");
            expect(theirs.method).toBe(each.texts[FrameField.method] ?? "");
            for (const name of [
              "timeoutMs",
              "codec",
              "payloadSize",
              "sequence",
              "topicSequence",
              "previous",
            ] as const) {
              const value = each.numbers[FrameField[name]] ?? 0;
              expect([name, ours.frame[name], Number(theirs[name])]).toEqual([name, value, value]);
            }
            for (const name of [
              "creditMessages",
              "creditBytes",
              "epoch",
              "sentAtUs",
              "ttlMs",
              "compression",
            ] as const) {
              const value = each.numbers[FrameField[name]] ?? 0;
              expect([name, ours.frame[name], Number(theirs[name])]).toEqual([name, value, value]);
            }
            for (const name of ["endStream", "more", "notProcessed", "previousIsFloor"] as const) {
              const value = each.flags.includes(FrameField[name]);
              expect([name, ours.frame[name], theirs[name]]).toEqual([name, value, value]);
            }
          }
          expect(attachment).toBe(parts.length);
        },
      ),
      { numRuns: 150 },
    );
  });

  test("of the generated code is read, whatever the order of fields", () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ id: fc.nat(), text: fc.string(), data: fc.uint8Array() }), { minLength: 1 }),
        (all) => {
          const packet = packetOf(
            all.map(({ id, text, data }) => ({
              kind: FrameKind.Request,
              callId: BigInt(id),
              method: text,
              payload: data,
            })),
            { readBytes: 5n, readPackets: 6n },
          );
          const { frames, totals } = read([packet]);
          expect(totals).toEqual([5, 6]);
          expect(
            frames.map(({ frame, method, payload }) => [frame.callId, method ?? "", [...payload!]]),
          ).toEqual(all.map(({ id, text, data }) => [id, text, [...data]]));
        },
      ),
    );
  });

  test("with padded lengths of up to 5 bytes is read; the writer's own are, by protobufjs too", () => {
    for (let width = 1; width <= 5; width++) {
      const length = [...Array(width - 1).fill(0x80 | 0), 0];
      length[0] = width === 1 ? 2 : 0x82;
      expect(read([Buffer.from([0x0a, ...length, 0x08, 5])]).frames[0]!.frame.kind).toBe(5);
    }
    expect(() => read([Buffer.from([0x0a, 0x82, 0x80, 0x80, 0x80, 0x80, 0, 0x08, 5])])).toThrow(
      "more than 5 bytes",
    );
    const root = protobufjs.parse(
      'syntax = "proto3"; message F { uint32 kind = 1; uint64 call_id = 2; bytes payload = 3; } message P { repeated F frames = 1; uint64 read_bytes = 2; }',
    ).root;
    const writer = new PacketWriter();
    writer.begin(FrameKind.End, 7);
    writer.payload(rawCodec, anyType, Buffer.from("abc") as never);
    writer.end();
    const decoded = root
      .lookupType("P")
      .toObject(root.lookupType("P").decode(writer.take(9, 1)[0]!), { longs: Number });
    expect(decoded).toMatchObject({
      frames: [{ kind: 8, callId: 7, payload: Buffer.from("abc") }],
      readBytes: 9,
    });
  });

  test("is one with the next: packets and attachments concatenate, and the last totals count", () => {
    const writer = new PacketWriter();
    const packets = [1, 2].map((id) => {
      writer.begin(FrameKind.Request, id);
      writer.attach(Buffer.from(`attachment ${id}`));
      writer.end();
      return writer.take(id * 10, id);
    });
    const [first, second] = packets as [Buffer[], Buffer[]];
    const { frames, totals } = read([Buffer.concat([first[0]!, second[0]!]), first[1]!, second[1]!]);
    expect(frames.map(({ frame, payload }) => [frame.callId, String(payload)])).toEqual([
      [1, "attachment 1"],
      [2, "attachment 2"],
    ]);
    expect(totals).toEqual([20, 2]);
  });

  test("forgets a frame that was aborted, wherever it was, and its attachment", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(written, fc.boolean()), { minLength: 1, maxLength: 8 }), (all) => {
        const writer = new PacketWriter();
        const kept = all.filter(([, keep]) => keep).map(([each]) => each);
        for (const [each, keep] of all) {
          if (keep) write(writer, each);
          else {
            writer.begin(each.kind, each.callId);
            const large = each.payload && writer.payload(rawCodec, anyType, each.payload as never);
            if (large) writer.attach(large);
            expect(() => writer.text(FrameField.method, 5 as unknown as string)).toThrow(TypeError);
            writer.abort();
            writer.abort();
          }
        }
        expect(writer.frames).toBe(kept.length);
        if (kept.length === 0) {
          expect(writer.bytes).toBe(0);
          return;
        }
        const { frames } = read(writer.take(0, 0));
        expect(frames.map(({ frame }) => frame.callId)).toEqual(kept.map(({ callId }) => callId));
        expect(frames.map(({ payload }) => payload?.length)).toEqual(
          kept.map(({ payload }) => payload?.length),
        );
      }),
      { numRuns: 60 },
    );
  });

  test("keeps what it had gathered when a payload outgrows its slab, and hands the large one over uncopied", () => {
    const writer = new PacketWriter();
    for (let id = 1; id <= 3; id++) {
      writer.begin(FrameKind.Request, id);
      writer.payload(rawCodec, anyType, Buffer.alloc(10_000, id) as never);
      writer.end();
    }
    writer.begin(FrameKind.Request, 4);
    const large = writer.payload(rawCodec, anyType, Buffer.alloc(5_000_000, 4) as never)!;
    expect([large.length, writer.payloadLength]).toEqual([5_000_000, 5_000_000]);
    writer.attach(large);
    writer.end();
    writer.begin(FrameKind.Request, 5);
    writer.payload(rawCodec, anyType, Buffer.alloc(100, 5) as never);
    writer.end();
    const parts = writer.take(0, 0);
    expect(parts[1]).toBe(large);
    const { frames } = read(parts);
    expect(frames.map(({ payload }) => [payload!.length, payload![0], payload!.at(-1)])).toEqual([
      [10_000, 1, 1],
      [10_000, 2, 2],
      [10_000, 3, 3],
      [5_000_000, 4, 4],
      [100, 5, 5],
    ]);
  });

  test("that was taken is not written to again", () => {
    const writer = new PacketWriter();
    const taken: [Buffer, Buffer][] = [];
    for (let i = 0; i < 200; i++) {
      writer.begin(FrameKind.Request, i + 1);
      writer.payload(rawCodec, anyType, Buffer.alloc(700, i) as never);
      writer.end();
      const [packet] = writer.take(i, i);
      taken.push([packet!, Buffer.from(packet!)]);
    }
    for (const [packet, copy] of taken) expect(Buffer.compare(packet, copy)).toBe(0);
  });

  test("says when it is full: by bytes and by attachments", () => {
    const writer = new PacketWriter();
    let frames = 0;
    while (!writer.full) {
      writer.begin(FrameKind.Request, ++frames);
      writer.payload(rawCodec, anyType, Buffer.alloc(16_000) as never);
      writer.end();
    }
    expect(writer.take(0, 0)[0]!.length).toBeLessThan(MAX_PACKET_BYTES);
    let attached = 0;
    while (!writer.full) {
      writer.begin(FrameKind.Request, ++attached);
      writer.attach(Buffer.alloc(1));
      writer.end();
    }
    expect(attached).toBeLessThan(MAX_ATTACHMENTS);
  });
});

test("a reader keeps nothing of a packet that it has read", () => {
  const writer = new PacketWriter();
  writer.begin(FrameKind.Message, 1);
  writer.payloadBytes(Buffer.from("read, and of no use any more"));
  writer.end();
  let seen: Frame | undefined;
  new PacketReader().read(writer.takeParts(), {
    frame: (frame) => {
      expect(frame.payload).toBeDefined();
      seen = frame;
    },
    totals: () => {},
  });
  expect(seen?.payload).toBeUndefined();
  expect(seen?.buf).toHaveLength(0);
});
