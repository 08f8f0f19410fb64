import { once } from "node:events";
import { existsSync, linkSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { Dealer, Request, Router } from "zeromq";
import type { Dialer, DialerEvents } from "../../src/socket/socket.js";
import type { ZmqOptions } from "../../src/socket/zmq-options.js";
import { zmqSockets } from "../../src/socket/zmq-socket.js";
import { Lateness } from "../support/lateness.js";
import { DialerProbe, ListenerProbe, message, newRoutingId } from "./socket-probe.js";

const open: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function listen(endpoint = "tcp://127.0.0.1:*", options?: ZmqOptions) {
  const heard = new ListenerProbe();
  const listener = await zmqSockets(options).listen(endpoint, heard);
  open.push(() => listener.close());
  return { listener, heard };
}

function dial(endpoint: string, options?: ZmqOptions, told: DialerEvents & DialerProbe = new DialerProbe()) {
  const dialer: Dialer = zmqSockets(options).dial(endpoint, told, { routingId: newRoutingId() });
  open.push(() => dialer.close());
  return { dialer, told };
}

function track<T extends { close(): void }>(socket: T): T {
  open.push(() => socket.close());
  return socket;
}

function openFiles(): number {
  return process.platform === "linux" ? readdirSync("/proc/self/fd").length : 0;
}

function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

const ZMTP_PING = Buffer.from([4, 7, 4, ...Buffer.from("PING"), 0, 0]);

function zmtpGreeting(): Buffer {
  const greeting = Buffer.alloc(64);
  greeting.set([0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0]);
  greeting.write("NULL", 12);
  return greeting;
}

function zmtpReady(socketType: string): Buffer {
  const body = Buffer.from(
    `\x05READY\x0bSocket-Type\0\0\0${String.fromCharCode(socketType.length)}${socketType}`,
  );
  return Buffer.concat([Buffer.from([4, body.length]), body]);
}

function zmtpMessage(text: string): Buffer {
  return Buffer.concat([Buffer.from([0, text.length]), Buffer.from(text)]);
}

/** A plain TCP server that is not ZeroMQ. */
async function serve(onConnection: Parameters<typeof createServer>[1]): Promise<string> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    onConnection?.(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  open.push(() => server.close());
  return `tcp://127.0.0.1:${(server.address() as { port: number }).port}`;
}

describe("dialing over tcp", () => {
  test("looks a host name up, and what was sent meanwhile arrives", async () => {
    const { listener, heard } = await listen();
    const { dialer } = dial(listener.endpoint.replace("127.0.0.1", "localhost"));
    dialer.send(message("early"));
    await heard.untilReceived(1);
    expect(heard.texts).toEqual([["early"]]);
  });

  test("closes as unresolved when there is no such host", async () => {
    const { told } = dial("tcp://no-such-host.invalid:5555");
    await told.untilClosed();
    expect(told.reason).toBe("unresolved");
    expect(told.endings[0]!.cause?.message).toContain("no-such-host.invalid");
  });

  test("delivers what was sent while the name was looked up, even if it closes at once", async () => {
    const { listener, heard } = await listen();
    const { dialer, told } = dial(listener.endpoint.replace("127.0.0.1", "localhost"));
    dialer.send(message("early"));
    await dialer.close();
    await heard.untilReceived(1);
    expect(told.endings.map(({ reason }) => reason)).toEqual(["closed"]);
  });

  test("is refused in well under a second", async () => {
    using late = new Lateness();
    const startedAt = performance.now();
    const { told } = dial("tcp://127.0.0.1:1");
    await told.untilClosed();
    expect(told.reason).toBe("refused");
    expect(performance.now() - startedAt).toBeLessThan(500 + late.ms);
  });

  test("reports a handshake that never comes", async () => {
    const endpoint = await serve(() => {});
    const { told } = dial(endpoint, { handshakeMs: 100 });
    await told.untilClosed();
    expect([told.reason, told.openings]).toEqual(["handshake-failed", 0]);
  });

  test("reports a handshake that is broken off, with the cause", async () => {
    const endpoint = await serve((socket) => socket.destroy());
    const { told } = dial(endpoint);
    await told.untilClosed();
    expect(told.reason).toBe("broken-off");
    expect(told.endings[0]!.cause).toBeInstanceOf(Error);
  });

  test("reports a ZeroMQ socket of a kind that does not fit", async () => {
    const request = track(new Request());
    await request.bind("tcp://127.0.0.1:*");
    const { told } = dial(request.lastEndpoint!);
    await told.untilClosed();
    expect(told.reason).toBe("handshake-failed");
  });

  test("can be closed at any time while nothing answers", async () => {
    const endpoint = await serve(() => {});
    const { dialer, told } = dial(endpoint);
    dialer.send(message("never"));
    await dialer.close({ lingerMs: 50 });
    expect(told.endings.map(({ reason }) => reason)).toEqual(["closed"]);
  });

  test("ends when a peer that does not read has let more than the limit pile up", async () => {
    const router = track(new Router({ receiveHighWaterMark: 1 }));
    await router.bind("tcp://127.0.0.1:*");
    const { dialer, told } = dial(router.lastEndpoint!, { highWaterMark: 8 });
    const part = Buffer.alloc(1024 * 1024);
    let sent = 0;
    while (dialer.send([part]) > 0) {
      sent += 1;
      await new Promise((resolve) => setImmediate(resolve));
    }
    await told.untilClosed();
    expect(told.reason).toBe("disconnected");
    expect(told.endings[0]!.cause).toMatchObject({ reason: "QUEUE_FULL" });
    expect(sent).toBeLessThan(200);
  });

  test("ends when the peer sends a part above the limit", async () => {
    const { listener, heard } = await listen();
    const { dialer, told } = dial(listener.endpoint, { maxPartBytes: 1000 });
    dialer.send(message("hello"));
    await heard.untilReceived(1);
    const { routingId } = heard.received[0]!;
    listener.send(routingId, [Buffer.alloc(1000)]);
    listener.send(routingId, [Buffer.alloc(1001)]);
    await told.untilClosed();
    expect(told.received.map((parts) => parts[0]!.length)).toEqual([1000]);
    expect(told.reason).toBe("disconnected");
  });
});

describe("listening over tcp", () => {
  test("cuts off a peer that does not read, after a bounded number of messages, and serves the others", async () => {
    const { listener, heard } = await listen("tcp://127.0.0.1:*", { highWaterMark: 8 });
    const slow = track(new Dealer({ linger: 0, receiveHighWaterMark: 1 }));
    slow.connect(listener.endpoint);
    await slow.send("hello");
    await heard.untilReceived(1);
    const { routingId } = heard.received[0]!;
    const slowId = routingId.toString("hex");
    const part = Buffer.alloc(1024 * 1024);
    let sent = 0;
    while (!heard.departed.has(slowId)) {
      listener.send(routingId, [part]);
      sent += 1;
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(sent).toBeLessThan(200);
    const { dialer, told } = dial(listener.endpoint);
    heard.onMessage = (id, parts) => listener.send(id, parts);
    dialer.send(message("still there?"));
    await told.untilReceived(1);
    expect(listener.send(routingId, message("no more"))).toBe(0);
  });

  test("cuts off a plain ZeroMQ peer: it is told, and nothing of it arrives any more", async () => {
    const { listener, heard } = await listen();
    const plain = track(new Dealer({ linger: 100 }));
    plain.connect(listener.endpoint);
    await plain.send("hello");
    await heard.untilReceived(1);
    const { routingId } = heard.received[0]!;
    await listener.disconnect(routingId);
    expect(heard.departed.has(routingId.toString("hex"))).toBe(true);
    expect((await plain.receive()).map(String)).toEqual([""]);
    expect(listener.send(routingId, message("no more"))).toBe(0);
    await plain.send("still here");
    heard.departed.clear();
    plain.close();
    await heard.untilLeft(routingId);
    expect(heard.received.length).toBe(1);
  });

  test("tells a peer that was cut off with a full queue when it sends again", async () => {
    const { listener, heard } = await listen("tcp://127.0.0.1:*", { highWaterMark: 8 });
    const slow = track(new Dealer({ linger: 0, receiveHighWaterMark: 1 }));
    slow.connect(listener.endpoint);
    await slow.send("hello");
    await heard.untilReceived(1);
    const { routingId } = heard.received[0]!;
    while (heard.departed.size === 0) {
      listener.send(routingId, [Buffer.alloc(1024 * 1024)]);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await slow.send("ready again");
    let parts: Buffer[];
    do {
      parts = await slow.receive();
      await slow.send("?");
    } while (parts[0]!.length > 0);
    expect(heard.received.length).toBe(1);
  });

  test("keeps no descriptors of peers that were cut off, sent on and left", async () => {
    const { listener, heard } = await listen();
    const before = openFiles();
    for (let i = 0; i < 50; i += 1) {
      const plain = new Dealer({ linger: 100 });
      plain.connect(listener.endpoint);
      await plain.send("hello");
      await heard.untilReceived(i + 1);
      const { routingId } = heard.received[i]!;
      await listener.disconnect(routingId);
      await plain.send("more");
      heard.departed.clear();
      plain.close();
      await heard.untilLeft(routingId);
    }
    expect(openFiles()).toBeLessThan(before + 20);
  });

  test("survives a peer that floods it with messages and heartbeats while its loop is blocked, and breaks off", async () => {
    const { listener, heard } = await listen();
    const port = Number(listener.endpoint.split(":").at(-1));
    const bytes = Array.from({ length: 700 }, (_, i) =>
      i % 3 ? [zmtpMessage("hello")] : [zmtpMessage("hello"), ZMTP_PING],
    ).flat();
    for (let i = 0; i < 10; i += 1) {
      const peer = connect(port, "127.0.0.1");
      await once(peer, "connect");
      peer.write(Buffer.concat([zmtpGreeting(), zmtpReady("DEALER")]));
      await once(peer, "data");
      await new Promise((resolve) => setImmediate(resolve));
      await new Promise((resolve) => peer.write(Buffer.concat(bytes), resolve));
      block(20);
      peer.resetAndDestroy();
      block(20);
    }
    const { dialer } = dial(listener.endpoint);
    dialer.send(message("sane"));
    await heard.until(() => heard.texts.some(([text]) => text === "sane"));
  });

  test("survives peers that send garbage instead of a handshake, or within it", async () => {
    const { listener, heard } = await listen();
    const port = Number(listener.endpoint.split(":").at(-1));
    const starts = [Buffer.alloc(0), zmtpGreeting(), Buffer.concat([zmtpGreeting(), zmtpReady("DEALER")])];
    const closed: Promise<unknown>[] = [];
    for (let i = 0; i < 60; i += 1) {
      const peer = connect(port, "127.0.0.1");
      peer.on("error", () => {});
      closed.push(once(peer.resume(), "close"));
      const garbage = Buffer.from(Array.from({ length: i * 3 }, (_, k) => (k * 31 + i * 7) & 0xff));
      peer.end(Buffer.concat([starts[i % 3]!, garbage]));
    }
    await Promise.all(closed);
    const { dialer } = dial(listener.endpoint);
    dialer.send(message("sane"));
    await heard.until(() => heard.texts.some(([text]) => text === "sane"));
  });

  test("answers a bare REQ socket, whose routing id begins with a zero", async () => {
    const { listener, heard } = await listen();
    heard.onMessage = (id, parts) => listener.send(id, [...parts, Buffer.from("reply")]);
    const request = track(new Request({ linger: 0 }));
    request.connect(listener.endpoint);
    await request.send(["a.B/C", "bytes"]);
    expect((await request.receive()).map(String)).toEqual(["a.B/C", "bytes", "reply"]);
    expect(heard.received[0]!.routingId[0]).toBe(0);
    await listener.disconnect(heard.received[0]!.routingId);
  });

  test("takes a forged notice of departure as one, and goes on", async () => {
    const { listener, heard } = await listen();
    const plain = track(new Dealer({ linger: 0 }));
    plain.connect(listener.endpoint);
    await plain.send("hello");
    await plain.send("");
    await plain.send("again");
    await heard.untilReceived(2);
    expect(heard.departed.size).toBe(1);
    expect(heard.texts).toEqual([["hello"], ["again"]]);
  });

  test.each([
    ["tcp://127.0.0.1:99999", "tcp://"],
    ["tcp://127.0.0.1", "tcp://"],
    ["tcp://a b:1", "tcp://"],
    ["udp://127.0.0.1:1", "inproc://"],
    ["", "inproc://"],
    [`ipc:///${"x".repeat(120)}`, "121 bytes"],
    ["tcp://192.0.2.1:5555", "not one of this machine"],
    ["tcp://no-such-host.invalid:5555", "no-such-host.invalid"],
    ["ipc:///no/such/folder/socket", "folder"],
  ])("refuses %j and says why", async (endpoint, hint) => {
    const error: unknown = await listen(endpoint).catch((thrown) => thrown);
    expect(error).toMatchObject({ reason: "BAD_OPTION" });
    expect((error as Error).message).toContain(hint);
  });

  test("binds to a host name and to IPv6", async () => {
    const named = await listen("tcp://localhost:*");
    expect(named.listener.endpoint).toMatch(/^tcp:\/\/127\.0\.0\.1:\d+$/);
    const { listener, heard } = await listen("tcp://[::1]:*");
    expect(listener.endpoint).toMatch(/^tcp:\/\/\[::1\]:\d+$/);
    dial(listener.endpoint).dialer.send(message("six"));
    await heard.untilReceived(1);
  });
});

describe("listening over ipc", () => {
  async function folder(): Promise<string> {
    const path = await mkdtemp(join(tmpdir(), "heliograph-"));
    open.push(() => rm(path, { recursive: true }));
    return path;
  }

  test("replaces a socket that a dead process has left, and removes its own", async () => {
    const path = join(await folder(), "socket");
    const server = createServer().listen(`${path}.dead`);
    await once(server, "listening");
    linkSync(`${path}.dead`, path);
    server.close();
    await once(server, "close");
    const { listener, heard } = await listen(`ipc://${path}`);
    dial(`ipc://${path}`).dialer.send(message("hello"));
    await heard.untilReceived(1);
    await listener.close();
    expect(existsSync(path)).toBe(false);
  });

  test("does not touch a file that is not a socket", async () => {
    const path = join(await folder(), "letter");
    writeFileSync(path, "dear reader");
    const error: unknown = await listen(`ipc://${path}`).catch((thrown) => thrown);
    expect(error).toMatchObject({ reason: "BAD_OPTION" });
    expect(readFileSync(path, "utf8")).toBe("dear reader");
  });

  test("chooses a path for a wildcard", async () => {
    const { listener, heard } = await listen("ipc://*");
    dial(listener.endpoint).dialer.send(message("hello"));
    await heard.untilReceived(1);
    const path = listener.endpoint.slice("ipc://".length);
    expect(existsSync(path)).toBe(true);
    await listener.close();
    expect(existsSync(path)).toBe(false);
  });
});
