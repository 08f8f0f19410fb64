import { randomUUID } from "node:crypto";
import { createServer, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { zmqSockets } from "../../src/socket/zmq-socket.js";
import { ListenerProbe } from "./socket-probe.js";

const sockets = zmqSockets();
const open: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function listen(endpoint = "tcp://127.0.0.1:*"): Promise<string> {
  const listener = await sockets.listen(endpoint, new ListenerProbe());
  open.push(() => listener.close());
  return listener.endpoint;
}

/** A plain TCP server that is not ZeroMQ. */
async function serve(onConnection: (socket: Socket) => void): Promise<string> {
  const accepted: Socket[] = [];
  const server = createServer((socket) => {
    accepted.push(socket.on("error", () => {}));
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  open.push(() => {
    for (const socket of accepted) socket.destroy();
    server.close();
  });
  return `tcp://127.0.0.1:${(server.address() as { port: number }).port}`;
}

function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

const probe = (endpoint: string, timeoutMs = 2_000) => sockets.probe?.(endpoint, timeoutMs);

describe("a probe of a tcp or ipc endpoint", () => {
  test("looks a host name up", async () => {
    expect(await probe((await listen()).replace("127.0.0.1", "localhost"))).toBe(true);
    expect(await probe("tcp://no-such-host.invalid:5555")).toBe(false);
  });

  test("reaches IPv6, and names that are not in the file system", async () => {
    expect(await probe(await listen("tcp://[::1]:*"))).toBe(true);
    const name = `ipc://@${randomUUID()}`;
    expect(await probe(name)).toBe(false);
    expect(await probe(await listen(name))).toBe(true);
  });

  test("is not answered by a server that accepts and says nothing, and ends when its time is over", async () => {
    const endpoint = await serve(() => {});
    const startedAt = performance.now();
    expect(await probe(endpoint, 50)).toBe(false);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(49);
  });

  test.each([
    ["speaks another protocol", "SSH-2.0-OpenSSH_9.2p1\r\n"],
    ["says too little and closes", "\xff\0\0\0"],
  ])("is not answered by a server that %s", async (_, said) => {
    const endpoint = await serve((socket) => socket.end(Buffer.from(said, "latin1")));
    expect(await probe(endpoint)).toBe(false);
  });

  test("is answered where the first connection is lost, and the next one is not", async () => {
    const lost: Socket[] = [];
    const endpoint = await serve((socket) => {
      if (lost.length === 0) lost.push(socket);
      else socket.write(Buffer.from([0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f]));
    });
    expect(await probe(endpoint, 500)).toBe(true);
    expect(lost).toHaveLength(1);
  });

  test("is answered by a greeting that comes in pieces", async () => {
    const endpoint = await serve((socket) => {
      socket.setNoDelay();
      socket.write(Buffer.from([0xff, 0, 0, 0, 0, 0, 0, 0]), () => socket.write(Buffer.from([1, 0x7f])));
    });
    expect(await probe(endpoint)).toBe(true);
  });

  test.each(["tcp://127.0.0.1:*", "tcp://[::1]:*", "ipc://*"])(
    "sees an answer to %s that came while its own event loop was blocked",
    async (wanted) => {
      const endpoint = await listen(wanted);
      const answer = probe(endpoint, 20);
      // By then the connection is under way.
      await Promise.resolve();
      await new Promise(setImmediate);
      block(100);
      expect(await answer).toBe(true);
    },
  );
});
