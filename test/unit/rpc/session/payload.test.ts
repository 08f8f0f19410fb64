import { Buffer } from "node:buffer";
import { expect, test } from "vitest";
import { encodeMessage } from "../../../../src/rpc/session/payload.js";
import { codecs } from "../../../../src/wire/codec.js";
import type { PayloadType } from "../../../../src/wire/payload-codec.js";
import { EchoRequest } from "../../../gen/heliograph/test/v1/echo.js";

const type: PayloadType = { message: EchoRequest, schema: "", role: "request" };

test("a small message that waits keeps no more memory than buffers of its size share", () => {
  const bytes = encodeMessage(codecs.protobuf, type, EchoRequest.create({ text: "small" }));
  expect(EchoRequest.decode(bytes)).toMatchObject({ text: "small" });
  expect(bytes.buffer.byteLength).toBeLessThanOrEqual(Buffer.poolSize);
});

test("a large message that waits is not copied", () => {
  const text = "large".repeat(5_000);
  const bytes = encodeMessage(codecs.protobuf, type, EchoRequest.create({ text }));
  expect(EchoRequest.decode(bytes)).toMatchObject({ text });
  expect(bytes.buffer.byteLength).toBeGreaterThan(bytes.length);
});
