import { Buffer } from "node:buffer";
import type { Event } from "zeromq";
import { Code } from "../core/code.js";
import { HeliographError } from "../core/error.js";
import { type InprocLink, InprocRoom } from "./inproc.js";
import { watch } from "./monitor.js";
import { byteLengthOf, GOODBYE, isGoodbye } from "./parts.js";
import { receiveLoop } from "./receive-loop.js";
import { formatEndpoint, isNamedHost, parseEndpoint, resolveHost, type ZmqEndpoint } from "./resolve.js";
import type { CloseOptions, CloseReason, Dialer, DialerEvents, DialOptions } from "./socket.js";
import { DialingDealer, LINGER_MS, type ZmqSettings } from "./zmq-options.js";

interface Ending {
  readonly reason: CloseReason;
  readonly cause: Error | undefined;
}

/** Connects a DEALER; see `SocketFactory.dial`. */
export function zmqDial(
  endpoint: string,
  events: DialerEvents,
  options: DialOptions,
  settings: ZmqSettings,
): Dialer {
  const dialer = new ZmqDialer(endpoint, events, options, settings);
  dialer.start();
  return dialer;
}

class ZmqDialer implements Dialer, InprocLink {
  readonly routingId: Buffer;
  readonly #endpoint: string;
  readonly #events: DialerEvents;
  readonly #settings: ZmqSettings;
  #socket: DialingDealer | undefined;
  #gone: Promise<void> = Promise.resolve();
  #room: InprocRoom | undefined;
  /** What was sent before the host name was resolved. */
  #early: Uint8Array[][] = [];
  #resolving: Promise<void> | undefined;
  #opened = false;
  /** Why it ended, from when that is known; messages that had arrived before are still delivered. */
  #ending: Ending | undefined;
  #over = false;
  #closing: Promise<void> | undefined;

  constructor(endpoint: string, events: DialerEvents, options: DialOptions, settings: ZmqSettings) {
    this.#endpoint = endpoint;
    this.#events = events;
    this.routingId = Buffer.from(options.routingId);
    this.#settings = settings;
  }

