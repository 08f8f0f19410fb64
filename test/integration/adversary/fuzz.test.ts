import { Buffer } from "node:buffer";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Request, Router } from "zeromq";
import { FrameField, FrameKind } from "../../../src/wire/frame.js";
import type { PacketWriter } from "../../../src/wire/packet-writer.js";
import { type Child, startChild } from "../../support/child.js";
import { echoClient } from "../../support/echo-client.js";
import { Garbage } from "../../support/garbage.js";
import { Random } from "../../support/random.js";
import { ECHO_PATH, echoRequest, frame, hello, packet, RawPeer } from "../../support/raw-peer.js";
import { scaled } from "../../support/soak.js";
import { within } from "../../support/within.js";

const MIB = 1024 * 1024;
const SEED = Number(process.env["HELIOGRAPH_SEED"] ?? 4_711);
const BURSTS = 5;
const MESSAGES_PER_BURST = scaled(10_000, 100_000) / BURSTS;
const PEERS = 12;
const MESSAGES_PER_PEER = 25;
/** What ZeroMQ's queues and the allocator may add to what the second burst left. */
const PLATEAU_BYTES = 40 * MIB;
const HEAP_BYTES = 8 * MIB;

describe("a server among garbage", () => {
  let child: Child;
  let endpoint: string;
  let sessions = 0;
  let one: ReturnType<typeof echoClient>;
  let calling = true;
  let answered = 0;
  let healthy: Promise<void>;

  beforeAll(async () => {
    child = await startChild("echo-server");
    endpoint = child.hello.endpoint ?? "";
    one = echoClient(endpoint, {
      tap: ({ direction, parts }) => {
        if (direction === "out" && parts[0]?.[5] === FrameKind.Hello) sessions++;
        return parts;
      },
    });
    healthy = callOn();
  });

  afterAll(async () => {
    calling = false;
    // Every call of the healthy client got its answer, the whole time.
    await healthy;
    expect(answered).toBeGreaterThan(100);
    expect(sessions).toBe(1);
    await one.connection.close();
    expect(child.process.exitCode).toBe(null);
    await child.kill();
  });

  async function callOn(): Promise<void> {
    while (calling) {
      const text = `healthy ${answered}`;
      expect((await one.client.echo({ text })).text).toBe(text);
      answered++;
    }
  }

  const begin: [string, (writer: PacketWriter) => void][] = [
    ["a second HELLO", (writer) => hello(writer)],
    ["END", (writer) => frame(writer, FrameKind.End, 1)],
    ["WELCOME", (writer) => frame(writer, FrameKind.Welcome, 0)],
    [
      "a call id twice",
      (writer) => {
        echoRequest(writer, 1, { text: "never" });
        echoRequest(writer, 1, {});
      },
    ],
    [
      "more bytes than payload_size",
      (writer) => {
        frame(writer, FrameKind.Request, 1, () => {
          writer.text(FrameField.method, ECHO_PATH);
          writer.number(FrameField.codec, 1);
          writer.number(FrameField.payloadSize, 10);
          writer.flag(FrameField.more);
        });
        frame(writer, FrameKind.Request, 1, () => writer.bytesField(FrameField.payload, Buffer.alloc(11)));
      },
    ],
    ["a REQUEST without a method", (writer) => frame(writer, FrameKind.Request, 1)],
    [
      "a thousand PINGs",
      (writer) => {
        for (let i = 0; i < 1_000; i++) frame(writer, FrameKind.Ping, 0);
      },
    ],
  ];

  test.each(begin)("answers %s with GOAWAY", async (_what, write) => {
    const peer = new RawPeer(endpoint);
    await peer.send(packet((writer) => hello(writer)));
    await peer.send(packet(write));
    await within(20_000, "GOAWAY", untilGoaway(peer));
    peer.close();
  });

  test("answers a message without HELLO with GOAWAY", async () => {
    const peer = new RawPeer(endpoint);
    await peer.send(packet((writer) => echoRequest(writer, 1, {})));
    await within(20_000, "GOAWAY", untilGoaway(peer));
    peer.close();
  });

  test("gives memory to four large payloads of a session at a time, and refuses the fifth", async () => {
    const peer = new RawPeer(endpoint);
    await peer.send(packet((writer) => hello(writer)));
    const { rss: before = 0 } = await child.ask("stats");
    for (let id = 1; id <= 100; id++) {
      await peer.send(
        packet((writer) =>
          frame(writer, FrameKind.Request, id, () => {
            writer.text(FrameField.method, ECHO_PATH);
            writer.number(FrameField.codec, 1);
            writer.number(FrameField.payloadSize, 64 * MIB);
            writer.flag(FrameField.more);
            writer.bytesField(FrameField.payload, Buffer.alloc(1));
          }),
        ),
      );
    }
    const refused = new Set<number>();
    while (refused.size < 96) {
      for (const { kind, callId, notProcessed } of await within(20_000, "a refusal", peer.receive())) {
        if (kind === FrameKind.End && notProcessed) refused.add(callId);
      }
    }
    expect([...refused].sort((a, b) => a - b)[0]).toBe(5);
    const { rss: after = 0 } = await child.ask("stats");
    expect(after - before).toBeLessThan(5 * 64 * MIB);
    peer.close();
  });

  test("serves on, and its memory reaches a plateau", async () => {
    const random = new Random(SEED);
    const rss: number[] = [];
    const heap: number[] = [];
    const external: number[] = [];
    for (let burst = 0; burst < BURSTS; burst++) {
      await Promise.all([zmqGarbage(random), tcpGarbage(random)]);
      const stats = await child.ask("stats", 30_000);
      rss.push(stats.rss ?? 0);
      heap.push(stats.heapUsed ?? 0);
      external.push(stats.external ?? 0);
    }
    console.info(
      `MiB after each burst (seed ${SEED}): rss ${mib(rss)}; heap ${mib(heap)}; external ${mib(external)}`,
    );
    expect(Math.max(...heap.slice(2)) - heap[1]!).toBeLessThan(HEAP_BYTES);
    expect(Math.max(...rss.slice(2)) - rss[1]!).toBeLessThan(PLATEAU_BYTES);
    const { fds = 0 } = await child.ask("stats");
    expect(fds).toBeLessThan(100);
  });

  async function zmqGarbage(random: Random): Promise<void> {
    let left = MESSAGES_PER_BURST;
    const worker = async () => {
      while (left > 0) {
        const garbage = new Garbage(random);
        const socket = random.chance(0.1) ? new RawRouter(endpoint) : new RawPeer(endpoint);
        try {
          await socket.send(garbage.first());
          for (let n = 0; n < MESSAGES_PER_PEER && left > 0; n++, left--) await socket.send(garbage.next());
        } catch {
          // ZeroMQ dropped the connection, and the queue before it is full.
        }
        socket.close();
      }
    };
    await Promise.all([bareGarbage(random), ...Array.from({ length: PEERS }, worker)]);
  }

  async function bareGarbage(random: Random): Promise<void> {
    for (let n = 0; n < 20; n++) {
      const method = random.chance(0.5) ? random.bytes(30) : Buffer.from(ECHO_PATH);
      // What begins like a packet is one, and is answered by one.
      if (method[0] === 0x0a) continue;
      const socket = new Request({ linger: 0, receiveTimeout: 5_000 });
      socket.connect(endpoint);
      await socket.send([method, random.bytes(30)]);
      const [code] = await socket.receive();
      expect(String(code)).toMatch(/^[A-Z_]+$/);
      socket.close();
    }
  }

  async function tcpGarbage(random: Random): Promise<void> {
    const { hostname, port } = new URL(endpoint.replace("tcp:", "http:"));
    const greeting = Buffer.alloc(64);
    greeting.set([0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 1]);
    greeting.write("NULL", 12, "latin1");
    const ready = Buffer.from("\x04\x19\x05READY\x0bSocket-Type\x00\x00\x00\x06DEALER", "latin1");
    for (let n = 0; n < 40; n++) {
      const socket = connect(Number(port), hostname);
      const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
      socket.on("error", () => {});
      const start = random.pick([Buffer.alloc(0), greeting.subarray(0, random.below(64)), greeting]);
      socket.write(start);
      if (start === greeting && random.chance(0.7)) socket.write(ready);
      socket.write(random.bytes(random.below(500)));
      socket.resume();
      // Some are dropped at once; the others would be when the time for the handshake is over.
      await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, 20))]);
      socket.destroy();
    }
  }
});

/** A ROUTER where the server expects a DEALER. */
class RawRouter {
  readonly #socket = new Router({
    linger: 0,
    sendTimeout: 500,
    mandatory: true,
    reconnectInterval: 3_600_000,
  });

  constructor(endpoint: string) {
    this.#socket.connect(endpoint, { routingId: "server" });
  }

  send(parts: readonly Buffer[]): Promise<void> {
    return this.#socket.send(["server", ...parts]);
  }

  close(): void {
    this.#socket.close();
  }
}

function mib(bytes: readonly number[]): string {
  return bytes.map((each) => (each / MIB).toFixed(0)).join(", ");
}

async function untilGoaway(peer: RawPeer): Promise<void> {
  for (;;) {
    const frames = await peer.receive();
    if (frames.some(({ kind }) => kind === FrameKind.Goaway)) return;
  }
}
