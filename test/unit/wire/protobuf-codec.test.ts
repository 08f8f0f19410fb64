import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import { Code } from "../../../src/core/code.js";
import { protobufCodec } from "../../../src/wire/protobuf-codec.js";
import { Small, SmallAsSeenByOthers } from "../../gen/heliograph/test/v1/codec.js";
import { Everything } from "../../gen/heliograph/test/v1/everything.js";
import { bytes } from "./bytes.js";
import { encode, errorOf, request, response, roundTrip } from "./payload.js";

const wrong = { name: undefined, count: 1 } as unknown as Small;

describe("protobufCodec", () => {
  it("writes and reads a message", () => {
    const message = { name: "Ada", count: 3 };
    expect(roundTrip(protobufCodec, request(Small), message)).toEqual(message);
  });

  it("blames the caller for a request that it can't encode, and names the field", () => {
    const error = errorOf(() => encode(protobufCodec, request(Small), wrong));
    expect(error.code).toBe(Code.InvalidArgument);
    expect(error.reason).toBe("MALFORMED_MESSAGE");
    expect(error.rawMessage).toBe(
      "can't encode the request: heliograph.test.v1.Small.name: expected a string, got undefined",
    );
    expect(error.cause).toBeInstanceOf(TypeError);
  });

  it("blames the server for a response that it can't encode", () => {
    const error = errorOf(() => encode(protobufCodec, response(Small), wrong));
    expect(error.code).toBe(Code.Internal);
    expect(error.rawMessage).toMatch(/^can't encode the response: heliograph.test.v1.Small.name/);
  });

  it("names the field of a request or response that it can't decode", () => {
    const damaged = bytes(0x0a, ["ab", 0xff]);
    const error = errorOf(() => protobufCodec.decode(request(Small), damaged, 0, damaged.length));
    expect(error.code).toBe(Code.Internal);
    expect(error.reason).toBe("MALFORMED_MESSAGE");
    expect(error.rawMessage).toBe(
      "can't decode the request: heliograph.test.v1.Small.name (field 1): invalid UTF-8 at byte 2",
    );
    const other = errorOf(() => protobufCodec.decode(response(Small), damaged, 0, damaged.length));
    expect(other.code).toBe(Code.Internal);
  });

  it("names a field that the peer takes for another type", () => {
    const theirs = Buffer.from(SmallAsSeenByOthers.encode({ name: 1, count: "two" }).finish());
    const error = errorOf(() => protobufCodec.decode(request(Small), theirs, 0, theirs.length));
    expect(error.rawMessage).toMatch("Small.name (field 1): wire type 0 where string has 2 at byte 0");
  });

  it("counts places from the message's first byte, wherever it lies", () => {
    const damaged = bytes(1, 2, 3, 0x0a, [0xff]);
    const error = errorOf(() => protobufCodec.decode(request(Small), damaged, 3, damaged.length));
    expect(error.rawMessage).toMatch("invalid UTF-8 at byte 2");
  });

  it("copies small bytes, and gives large ones as views", () => {
    const packet = encode(
      protobufCodec,
      request(Everything),
      Everything.fromPartial({
        aBytes: new Uint8Array(10),
        byteStrings: [new Uint8Array(600), new Uint8Array(100_000)],
      }),
    );
    const large = Buffer.from(new Uint8Array(packet).buffer);
    const message = protobufCodec.decode(request(Everything), large, 0, large.length);
    expect(message.aBytes.buffer.byteLength).toBe(10);
    expect(message.byteStrings[0]!.buffer.byteLength).toBe(600);
    expect(message.byteStrings[1]!.buffer).toBe(large.buffer);
    expect(Object.getPrototypeOf(message.byteStrings[1])).toBe(Uint8Array.prototype);
  });
});
