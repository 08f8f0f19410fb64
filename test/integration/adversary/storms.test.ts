import type { Buffer } from "node:buffer";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { afterAll, describe, expect, test } from "vitest";
import { Router } from "zeromq";
import { Code, HeliographError } from "../../../src/index.js";
import { FrameKind } from "../../../src/wire/frame.js";
import { writeGoaway, writeWelcome } from "../../../src/wire/handshake.js";
import { initialLimits } from "../../../src/wire/limits.js";
import type { PacketWriter } from "../../../src/wire/packet-writer.js";
import { echoClient } from "../../support/echo-client.js";
import { frame, packet } from "../../support/raw-peer.js";

const STORM_MS = 1_200;
/** Backoff of 200 ms, doubling, half of it left to chance: at 0, then at least at 100, 300, 700 and 1,500 ms. */
const DIALS_ALONE = 5;
/** A call that wants a connection may have one tried ahead of the backoff, but not twice within 50 ms. */
const DIALS_ON_DEMAND = STORM_MS / 50 + 3;

const open: AsyncDisposable[] = [];
afterAll(async () => {
  await Promise.all(open.splice(0).map((each) => each[Symbol.asyncDispose]()));
});

interface Bad {
  readonly endpoint: string;
  /** Connections that were made to it. */
  dials: number;
}

/** Accepts and breaks off at once. */
async function dyingServer(): Promise<Bad> {
  const sockets = new Set<Socket>();
  const bad = { endpoint: "", dials: 0 };
  const server = createServer((socket) => {
    bad.dials++;
    sockets.add(socket);
    socket.on("error", () => {});
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  bad.endpoint = `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
  open.push({ [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())) });
  return bad;
}

/** Speaks ZeroMQ, and answers each HELLO with what `write` says and the notice that the connection is over. */
async function rejectingServer(write: (writer: PacketWriter) => void, breaksOff: boolean): Promise<Bad> {
  const router = new Router({ linger: 0, sendTimeout: 0 });
  await router.bind("tcp://127.0.0.1:*");
  const bad = { endpoint: router.lastEndpoint ?? "", dials: 0 };
  const seen = new Set<string>();
  const done = (async () => {
    for (;;) {
      const [id] = await router.receive();
      if (seen.has(id!.toString("hex"))) continue;
      seen.add(id!.toString("hex"));
      bad.dials++;
      const send = (parts: (Buffer | string)[]) => router.send([id!, ...parts]).catch(() => {});
      await send(packet(write));
      if (breaksOff) await send([""]);
    }
  })().catch(() => {});
  open.push({
    async [Symbol.asyncDispose]() {
      router.close();
      await done;
    },
  });
  return bad;
}

const welcome = (writer: PacketWriter) =>
  frame(writer, FrameKind.Welcome, 0, () =>
    writeWelcome(
      writer,
      {
        versions: [1],
        node: "x",
        instance: "x",
        epoch: 1,
        features: [],
        heartbeatMs: 1000,
        limits: initialLimits,
      },
      1,
    ),
  );

const goaway = (writer: PacketWriter, error?: HeliographError) =>
  frame(writer, FrameKind.Goaway, 0, () => writeGoaway(writer, 0, 0, error));

const draining = new HeliographError(Code.Unavailable, "the server is shutting down", { reason: "DRAINING" });

describe.concurrent.each<[string, () => Promise<Bad>]>([
  ["accepts and dies at once", dyingServer],
  ["welcomes and dies at once", () => rejectingServer(welcome, true)],
  ["answers HELLO with GOAWAY", () => rejectingServer((writer) => goaway(writer, draining), false)],
  [
    "welcomes and drains at once",
    () =>
      rejectingServer((writer) => {
        welcome(writer);
        goaway(writer);
      }, false),
  ],
])("a server that %s", (_what, start) => {
  test("is dialed no faster than the backoff says, when nobody calls on", async () => {
    const bad = await start();
    const { connection, client } = echoClient(bad.endpoint);
    open.push(connection);
    const end = await client.echo({}).catch((error: unknown) => error);
    expect(end).toBeInstanceOf(HeliographError);
    await passed(STORM_MS);
    expect(bad.dials).toBeGreaterThan(1);
    expect(bad.dials).toBeLessThanOrEqual(DIALS_ALONE);
  });

  test("is dialed at most every 50 ms, however many call on", async () => {
    const bad = await start();
    const { connection, client } = echoClient(bad.endpoint);
    open.push(connection);
    const stopAt = performance.now() + STORM_MS;
    let ended = 0;
    await Promise.all(
      Array.from({ length: 10 }, async () => {
        while (performance.now() < stopAt) {
          const end = await client.echo({}, { timeoutMs: 2_000 }).catch((error: unknown) => error);
          expect(end).toMatchObject({ code: Code.Unavailable });
          ended++;
        }
      }),
    );
    expect(ended).toBeGreaterThan(10);
    expect(bad.dials).toBeLessThanOrEqual(DIALS_ON_DEMAND);
  });
});

/** The time in which the dials are counted: not to wait for something, but to see how little happens. */
function passed(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
