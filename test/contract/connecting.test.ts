import { once } from "node:events";
import {
  type AddressInfo,
  createConnection,
  createServer,
  type Server as NetServer,
  type Socket,
} from "node:net";
import { describe, expect, test } from "vitest";
import { Router } from "zeromq";
import { Code, createClient, createNode, HeliographError, insecure, serve } from "../../src/index.js";
import { fakeClock } from "../../src/testing/index.js";
import { FrameField, FrameKind } from "../../src/wire/frame.js";
import { writeGoaway, writeWelcome } from "../../src/wire/handshake.js";
import { initialLimits } from "../../src/wire/limits.js";
import type { PacketWriter } from "../../src/wire/packet-writer.js";
import { writeStatus } from "../../src/wire/status.js";
import { Note } from "../gen/heliograph/test/v1/call.js";
import { CallService } from "../gen/heliograph/test/v1/call_heliograph.js";
import { Lateness } from "../support/lateness.js";
import { frame, hello, packet, RawPeer } from "../support/raw-peer.js";
import { deferred, failure, fired, harness, never, tcp } from "./rpc-harness.js";

const { serve: start, connect, own } = harness(tcp);
const echo = { call: (note: Note) => note };

const clientOf = (endpoints: string[], options?: Parameters<typeof connect>[1]) =>
  createClient(connect(endpoints, options), CallService);

/** An endpoint of this machine where nobody listens any more. */
async function deserted(): Promise<string> {
  const { node, endpoint } = await start({});
  await node.close();
  return endpoint;
}

