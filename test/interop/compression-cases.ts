import assert from "node:assert/strict";
import { type CallOptions, Code } from "../../src/index.js";
import { FrameKind } from "../../src/wire/frame.js";
import type { InteropCase } from "./case.js";
import { checkFails, checkZeros, collect, zeros } from "./checks.js";
import {
  COMPRESSED_CLIENT_STREAM_SIZES,
  COMPRESSED_CLIENT_STREAM_SUM,
  COMPRESSED_SERVER_STREAM_SIZES,
  LARGE_REQUEST,
  LARGE_RESPONSE,
} from "./data.js";
import { GZIP, WireLog } from "./wire-log.js";

const gzip: CallOptions = { compression: "gzip" };
const plain: CallOptions = { compression: "none" };

export const compressionCases: readonly InteropCase[] = [
  {
    name: "client_compressed_unary",
    async run({ pair }) {
      const log = new WireLog();
      const { test } = await pair({}, { tap: log.tap });
      const request = (expectCompressed: boolean) => ({
        responseSize: LARGE_RESPONSE,
        payload: zeros(LARGE_REQUEST),
        expectCompressed,
      });
      log.frames.length = 0;
      // Whether the server looks at all.
      await checkFails(test.unaryCall(request(true), plain), Code.InvalidArgument);
      checkZeros((await test.unaryCall(request(true), gzip)).payload, LARGE_RESPONSE);
      checkZeros((await test.unaryCall(request(false), plain)).payload, LARGE_RESPONSE);
      checkFlags(log, "out", [false, true, false], LARGE_REQUEST);
    },
  },
  {
    name: "server_compressed_unary",
    async run({ pair }) {
      const log = new WireLog();
      const { test } = await pair({}, { tap: log.tap });
      log.frames.length = 0;
      for (const responseCompressed of [true, false]) {
        const { payload } = await test.unaryCall({
          responseSize: LARGE_RESPONSE,
          payload: zeros(LARGE_REQUEST),
          responseCompressed,
        });
        checkZeros(payload, LARGE_RESPONSE);
      }
      checkFlags(log, "in", [true, false], LARGE_RESPONSE);
    },
  },
  {
    name: "client_compressed_streaming",
    async run({ pair }) {
      const log = new WireLog();
      const { test } = await pair({}, { tap: log.tap });
      const [first, second] = COMPRESSED_CLIENT_STREAM_SIZES;
      const probe = [{ payload: zeros(first), expectCompressed: true }];
      await checkFails(test.streamingInputCall(probe, plain), Code.InvalidArgument);
      log.frames.length = 0;
      const requests = [
        { payload: zeros(first), expectCompressed: true },
        { payload: zeros(second), expectCompressed: false },
      ];
      const answer = await test.streamingInputCall(requests, {
        compression: (request) =>
          (request as { expectCompressed?: boolean }).expectCompressed ? "gzip" : "none",
      });
      assert.equal(answer.aggregatedPayloadSize, BigInt(COMPRESSED_CLIENT_STREAM_SUM));
      checkFlags(log, "out", [true, false], first);
    },
  },
  {
    name: "server_compressed_streaming",
    async run({ pair }) {
      const log = new WireLog();
      const { test } = await pair({}, { tap: log.tap });
      log.frames.length = 0;
      const [first, second] = COMPRESSED_SERVER_STREAM_SIZES;
      const answers = await collect(
        test.streamingOutputCall({
          responseParameters: [
            { size: first, compressed: true },
            { size: second, compressed: false },
          ],
        }),
      );
      assert.equal(answers.length, 2);
      checkZeros(answers[0]?.payload, first);
      checkZeros(answers[1]?.payload, second);
      checkFlags(log, "in", [true, false], first);
    },
  },
];

/** Which large payloads were compressed on the wire, in order; those that were are smaller than that. */
function checkFlags(log: WireLog, direction: "in" | "out", expected: boolean[], size: number): void {
  const kinds =
    direction === "out" ? [FrameKind.Request, FrameKind.Message] : [FrameKind.Message, FrameKind.End];
  const payloads = log.payloads(direction, ...kinds).filter(({ bytes }) => bytes > 0);
  assert.deepEqual(
    payloads.map(({ compression }) => compression === GZIP),
    expected,
  );
  for (const { compression, bytes } of payloads) assert.equal(compression === GZIP, bytes < size / 10);
}
