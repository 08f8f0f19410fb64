import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Packet } from "../../../src/gen/heliograph/wire/v1/wire.js";
import { Code, connectTo, createClient, createNode, insecure, type Node, serve } from "../../../src/index.js";
import { FrameField, FrameKind } from "../../../src/wire/frame.js";
import { deferred, silent } from "../../contract/rpc-harness.js";
import { CallService } from "../../gen/heliograph/test/v1/call_heliograph.js";
import { type Child, startChild } from "../../support/child.js";
import { Random } from "../../support/random.js";
import { frame, hello, packet, RawPeer } from "../../support/raw-peer.js";
import { until } from "../../support/within.js";

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each[Symbol.asyncDispose]();
});

function listeningNode(): Node {
  const node = createNode({ name: "server", security: insecure(), logger: silent });
  open.push({ [Symbol.asyncDispose]: () => node.close({ graceMs: 0 }) });
  return node;
}

describe("clients that come while a server drains, and after", () => {
  let child: Child;
  beforeAll(async () => {
    child = await startChild("newcomers");
  });
  afterAll(() => child.kill());

  test.each([1, 2, 3, 4])("are answered, or told that their calls did not run (seed %i)", async (seed) => {
    const random = new Random(seed);
    const node = listeningNode();
    let ran = 0;
    const served = await serve(node, CallService, {
      async call(note, ctx) {
        ran++;
        await ctx.sleep(random.below(20));
        return note;
      },
    });
    child.process.send({ kind: "endpoint", endpoint: served.endpoints[0] });
    const before = 50 + random.below(50);
    await until(20_000, "clients to be served", () => ran >= before);
    await node.close({ graceMs: 5_000 });
    const { served: answered, cancelled: refused, faults } = await child.ask("stop");
    expect(faults).toEqual([]);
    expect(answered).toBe(ran);
    expect(refused).toBeGreaterThan(0);
  });

  test("begin nothing by a request that comes with their greeting: the session is refused as a whole", async () => {
    const node = listeningNode();
    const go = deferred();
    let ran = 0;
    const served = await serve(node, CallService, {
      async call(note) {
        ran++;
        await go.promise;
        return note;
      },
    });
    const endpoint = served.endpoints[0]!;
    const connection = connectTo([endpoint], { security: insecure(), logger: silent });
    open.push(connection);
    const held = createClient(connection, CallService).call({ text: "held" });
    await until(20_000, "the call to arrive", () => ran === 1);
    const closing = node.close({ graceMs: 60_000 });
    await until(20_000, "the server to drain", () => node.serving.condition === "draining");
    for (let n = 0; n < 3; n++) {
      const peer = new RawPeer(endpoint);
      await peer.send(
        packet((writer) => {
          hello(writer);
          for (let id = 1; id <= 2; id++)
            frame(writer, FrameKind.Request, id, () => {
              writer.text(FrameField.method, CallService.call.path);
              writer.number(FrameField.codec, 1);
              writer.flag(FrameField.endStream);
              writer.bytesField(FrameField.payload, Buffer.alloc(0));
            });
        }),
      );
      const [part] = await peer.socket.receive();
      expect(Packet.decode(part!).frames).toMatchObject([
        {
          kind: FrameKind.Goaway,
          goaway: { lastCallId: 0n },
          status: { code: Code.Unavailable, reason: "DRAINING" },
        },
      ]);
      // Then goodbye.
      expect((await peer.socket.receive()).map(({ length }) => length)).toEqual([0]);
      peer.close();
    }
    go.resolve();
    expect((await held).text).toBe("held");
    await closing;
    expect(ran).toBe(1);
  });
});
