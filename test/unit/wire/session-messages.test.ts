import { describe, expect, test } from "vitest";
import { Code } from "../../../src/core/code.js";
import { HeliographError } from "../../../src/core/error.js";
import { Metadata } from "../../../src/core/metadata.js";
import { bareAnswer, bareError, envelopeLength, isBareCall } from "../../../src/wire/envelope.js";
import { type Frame, FrameField, FrameKind } from "../../../src/wire/frame.js";
import {
  commonVersion,
  readGoaway,
  readHello,
  readWelcome,
  writeGoaway,
  writeHello,
  writeWelcome,
} from "../../../src/wire/handshake.js";
import { initialLimits, limitsFrom, MAX_METADATA_BYTES } from "../../../src/wire/limits.js";
import {
  metadataBytes,
  rangesBytes,
  readMetadata,
  writeMetadata,
} from "../../../src/wire/metadata-fields.js";
import { PacketWriter } from "../../../src/wire/packet-writer.js";
import { readStatus, writeStatus } from "../../../src/wire/status.js";
import { read } from "./packets.js";

/** The frame that arrives of what `fields` writes. */
function arrived(kind: number, fields: (writer: PacketWriter) => void): Frame {
  const writer = new PacketWriter();
  writer.begin(kind, 0);
  fields(writer);
  writer.end();
  return read(writer.take(0, 0)).frames[0]!.frame;
}

const self = {
  versions: [1],
  node: "greeter",
  instance: "a-b-c",
  epoch: 1_767_225_600_000_000,
  features: ["gzip", "x"],
  heartbeatMs: 2_000,
  limits: { ...initialLimits, maxCalls: 7, windowBytes: 100_000, messageBytes: 2 ** 31 - 1 },
};

describe("the handshake", () => {
  test("HELLO and WELCOME say who a side is and what it grants", () => {
    const hello = arrived(FrameKind.Hello, (writer) => writeHello(writer, self));
    expect(readHello(hello)).toEqual({ ...self, expect: undefined });
    const welcome = arrived(FrameKind.Welcome, (writer) => writeWelcome(writer, self, 1));
    expect(readWelcome(welcome)).toEqual({ ...self, services: [] });
  });

  test("a limit of 0 is the specification's; more chunk or metadata than this side sends is not used", () => {
    const limits = { ...initialLimits, maxCalls: 0, chunkBytes: 2 ** 40, metadataBytes: 2 ** 31 };
    const hello = readHello(arrived(FrameKind.Hello, (writer) => writeHello(writer, { ...self, limits })));
    expect(hello.limits).toEqual({ ...initialLimits, metadataBytes: MAX_METADATA_BYTES });
  });

  test.each([
    ["33 of them", Array.from({ length: 33 }, (_, index) => `f${index}`)],
    ["one of 65 characters", ["x".repeat(65)]],
  ])("too many or too long features are a fault: %s", (_what, features) => {
    const hello = arrived(FrameKind.Hello, (writer) => writeHello(writer, { ...self, features }));
    expect(() => readHello(hello)).toThrow("features are at most 32 names of at most 64 characters");
    const welcome = arrived(FrameKind.Welcome, (writer) => writeWelcome(writer, { ...self, features }, 1));
    expect(() => readWelcome(welcome)).toThrow("protocol violation");
  });

  test("GOAWAY says what was started, and why when it is for a fault", () => {
    const drain = arrived(FrameKind.Goaway, (writer) => writeGoaway(writer, 2 ** 40, 5_000, undefined));
    expect(readGoaway(drain)).toEqual({ lastCallId: 2 ** 40, graceMs: 5_000 });
    expect(drain.statusStart).toBe(-1);
    const fault = arrived(FrameKind.Goaway, (writer) =>
      writeGoaway(writer, 0, 0, new HeliographError(Code.Internal, "bad")),
    );
    const error = readStatus(fault.buf, fault.statusStart, fault.statusEnd, undefined, false);
    expect(error).toMatchObject({ code: Code.Internal, message: "INTERNAL: bad" });
  });

  test("the highest common version is spoken; none is UNIMPLEMENTED and names both sides'", () => {
    expect(commonVersion([3, 1, 2])).toBe(1);
    expect(() => commonVersion([2, 3])).toThrow("the peer speaks version 2, 3 of the protocol, this side 1");
    expect(() => commonVersion([])).toThrow("version ?");
  });
});