  start(): void {
    try {
      const address = parseEndpoint(this.#endpoint, "dial");
      if (isNamedHost(address)) this.#resolving = this.#resolveAndConnect(address.host, address.port);
      else this.#connect(address);
    } catch (error) {
      const cause = HeliographError.from(error);
      queueMicrotask(() => this.#end("unresolved", cause));
    }
  }

  send(parts: Uint8Array[]): number {
    if (this.#ending || this.#closing || this.#over || parts.length === 0) return 0;
    if (this.#socket) this.#write(this.#socket, parts);
    else if (this.#early.length < this.#settings.highWaterMark) this.#early.push(parts);
    else queueMicrotask(() => this.#overflow());
    return byteLengthOf(parts);
  }

  close(options?: CloseOptions): Promise<void> {
    this.#closing ??= this.#shutDown(options?.lingerMs ?? LINGER_MS);
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** The inproc listener closed or cut this connection. */
  gone(): void {
    queueMicrotask(() => this.#end("disconnected"));
  }

  async #resolveAndConnect(host: string, port: string): Promise<void> {
    let address: ZmqEndpoint;
    try {
      address = await resolveHost(host, port);
    } catch (error) {
      this.#end("unresolved", asError(error));
      return;
    }
    if (!this.#over) this.#connect(address);
  }

  #connect(address: ZmqEndpoint): void {
    const room = address.scheme === "inproc" ? InprocRoom.at(this.#endpoint) : undefined;
    if (address.scheme === "inproc" && !room) {
      queueMicrotask(() => this.#end("refused"));
      return;
    }
    try {
      this.#openSocket(address, room);
    } catch (error) {
      const cause = asError(error);
      queueMicrotask(() => this.#end("refused", cause));
    }
  }

  #openSocket(address: ZmqEndpoint, room: InprocRoom | undefined): void {
    const socket = new DialingDealer(this.#settings, this.routingId, address);
    this.#socket = socket;
    this.#gone = watch(socket, (event) => this.#observe(event));
    socket.connect(formatEndpoint(address));
    receiveLoop(socket, (parts) => this.#received(parts), this.#settings.onError);
    if (room) {
      this.#room = room;
      room.enter(this);
      queueMicrotask(() => this.#open());
    }
    for (const parts of this.#early.splice(0)) this.#write(socket, parts);
  }

  #write(socket: DialingDealer, parts: Uint8Array[]): void {
    try {
      socket.send(parts).catch(this.#overflow);
    } catch (error) {
      queueMicrotask(() => this.#end("disconnected", asError(error)));
    }
  }

  readonly #overflow = (): void => {
    const limit = this.#settings.highWaterMark;
    this.#end(
      "disconnected",
      new HeliographError(
        Code.ResourceExhausted,
        `${this.#endpoint} takes no more messages: ${limit} wait to be sent`,
        { reason: "QUEUE_FULL" },
      ),
    );
  };

  #observe(event: Event): void {
    switch (event.type) {
      case "handshake":
        this.#open();
        break;
      case "close":
        this.#end("refused");
        break;
      case "handshake:error:protocol":
      case "handshake:error:auth":
        this.#end("handshake-failed", event.error);
        break;
      case "handshake:error:other":
        this.#end(isTimeUp(event.error) ? "handshake-failed" : "broken-off", event.error);
        break;
      // ZeroMQ ends it without a word when the socket there is of a kind that does not fit.
      case "disconnect":
        this.#end(this.#opened ? "disconnected" : "handshake-failed");
        break;
      default:
    }
  }

  #open(): void {
    if (this.#opened || this.#ending || this.#over) return;
    this.#opened = true;
    this.#tell(() => this.#events.opened());
  }

  #received(parts: Buffer[]): number {
    const bytes = byteLengthOf(parts);
    if (this.#over) return bytes;
    this.#open();
    if (isGoodbye(parts, bytes)) this.#ending ??= { reason: "disconnected", cause: undefined };
    else this.#deliver(parts, bytes);
    if (this.#ending) this.#finishWhenRead();
    return bytes;
  }

  #deliver(parts: Buffer[], bytes: number): void {
    try {
      this.#events.message(parts, bytes);
    } catch (error) {
      this.#settings.onError(error);
    }
  }

  #end(reason: CloseReason, cause?: Error): void {
    if (this.#ending || this.#over) return;
    this.#ending = { reason, cause };
    this.#finishWhenRead();
  }

  /** Goes on reading what has arrived before the connection broke, and ends after it. */
  #finishWhenRead(): void {
    if (this.#over) return;
    if (!this.#socket?.readable) {
      this.#finish(0);
      return;
    }
    // Asking for the state has swallowed the signal a pending receive waits for; a send makes the binding look again.
    this.#socket.send(GOODBYE).catch(() => {});
  }

  /** The one place that ends everything. */
  #finish(lingerMs: number): void {
    const { reason, cause } = this.#ending ?? { reason: "closed" as const, cause: undefined };
    this.#over = true;
    this.#release(lingerMs);
    queueMicrotask(() => this.#tell(() => this.#events.closed(reason, cause)));
  }

  async #shutDown(lingerMs: number): Promise<void> {
    if (this.#early.length > 0 && this.#resolving !== undefined) await within(lingerMs, this.#resolving);
    if (!this.#over) this.#finish(this.#ending ? 0 : lingerMs);
    await this.#gone;
  }

  #release(lingerMs: number): void {
    const socket = this.#socket;
    if (!socket) return;
    if (this.#room) {
      this.#room.leave(this);
      this.#sayGoodbye(socket, this.#room);
    }
    socket.linger = lingerMs;
    socket.close();
  }

  /** What ZeroMQ does for other transports: an empty message that says who left. */
  #sayGoodbye(socket: DialingDealer, room: InprocRoom): void {
    socket.send(GOODBYE).catch(() => room.reportLeft(this.routingId));
  }

  #tell(notify: () => void): void {
    try {
      notify();
    } catch (error) {
      this.#settings.onError(error);
    }
  }
}

async function within(timeoutMs: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, timeoutMs);
  });
  await Promise.race([work, timeout]);
  clearTimeout(timer);
}

/** The connection stands, and the time for the handshake is over. */
function isTimeUp({ code }: { readonly code?: string }): boolean {
  return code === "EAGAIN";
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
