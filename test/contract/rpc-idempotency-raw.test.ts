import { afterEach, describe, expect, test } from "vitest";
import { Code, connectTo, createClient, createNode, insecure, serve } from "../../src/index.js";
import { FrameField, FrameKind } from "../../src/wire/frame.js";
import type { PacketWriter } from "../../src/wire/packet-writer.js";
import { Note } from "../gen/heliograph/test/v1/call.js";
import { CallService } from "../gen/heliograph/test/v1/call_heliograph.js";
import { frame, hello, packet, RawPeer } from "../support/raw-peer.js";
import { until, within } from "../support/within.js";
import { type CallHandlers, deferred, failure, never, silent } from "./rpc-harness.js";

const open: AsyncDisposable[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each[Symbol.asyncDispose]()));
});

async function start(handlers: CallHandlers, endpoint = "tcp://127.0.0.1:*") {
  const node = createNode({ name: "server", security: insecure(), logger: silent });
  const close = () => node.close({ graceMs: 0 });
  open.push({ [Symbol.asyncDispose]: close });
  const served = await serve(node, CallService, handlers, { endpoint });
  return { served, close, endpoint: served.endpoints[0] ?? "" };
}

function raw(endpoint: string): RawPeer {
  const peer = new RawPeer(endpoint);
  open.push({ [Symbol.asyncDispose]: async () => peer.close() });
  return peer;
}

/** A REQUEST of Call with the key "k". */
function keyed(writer: PacketWriter, callId: number, more: (writer: PacketWriter) => void = () => {}): void {
  frame(writer, FrameKind.Request, callId, () => {
    writer.text(FrameField.method, `${CallService.$service}/Call`);
    writer.number(FrameField.codec, 1);
    writer.flag(FrameField.endStream);
    writer.text(FrameField.idempotencyKey, "k");
    more(writer);
    writer.bytesField(FrameField.payload, Note.encode(Note.create({ text: "a" })).finish());
  });
}

/** Ids of calls in the order of their ENDs. */
async function ends(peer: RawPeer, count: number): Promise<number[]> {
  const ids: number[] = [];
  while (ids.length < count) {
    for (const { kind, callId } of await within(20_000, `${count} ends`, peer.receive()))
      if (kind === FrameKind.End) ids.push(callId);
  }
  return ids;
}

describe("an idempotency key", () => {
  test("of one-way calls lets them run once, too, and goes on when their session is over", async () => {
    let runs = 0;
    const go = deferred();
    const { endpoint, served } = await start({
      call: async (note) => {
        runs++;
        await go.promise;
        return note;
      },
    });
    const oneWay = (writer: PacketWriter) => writer.flag(FrameField.oneWay);
    const gone = raw(endpoint);
    await gone.send(
      packet((writer) => {
        hello(writer);
        keyed(writer, 1, oneWay);
      }),
    );
    await until(20_000, "the call to run", () => runs === 1);
    gone.close();
    // Another session of the same instance.
    const peer = raw(endpoint);
    await peer.send(
      packet((writer) => {
        hello(writer);
        keyed(writer, 1, oneWay);
        keyed(writer, 2);
      }),
    );
    await until(20_000, "them to join", () => served.stats.idempotency.joined === 2);
    go.resolve();
    expect(await ends(peer, 2)).toEqual([1, 2]);
    await peer.send(packet((writer) => keyed(writer, 3, oneWay)));
    expect(await ends(peer, 1)).toEqual([3]);
    expect(runs).toBe(1);
    expect(served.stats.idempotency).toMatchObject({ joined: 2, replayed: 1, kept: 1 });
  });

  test("means nothing without a session, where it is not known who calls", async () => {
    let runs = 0;
    const { endpoint, served } = await start({
      call: (note) => {
        runs++;
        return note;
      },
    });
    const peer = raw(endpoint);
    for (const id of [1, 2]) await peer.send(["", ...packet((writer) => keyed(writer, id))].map(bytesOf));
    await until(20_000, "both to run", () => runs === 2);
    expect(served.stats.idempotency).toMatchObject({ running: 0, kept: 0 });
  });

  test("is of no use when the server was restarted at its endpoint: INSTANCE_GONE, and nothing runs there", async () => {
    const entered = deferred();
    const first = await start({
      call: () => {
        entered.resolve();
        return never();
      },
    });
    // Its connections just break: nobody says that the call failed.
    const connection = connectTo([first.endpoint], {
      security: insecure(),
      logger: silent,
      backoff: { initialMs: 1, maxMs: 10 },
      tap: ({ direction, parts }) => (direction === "in" && lost ? undefined : parts),
    });
    let lost = false;
    open.push(connection);
    const client = createClient(connection, CallService);
    const retry = { attempts: 3, backoff: { initialMs: 1 } };
    const answer = failure(client.call({}, { idempotencyKey: "k", retry, waitForReady: true }));
    await entered.promise;
    lost = true;
    await first.close();
    lost = false;
    let runs = 0;
    await start(
      {
        call: (note) => {
          runs++;
          return note;
        },
      },
      first.endpoint,
    );
    expect(await answer).toMatchObject({
      code: Code.Unavailable,
      reason: "INSTANCE_GONE",
      notProcessed: false,
    });
    expect(runs).toBe(0);
  });
});

function bytesOf(part: string | Uint8Array): Uint8Array {
  return typeof part === "string" ? new TextEncoder().encode(part) : part;
}