/** A server that takes TCP connections and never says a word. */
async function mute(): Promise<{ endpoint: string; accepted: () => number; left: Promise<void> }> {
  const sockets: Socket[] = [];
  const left = deferred();
  const server: NetServer = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("close", () => left.resolve());
    socket.resume();
    sockets.push(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  own({
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  });
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return { endpoint: `tcp://127.0.0.1:${port}`, accepted: () => sockets.length, left: left.promise };
}

/** A ROUTER without anything of this kit behind it; `onMessage` may answer. */
async function rawServer(
  onMessage: (reply: (parts: Buffer[]) => Promise<void>, count: number) => Promise<void> | void = () => {},
): Promise<{ endpoint: string; router: Router }> {
  const router = new Router({ linger: 0 });
  await router.bind("tcp://127.0.0.1:*");
  own({ [Symbol.asyncDispose]: async () => router.close() });
  void (async () => {
    let count = 0;
    for await (const [routingId] of router) {
      await onMessage((parts) => router.send([routingId!, ...parts]), ++count);
    }
  })().catch(() => {});
  return { endpoint: router.lastEndpoint!, router };
}

const welcome = (
  writer: Parameters<Parameters<typeof packet>[0]>[0],
  version = 1,
  limits: Partial<typeof initialLimits> = {},
) =>
  frame(writer, FrameKind.Welcome, 0, () =>
    writeWelcome(
      writer,
      {
        versions: [1],
        node: "raw",
        instance: "raw",
        epoch: 1,
        features: [],
        heartbeatMs: 1000,
        limits: { ...initialLimits, ...limits },
      },
      version,
    ),
  );

describe("without a server", () => {
  test("a call fails at once, not processed, and says what to do", async () => {
    const endpoint = await deserted();
    using late = new Lateness();
    const before = performance.now();
    const error = await failure(clientOf([endpoint]).call({}));
    expect(performance.now() - before).toBeLessThan(1_000 + late.ms);
    expect(error).toMatchObject({
      code: Code.Unavailable,
      reason: "NO_INSTANCE",
      notProcessed: true,
      origin: "local",
    });
    expect(error.message).toContain(`nobody listens at ${endpoint}`);
    expect(error.message).toContain("start the server, or pass waitForReady: true");
    expect(error.message).toContain("heliograph.test.v1.CallService/Call");
  });

  test("a call of two endpoints names both", async () => {
    const endpoints = [await deserted(), await deserted()];
    const error = await failure(clientOf(endpoints).call({}));
    expect(error.message).toContain(
      `no server at ${endpoints.join(", ")}; the last one tried: nobody listens`,
    );
  });

  test("the deadline of a call that waited in vain says that it was never sent", async () => {
    const endpoint = await deserted();
    const error = await failure(clientOf([endpoint]).call({}, { waitForReady: true, timeoutMs: 50 }));
    expect(error).toMatchObject({
      code: Code.DeadlineExceeded,
      reason: "CALL_TIMED_OUT",
      notProcessed: true,
    });
    expect(error.message).toContain(`not sent within 50 ms (timeoutMs): there was no server at ${endpoint}`);
  });

  test("a call with waitForReady waits for one that starts later", async () => {
    const endpoint = await deserted();
    const client = clientOf([endpoint], { backoff: { initialMs: 20, maxMs: 50 } });
    const waiting = client.call({ text: "early" }, { waitForReady: true });
    // A round of attempts has failed by then.
    await failure(client.call({}));
    const node = createNode({ name: "late", security: insecure() });
    own(node);
    await serve(node, CallService, echo, { endpoint });
    expect(await waiting).toMatchObject({ text: "early" });
  });

  test("a call with waitForReady ends at its deadline", async () => {
    const client = clientOf([await deserted()], { backoff: { initialMs: 10 } });
    const error = await failure(client.call({}, { waitForReady: true, timeoutMs: 60 }));
    expect(error).toMatchObject({ code: Code.DeadlineExceeded });
  });

  test("a call with waitForReady can be cancelled", async () => {
    const controller = new AbortController();
    const client = clientOf([await deserted()]);
    const call = failure(client.call({}, { waitForReady: true, signal: controller.signal }));
    await failure(client.call({}));
    controller.abort();
    expect(await call).toMatchObject({ code: Code.Cancelled });
  });

  test("a host that has no address is named", async () => {
    const client = clientOf(["tcp://no-such-host.invalid:5555"], { security: insecure({ remote: true }) });
    const error = await failure(client.call({}));
    expect(error).toMatchObject({ code: Code.Unavailable, notProcessed: true });
    expect(error.message).toContain("the host of tcp://no-such-host.invalid:5555 has no address");
  });

  test("a request that can't be encoded is the caller's own fault", async () => {
    const error = await failure(clientOf([await deserted()]).call({ text: 1 as unknown as string }));
    expect(error).toMatchObject({ code: Code.InvalidArgument, reason: "MALFORMED_MESSAGE" });
  });
});

describe("a server that does not speak", () => {
  test("after TCP's handshake: connectTimeoutMs ends attempt and call, not processed", async () => {
    const { endpoint } = await mute();
    const error = await failure(clientOf([endpoint], { connectTimeoutMs: 100 }).call({}));
    expect(error).toMatchObject({ code: Code.Unavailable, notProcessed: true });
    expect(error.message).toContain("within 100 ms");
  });

  test("after ZeroMQ's handshake: nothing but HELLO was sent, so the call was not processed", async () => {
    let messages = 0;
    const { endpoint } = await rawServer((_reply, count) => {
      messages = count;
    });
    const error = await failure(clientOf([endpoint], { connectTimeoutMs: 100 }).call({}));
    expect(error).toMatchObject({ code: Code.Unavailable, reason: "CONNECT_TIMED_OUT", notProcessed: true });
    expect(error.message).toContain("within 100 ms");
    expect(messages).toBe(1);
  });

  test("is left for the next endpoint, in both cases", async () => {
    const good = await start(echo);
    const silent = await mute();
    const raw = await rawServer();
    const client = clientOf([silent.endpoint, raw.endpoint, good.endpoint], { connectTimeoutMs: 100 });
    await client.call({}, { waitForReady: true });
  });

  test("but the deadline of a call is shorter than connectTimeoutMs", async () => {
    const { endpoint } = await mute();
    expect(await failure(clientOf([endpoint]).call({}, { timeoutMs: 50 }))).toMatchObject({
      code: Code.DeadlineExceeded,
    });
  });
});

describe("a connection that breaks before the ZeroMQ handshake is done", () => {
  /** A way to the server, for the first who comes; it hangs up on all others, and on the first when it is told. */
  async function gate(target: string) {
    const port = Number(target.split(":").at(-1));
    const accepted: Socket[] = [];
    const server = createServer((socket) => {
      accepted.push(socket.on("error", () => {}));
      if (accepted.length > 1) socket.destroy();
      else socket.pipe(createConnection(port, "127.0.0.1").on("error", () => {})).pipe(socket);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    own({ [Symbol.asyncDispose]: async () => void server.close() });
    const address = server.address() as AddressInfo;
    return { endpoint: `tcp://127.0.0.1:${address.port}`, shut: () => accepted[0]?.destroy() };
  }

  test("says that and no more where a server was before: it was dying", async () => {
    const { endpoint, shut } = await gate((await start(echo)).endpoint);
    const client = clientOf([endpoint]);
    await client.call({});
    shut();
    // The first may still be sent on the connection that breaks.
    await failure(client.call({}));
    const error = await failure(client.call({}));
    expect(error).toMatchObject({ code: Code.Unavailable, reason: "NO_INSTANCE", notProcessed: true });
    expect(error.message).toContain(
      `the connection to ${endpoint} broke before the ZeroMQ handshake was done; start`,
    );
  });

  test("may mean another protocol where no server was before", async () => {
    const { endpoint, shut } = await gate((await start(echo)).endpoint);
    const other = new RawPeer(endpoint);
    own({ [Symbol.asyncDispose]: async () => other.close() });
    await other.send(packet((writer) => hello(writer)));
    await other.receive();
    const error = await failure(clientOf([endpoint]).call({}));
    expect(error).toMatchObject({ code: Code.Unavailable, reason: "HANDSHAKE_FAILED", notProcessed: true });
    expect(error.message).toContain("what listens there was just ending, or speaks another protocol");
    shut();
  });
});

describe("versions", () => {
  test("a server that shares none with the client says so, and nothing was processed", async () => {
    const refusal = new HeliographError(Code.Unimplemented, "the peer speaks version 1, this side 2", {
      reason: "VERSION_UNSUPPORTED",
    });
    const { endpoint } = await rawServer((reply) =>
      reply(packet((writer) => frame(writer, FrameKind.Goaway, 0, () => writeGoaway(writer, 0, 0, refusal)))),
    );
    const error = await failure(clientOf([endpoint]).call({}));
    expect(error).toMatchObject({ reason: "VERSION_UNSUPPORTED", notProcessed: true });
  });

  test("a server that picks one which the client does not speak is left", async () => {
    const { endpoint } = await rawServer((reply) => reply(packet((writer) => welcome(writer, 9))));
    const error = await failure(clientOf([endpoint]).call({}));
    expect(error).toMatchObject({ code: Code.Unavailable, notProcessed: true });
    expect(error.message).toContain("the peer speaks version 9 of the protocol, this side 1");
  });
});

describe("several endpoints", () => {
  test("are tried in order, and the first that answers is used", async () => {
    const first = await start({ call: () => Note.create({ text: "first" }) });
    const second = await start({ call: () => Note.create({ text: "second" }) });
    const client = clientOf([await deserted(), first.endpoint, second.endpoint]);
    for (let i = 0; i < 3; i++) expect(await client.call({})).toMatchObject({ text: "first" });
  });

  test("of which one says nothing cost a fraction of what an attempt may take; it is left when another answers", async () => {
    const silent = await mute();
    const raw = await rawServer();
    const good = await start(echo);
    const client = clientOf([silent.endpoint, raw.endpoint, good.endpoint]);
    expect(await client.call({ text: "soon" })).toMatchObject({ text: "soon" });
    await silent.left;
    expect(silent.accepted()).toBe(1);
  });

  test("when the one in use breaks, calls go to the next; those in flight end with an unknown fate", async () => {
    const entered = deferred<AbortSignal>();
    const first = await start({
      call: (_note, ctx) => {
        entered.resolve(ctx.signal);
        return never();
      },
    });
    const second = await start({ call: () => Note.create({ text: "second" }) });
    const client = clientOf([first.endpoint, second.endpoint]);
    const inFlight = failure(client.call({}));
    await entered.promise;
    const closing = first.node.close({ graceMs: 0 });
    expect(await inFlight).toMatchObject({ code: Code.Unavailable, notProcessed: false });
    await closing;
    expect(await client.call({})).toMatchObject({ text: "second" });
  });

  test("a server that drains finishes what it admitted, and later calls go elsewhere at once", async () => {
    const entered = deferred();
    const go = deferred();
    const first = await start({
      call: async (note) => {
        entered.resolve();
        await go.promise;
        return note;
      },
      other: () => Note.create({ text: "first" }),
    });
    const second = await start({ other: () => Note.create({ text: "second" }) });
    const client = clientOf([first.endpoint, second.endpoint]);
    const admitted = client.call({ text: "admitted" });
    await entered.promise;
    const closing = first.node.close({ graceMs: 5_000 });
    const answers = new Set<string>();
    for (let i = 0; i < 20 && !answers.has("second"); i++) {
      answers.add(
        await client.other({}).then(
          ({ text }) => text,
          ({ notProcessed }: HeliographError) => `${notProcessed}`,
        ),
      );
    }
    expect([...answers].filter((answer) => answer !== "true").at(-1)).toBe("second");
    expect(answers).not.toContain("false");
    go.resolve();
    expect(await admitted).toMatchObject({ text: "admitted" });
    await closing;
    expect(await client.other({})).toMatchObject({ text: "second" });
  });
});

describe("a connection that breaks", () => {
  test("is made again, with backoff, by a new session; waiting calls are served by it", async () => {
    const first = await start(echo);
    const clock = fakeClock();
    const connection = connect([first.endpoint], { clock, backoff: { initialMs: 200, jitter: 0 } });
    const client = createClient(connection, CallService);
    await client.call({});
    clock.advance(1_000);
    await first.node.close();
    // Whether this one is still sent depends on who notices first; it fails either way.
    const refused = failure(client.call({}));
    clock.advance(50);
    expect(await refused).toMatchObject({ code: Code.Unavailable });
    const node = createNode({ name: "again", security: insecure() });
    own(node);
    await serve(node, CallService, echo, { endpoint: first.endpoint });
    const waiting = client.call({ text: "again" }, { waitForReady: true });
    let answered = false;
    void waiting.finally(() => {
      answered = true;
    });
    while (!answered) {
      clock.advance(1);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await waiting).toMatchObject({ text: "again" });
  });

  test("while its calls are in flight ends them with a fate that can't be known, and fires the handlers' signals", async () => {
    const entered = deferred<AbortSignal>();
    const { endpoint } = await start({
      call: (_note, ctx) => {
        entered.resolve(ctx.signal);
        return never();
      },
    });
    const connection = connect([endpoint]);
    const call = failure(createClient(connection, CallService).call({}));
    const signal = await entered.promise;
    await connection.close();
    expect((await call).code).toBe(Code.Cancelled);
    expect(await fired(signal)).toMatchObject({ reason: "PEER_GONE" });
  });

  test("by GOAWAY: calls above last_call_id were not processed, of those below it can't be known", async () => {
    const fault = new HeliographError(Code.Internal, "something broke", { reason: "PROTOCOL_VIOLATION" });
    const { endpoint } = await rawServer((reply, count) =>
      count > 1
        ? undefined
        : reply(
            packet((writer) => {
              welcome(writer);
              frame(writer, FrameKind.Goaway, 0, () => writeGoaway(writer, 1, 0, fault));
            }),
          ),
    );
    const client = clientOf([endpoint], { connectTimeoutMs: 200 });
    const [first, second] = await Promise.all([failure(client.call({})), failure(client.call({}))]);
    expect(first).toMatchObject({ code: Code.Unavailable, reason: "CONNECTION_LOST", notProcessed: false });
    expect(second).toMatchObject({ code: Code.Internal, notProcessed: true, origin: "peer" });
  });

  test("by GOAWAY: a call above last_call_id, and one that waited for it, are made in the next session, after WELCOME", async () => {
    const answer = (writer: PacketWriter, id: number) =>
      frame(writer, FrameKind.End, id, () => writer.bytesField(FrameField.payload, new Uint8Array()));
    const welcomed = (writer: PacketWriter) => welcome(writer, 1, { maxCalls: 1 });
    const replies = [
      packet((writer) => {
        welcomed(writer);
        answer(writer, 1);
      }),
      packet((writer) => frame(writer, FrameKind.Goaway, 0, () => writeGoaway(writer, 1, 5_000, undefined))),
      packet(welcomed),
      packet((writer) => answer(writer, 1)),
      packet((writer) => answer(writer, 2)),
    ];
    const { endpoint } = await rawServer((reply, count) => reply(replies[count - 1]!));
    const client = clientOf([endpoint]);
    expect(await client.call({})).toEqual(Note.create());
    expect(await Promise.all([client.call({}), client.call({})])).toEqual([Note.create(), Note.create()]);
  });

  test("a server that begins to drain before it has welcomed the client is left, and its calls go to another", async () => {
    const { endpoint } = await rawServer((reply, count) =>
      count > 1
        ? undefined
        : reply(
            packet((writer) => {
              frame(writer, FrameKind.Goaway, 0, () => writeGoaway(writer, 1, 5_000, undefined));
              welcome(writer);
            }),
          ),
    );
    const good = await start({ call: () => Note.create({ text: "another" }) });
    const client = clientOf([endpoint, good.endpoint]);
    expect(await client.call({})).toMatchObject({ text: "another" });
  });

  test("END for a call that was never made is a fault of the server; for one that is over it is ignored", async () => {
    let id = 1;
    const { endpoint } = await rawServer((reply) =>
      reply(
        packet((writer) => {
          if (id === 1) welcome(writer);
          frame(writer, FrameKind.End, id, () => writer.bytesField(FrameField.payload, new Uint8Array()));
          frame(writer, FrameKind.End, id, () =>
            writeStatus(writer, new HeliographError(Code.Aborted, "late")),
          );
          id++;
        }),
      ),
    );
    const client = clientOf([endpoint]);
    expect(await client.call({})).toEqual(Note.create());
    expect(await client.call({})).toEqual(Note.create());
    id = 99;
    expect(await failure(client.call({}))).toMatchObject({
      code: Code.Unavailable,
      message: expect.stringContaining("a frame of kind 8 for call 99, which was never made"),
    });
  });

  test("END without a message and without a status is UNIMPLEMENTED for its call alone", async () => {
    let id = 0;
    const { endpoint } = await rawServer((reply) =>
      reply(
        packet((writer) => {
          if (id === 0) welcome(writer);
          frame(writer, FrameKind.End, ++id);
        }),
      ),
    );
    const client = clientOf([endpoint]);
    for (let i = 0; i < 2; i++) {
      expect(await failure(client.call({}))).toMatchObject({
        code: Code.Unimplemented,
        reason: "PROTOCOL_VIOLATION",
      });
    }
  });
});

test("a request whose chunks stop arriving is ended by its deadline, on the server too", async () => {
  const clock = fakeClock();
  const { endpoint } = await start(echo, { node: { clock } });
  const peer = new RawPeer(endpoint);
  own({ [Symbol.asyncDispose]: async () => peer.close() });
  await peer.send(
    packet((writer) => {
      hello(writer);
      frame(writer, FrameKind.Request, 1, () => {
        writer.text(FrameField.method, "heliograph.test.v1.CallService/Call");
        writer.number(FrameField.codec, 1);
        writer.number(FrameField.timeoutMs, 1_000);
        writer.number(FrameField.payloadSize, 1_000_000);
        writer.flag(FrameField.more);
        writer.bytesField(FrameField.payload, new Uint8Array(100));
      });
    }),
  );
  expect(await peer.receive()).toMatchObject([{ kind: FrameKind.Welcome }]);
  clock.advance(1_010);
  expect(await peer.receive()).toEqual([{ kind: FrameKind.End, callId: 1, notProcessed: true }]);
});

test("closing twice awaits the first, on both sides, with calls in flight", async () => {
  const entered = deferred();
  const { node, endpoint } = await start({
    call: () => {
      entered.resolve();
      return never();
    },
  });
  const connection = connect([endpoint]);
  const call = failure(createClient(connection, CallService).call({}));
  await entered.promise;
  await Promise.all([
    node.close({ graceMs: 0 }),
    node.close({ graceMs: 0 }),
    connection.close(),
    connection.close(),
  ]);
  expect([Code.Cancelled, Code.Unavailable]).toContain((await call).code);
});
