import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import { connect, type NetConnectOpts } from "node:net";
import { InprocRoom } from "./inproc.js";
import { nextTurn } from "./receive-loop.js";
import { isNamedHost, parseEndpoint, resolveHost, type ZmqEndpoint } from "./resolve.js";
import { zmqDial } from "./zmq-dialer.js";
import type { ZmqSettings } from "./zmq-options.js";

/** What ZeroMQ says first, without being spoken to: FF, eight bytes that nobody reads any more, 7F. */
const SIGNATURE_BYTES = 10;
/**
 * After the time is over: if it was this process whose loop was blocked, the connection shows in one turn and the answer
 * in the next.
 */
const LAST_TURNS = 4;

/**
 * Asks ZeroMQ's I/O thread at the endpoint for a sign of life; see `SocketFactory.probe`. A raw connection waits for the
 * beginning of the greeting and closes: what listens there makes no peer of it, and its event loop never hears of it.
 */
export function zmqProbe(endpoint: string, timeoutMs: number, settings: ZmqSettings): Promise<boolean> {
  return within(timeoutMs, async (signal) => {
    const address = parseEndpoint(endpoint, "dial");
    if (address.scheme === "inproc") return InprocRoom.at(endpoint) !== undefined;
    const to = await plainAddress(address);
    signal.throwIfAborted();
    return to === undefined ? shakesHands(endpoint, settings, signal) : greetsInTime(to, timeoutMs, signal);
  });
}

/** Undefined where Node's own sockets can't reach: abstract names, and ipc on Windows. */
async function plainAddress(address: ZmqEndpoint): Promise<NetConnectOpts | undefined> {
  if (address.scheme !== "tcp") {
    return address.name.startsWith("@") || process.platform === "win32" ? undefined : { path: address.name };
  }
  const { host, port } = isNamedHost(address) ? await resolveHost(address.host, address.port) : address;
  return { host: host.replace(/^\[|\]$/g, ""), port: Number(port) };
}

/**
 * The kernel asks again for a connection whose first packet was lost only after a second, which may be more than there
 * is: where the line is bad, or the queue of what listens there was full a moment ago. So a second one is made at half
 * time.
 */
function greetsInTime(to: NetConnectOpts, timeoutMs: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const second = setTimeout(() => void greets(to, signal).then(resolve), timeoutMs / 2);
    signal.addEventListener("abort", () => clearTimeout(second));
    // Whatever it is that the first one finds in time.
    void greets(to, signal).then(resolve);
  });
}

function greets(to: NetConnectOpts, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    let heard = Buffer.alloc(0);
    const socket = connect({ ...to, signal });
    socket.on("data", (bytes) => {
      heard = Buffer.concat([heard, bytes]);
      if (heard.length >= SIGNATURE_BYTES) resolve(heard[0] === 0xff && heard[SIGNATURE_BYTES - 1] === 0x7f);
    });
    socket.on("error", () => {});
    socket.on("close", () => resolve(false));
  });
}

function shakesHands(endpoint: string, settings: ZmqSettings, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const routingId = randomBytes(16);
    // Those that begin with a zero are ZeroMQ's own.
    routingId.writeUInt8(routingId.readUInt8() | 0x80);
    const events = { opened: () => resolve(true), message: () => {}, closed: () => resolve(false) };
    const dialer = zmqDial(endpoint, events, { routingId }, settings);
    signal.addEventListener("abort", () => void dialer.close({ lingerMs: 0 }));
  });
}

/** The answer of `ask`; false when it throws, or takes too long. Its signal fires in the end in any case. */
async function within(timeoutMs: number, ask: (signal: AbortSignal) => Promise<boolean>): Promise<boolean> {
  const over = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const timeUp = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, timeoutMs);
  }).then(async () => {
    for (let turn = 0; turn < LAST_TURNS; turn++) await nextTurn();
    return false;
  });
  try {
    return await Promise.race([ask(over.signal).catch(() => false), timeUp]);
  } finally {
    clearTimeout(timer);
    over.abort();
  }
}
