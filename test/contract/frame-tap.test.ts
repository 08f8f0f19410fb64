import { createHash } from "node:crypto";
import { afterEach, describe, expect, test } from "vitest";
import {
  Code,
  connectTo,
  createClient,
  createNode,
  type FrameFilter,
  frameTap,
  HeliographError,
  insecure,
  serve,
} from "../../src/index.js";
import { FrameKind } from "../../src/wire/frame.js";
import { EchoResponse } from "../gen/heliograph/test/v1/echo.js";
import { EchoService } from "../gen/heliograph/test/v1/echo_heliograph.js";

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each[Symbol.asyncDispose]();
});

/** A client whose frames go through the filter, and a server that echoes. */
async function echoThrough(filter: FrameFilter) {
  const node = createNode({ name: "echo", security: insecure() });
  open.push(node);
  const { endpoints } = await serve(node, EchoService, {
    echo: ({ text, data }) => EchoResponse.create({ text, data }),
  });
  const connection = connectTo(endpoints, { security: insecure(), tap: frameTap(filter) });
  open.push(connection);
  return createClient(connection, EchoService);
}

describe("a filter of frames", () => {
  test("sees every frame of a call, in both directions", async () => {
    const seen: string[] = [];
    const client = await echoThrough((frame, { direction }) => {
      seen.push(`${direction} ${frame.kind}`);
      return frame;
    });
    await client.echo({ text: "a" });
    expect(seen).toEqual([
      `out ${FrameKind.Hello}`,
      `in ${FrameKind.Welcome}`,
      `out ${FrameKind.Request}`,
      `in ${FrameKind.End}`,
    ]);
  });

  test("may change what travels", async () => {
    const payload = EchoResponse.encode(EchoResponse.create({ text: "changed" })).finish();
    const client = await echoThrough((frame) =>
      frame.kind === FrameKind.End ? { ...frame, payload } : frame,
    );
    expect((await client.echo({ text: "a" })).text).toBe("changed");
  });

  test("may drop a frame, and the calls after it go on", async () => {
    let drop = true;
    const client = await echoThrough((frame) => {
      if (frame.kind !== FrameKind.End || !drop) return frame;
      drop = false;
      return undefined;
    });
    const lost = await client.echo({ text: "lost" }, { timeoutMs: 100 }).catch((error: unknown) => error);
    expect(lost).toBeInstanceOf(HeliographError);
    expect((lost as HeliographError).code).toBe(Code.DeadlineExceeded);
    for (let i = 0; i < 300; i++) expect((await client.echo({ text: `${i}` })).text).toBe(`${i}`);
  });

  test("leaves attachments and chunks whole", async () => {
    const client = await echoThrough((frame) => frame);
    for (const size of [1, 16_384, 20_000, 3_000_000]) {
      const data = Buffer.alloc(size, createHash("sha256").update(`${size}`).digest());
      expect(Buffer.from((await client.echo({ data })).data).equals(data)).toBe(true);
    }
  });
});