describe("a status", () => {
  const through = (error: HeliographError, call?: string) => {
    const frame = arrived(FrameKind.End, (writer) => writeStatus(writer, error));
    return readStatus(frame.buf, frame.statusStart, frame.statusEnd, call, frame.notProcessed);
  };

  test("carries code, text, reason, details and whether the call was processed; not the cause", () => {
    const error = new HeliographError(Code.NotFound, "no user ☺", {
      reason: "GONE",
      details: [{ type: "a.B", value: Uint8Array.of(1, 2) }],
      notProcessed: true,
      cause: new Error("secret"),
    });
    const received = through(error, "a.B/C")!;
    expect(received).toMatchObject({
      code: Code.NotFound,
      rawMessage: "no user ☺",
      message: "NOT_FOUND: a.B/C: no user ☺",
      reason: "GONE",
      origin: "peer",
      notProcessed: true,
    });
    expect("cause" in received).toBe(false);
    expect(received.details.map(({ type, value }) => [type, [...value]])).toEqual([["a.B", [1, 2]]]);
  });

  test("is cut where it is too long, at a whole character", () => {
    const received = through(new HeliographError(Code.Aborted, `${"x".repeat(4095)}😈`))!;
    expect(received.rawMessage).toBe(`${"x".repeat(4095)}\ufffd`);
    const details = Array.from({ length: 2_000 }, () => ({ type: "a.B", value: new Uint8Array() }));
    expect(through(new HeliographError(Code.Aborted, "x", { details }))!.details).toEqual([]);
  });

  test("of OK is no error, of an unknown code a fault", () => {
    expect(readStatus(Buffer.from([8, 0]), 0, 2, undefined, false)).toBeUndefined();
    expect(() => readStatus(Buffer.from([8, 17]), 0, 2, undefined, false)).toThrow("17 is not a status code");
  });
});

describe("metadata", () => {
  test("travels in order, as text and bytes; its count is keys and values", () => {
    const metadata = new Metadata([
      ["b", "ü"],
      ["a-bin", Uint8Array.of(0, 255)],
      ["b", ""],
    ]);
    const frame = arrived(FrameKind.Request, (writer) =>
      writeMetadata(writer, FrameField.metadata, metadata),
    );
    const received = [...readMetadata(frame.buf, frame.metadata)].map(([key, value]) => [
      key,
      typeof value === "string" ? value : [...value],
    ]);
    expect(received).toEqual([
      ["b", "ü"],
      ["a-bin", [0, 255]],
      ["b", ""],
    ]);
    expect(metadataBytes(metadata)).toBe(1 + 2 + 5 + 2 + 1);
    expect(rangesBytes(frame.metadata)).toBeGreaterThanOrEqual(metadataBytes(metadata));
    expect([rangesBytes(undefined), [...readMetadata(frame.buf, undefined)]]).toEqual([0, []]);
  });

  test("with a text that is not UTF-8, or a key that is none, is refused", () => {
    const entry = (key: string, value: number[]) =>
      Buffer.from([0x0a, key.length, ...Buffer.from(key), 0x12, value.length, ...value]);
    const bad = entry("a", [0xff]);
    expect(() => readMetadata(bad, [0, bad.length])).toThrow('the metadata value of "a" is not UTF-8');
    const key = entry("A B", [65]);
    expect(() => readMetadata(key, [0, key.length])).toThrow("is not a metadata key");
  });
});

describe("an envelope", () => {
  const parts = (...texts: string[]) => texts.map((text) => Buffer.from(text));

  test.each<[string, Buffer[], number]>([
    ["of a REQ socket is one empty part", parts("", "x"), 1],
    ["may have a part before the empty one", parts("id", "", "x"), 2],
    ["may have two", parts("id", "more", "", "x"), 3],
    ["has no more than two", parts("1", "2", "3", "", "x"), 0],
    ["is absent in a session", parts("x", "y", "z"), 0],
    ["ends at the first empty part", parts("", "", "x"), 1],
    ["has parts of up to 255 bytes", parts("x".repeat(255), "", "x"), 2],
    ["has none larger", parts("x".repeat(256), "", "x"), 0],
    ["of nothing is none", [], 0],
  ])("%s", (_what, all, length) => {
    expect(envelopeLength(all)).toBe(length);
  });

  test("is followed by a bare call when there are two parts, of which the first is no packet", () => {
    expect(isBareCall(parts("a.B/C", ""))).toBe(true);
    expect(isBareCall(parts("", ""))).toBe(true);
    expect(isBareCall(parts("\n..", ""))).toBe(false);
    expect(isBareCall(parts("a.B/C"))).toBe(false);
    expect(isBareCall(parts("a.B/C", "", ""))).toBe(false);
    expect(bareAnswer(Buffer.from("x")).map(String)).toEqual(["OK", "x"]);
    const error = new HeliographError(Code.NotFound, "no", { call: "a.B/C" });
    expect(bareError(error).map(String)).toEqual(["NOT_FOUND", "no"]);
  });
});

describe("limits", () => {
  test("are the specification's unless something else is said, but for more stream credit", () => {
    const granted = { ...initialLimits, streamCreditMessages: 4096, streamCreditBytes: 1_048_576 };
    expect(limitsFrom()).toEqual(granted);
    expect(limitsFrom({ maxCalls: 5, windowBytes: undefined })).toEqual({ ...granted, maxCalls: 5 });
  });

  test.each([
    [{ maxCalls: 0 }, "limits.maxCalls must be an integer of at least 1, got 0"],
    [{ maxCalls: 2 ** 32 }, "limits.maxCalls must be at most 4294967295, got 4294967296"],
    [{ windowPackets: 3 }, "limits.windowPackets must be an integer of at least 4, got 3"],
    [{ messageBytes: 2 ** 31 }, "limits.messageBytes must be at most 2147483647"],
    [{ metadataBytes: 2 ** 20 }, "limits.metadataBytes must be at most 131072, got 1048576"],
  ])("of %o are refused", (options, text) => {
    expect(() => limitsFrom(options)).toThrow(text);
  });
});
