import type { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import type { Clock } from "../core/clock.js";
import { Code } from "../core/code.js";
import { HeliographError } from "../core/error.js";
import { byteLengthOf } from "../socket/parts.js";
import type {
  CloseOptions,
  CloseReason,
  Dialer,
  DialerEvents,
  DialOptions,
  SocketFactory,
} from "../socket/socket.js";
import { FrameKind } from "../wire/frame.js";
import { type CallDirection, CallFaults, type CallFaultsHost } from "./call-faults.js";
import { DelayLine } from "./delay-line.js";
import { openPacket, type PacketFrame, sealPacket } from "./packet-frames.js";

/** What a dialer needs of the network whose faults it has. */
export interface FaultyDialerHost extends CallFaultsHost {
  readonly sockets: SocketFactory;
  readonly clock: Clock;
  readonly seed: number;
  readonly onError: (error: unknown) => void;
  /** All stands still there but what an I/O thread does. */
  stalls(endpoint: string): boolean;
  /** The dialer is over. */
  forget(dialer: FaultyDialer): void;
}

/** Messages that may wait in each direction, as in any socket (see `Dialer.send`). */
const HIGH_WATER_MARK = 256;

/** A connection on which things go wrong. */
export class FaultyDialer implements Dialer {
  readonly endpoint: string;
  readonly #host: FaultyDialerHost;
  readonly #events: DialerEvents;
  readonly #inner: Dialer;
  readonly #random: Readonly<Record<CallDirection, () => number>>;
  readonly #calls: CallFaults;
  readonly #lines: Readonly<Record<CallDirection, DelayLine>>;
  /** Connections over which requests arrive a second time. */
  readonly #repeats = new Set<Dialer>();
  /** Nothing more passes. */
  #over = false;
  #told = false;
  /** Within a call of this dialer's, or of the events': nothing else may be told then. */
  #busy = false;
  #closing: Promise<void> | undefined;

  constructor(
    host: FaultyDialerHost,
    endpoint: string,
    events: DialerEvents,
    options: DialOptions,
    random: Readonly<Record<CallDirection, () => number>>,
    held: boolean,
  ) {
    this.endpoint = endpoint;
    this.#host = host;
    this.#events = events;
    this.#random = random;
    this.#calls = new CallFaults(host, random);
    this.#lines = {
      requests: new DelayLine(host.clock, held, host.onError),
      answers: new DelayLine(host.clock, held, host.onError),
    };
    this.#inner = host.sockets.dial(
      endpoint,
      {
        opened: () => this.#opened(),
        message: (parts, bytes) => this.#received(parts, bytes),
        closed: (reason, cause) => this.#ended(reason, cause),
      },
      options,
    );
  }

  send(parts: Uint8Array[]): number {
    const before = this.#busy;
    this.#busy = true;
    const bytes = this.#send(parts);
    this.#busy = before;
    return bytes;
  }

  #send(parts: Uint8Array[]): number {
    if (this.#over || parts.length === 0 || this.#breaksAt("requests")) return 0;
    const { parts: rest, emptied, repeated } = this.#calls.requests(parts);
    this.#pass("requests", () => {
      this.#inner.send(rest);
      for (const each of repeated) this.#repeat(each);
    });
    return emptied ? 0 : byteLengthOf(rest);
  }

  close(options?: CloseOptions): Promise<void> {
    this.#closing ??= this.#shutDown(options);
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  hold(): void {
    this.#lines.requests.hold();
    this.#lines.answers.hold();
  }

  release(): void {
    this.#lines.requests.release();
    this.#lines.answers.release();
  }

  /** Breaks the connection; what is under way is lost. */
  cut(why: string): void {
    if (this.#over) return;
    this.#host.counts.cut++;
    this.#break(
      new HeliographError(Code.Unavailable, `${why} (faults of seed ${this.#host.seed})`, {
        reason: "CONNECTION_LOST",
      }),
    );
  }

  #break(cause: HeliographError): void {
    this.#over = true;
    for (const line of Object.values(this.#lines)) line.close();
    // Their own failures are already known here.
    void this.#closeRepeats();
    void this.#inner.close({ lingerMs: 0 });
    if (this.#busy) queueMicrotask(() => this.#tell("disconnected", cause));
    else this.#tell("disconnected", cause);
  }

  #hear(event: () => void): void {
    this.#busy = true;
    try {
      event();
    } finally {
      this.#busy = false;
    }
  }

  #opened(): void {
    const tell = () => this.#hear(() => this.#events.opened());
    // As on a real connection it is the other side's I/O thread that opens it, which a blocked event loop does not stop.
    if (this.#host.stalls(this.endpoint)) tell();
    else this.#pass("answers", tell);
  }

  #received(parts: Buffer[], bytes: number): void {
    if (this.#over || this.#breaksAt("answers")) return;
    const { parts: rest, emptied } = this.#calls.answers(parts);
    this.#pass("answers", () => {
      this.#hear(() => this.#events.message(rest as Buffer[], bytes));
      // The server has counted it, so the client has to.
      if (emptied) this.#hear(() => this.#events.message([], bytes));
    });
  }

  #breaksAt(direction: CallDirection): boolean {
    const { counts, rates } = this.#host;
    counts.messages++;
    if (this.#lines[direction].size >= HIGH_WATER_MARK) {
      this.#break(
        new HeliographError(
          Code.ResourceExhausted,
          `more than ${HIGH_WATER_MARK} messages of ${this.endpoint} are under way`,
          { reason: "QUEUE_FULL" },
        ),
      );
    } else if (rates.cut > 0 && this.#random[direction]() < rates.cut) this.cut("the connection was cut");
    return this.#over;
  }

  #pass(direction: CallDirection, step: () => void): void {
    const [least, most] = this.#host.rates.delayMs;
    const delayMs = most === 0 ? 0 : least + (most - least) * this.#random[direction]();
    if (delayMs > 0) this.#host.counts.delayed++;
    this.#lines[direction].add(step, delayMs);
  }

  /** The network or the peer has ended the connection: after what had arrived. */
  #ended(reason: CloseReason, cause: Error | undefined): void {
    if (this.#closing !== undefined) this.#tell(reason, cause);
    else if (!this.#over) {
      this.#lines.requests.close();
      this.#lines.answers.add(() => {
        this.#over = true;
        this.#tell(reason, cause);
      }, 0);
    }
  }

  /** As after a reconnect: the same client says the same on a connection of its own, and nobody hears the answer. */
  #repeat(request: PacketFrame): void {
    const { hello } = this.#calls;
    if (hello === undefined) return;
    const routingId = randomBytes(16);
    routingId.writeUInt8(routingId.readUInt8() | 0x80);
    const events: DialerEvents = {
      opened: () => {},
      message: (parts) => {
        const ended = openPacket(parts)?.frames.some(({ frame }) => frame.kind === FrameKind.End);
        if (ended) void repeat.close();
      },
      closed: () => void this.#repeats.delete(repeat),
    };
    const repeat = this.#host.sockets.dial(this.endpoint, events, { routingId });
    this.#repeats.add(repeat);
    const frames = [hello, { ...request, frame: { ...request.frame, callId: 1n } }];
    repeat.send(sealPacket({ frames, readBytes: 0n, readPackets: 0n }));
  }

  #closeRepeats(): Promise<unknown> {
    return Promise.all([...this.#repeats].map((repeat) => repeat.close({ lingerMs: 0 })));
  }

  async #shutDown(options: CloseOptions | undefined): Promise<void> {
    // What was handed over leaves before the end, but on a link that stands still.
    this.#lines.requests.flush();
    this.#lines.answers.close();
    this.#over = true;
    const repeats = this.#closeRepeats();
    await this.#inner.close(options);
    await repeats;
    this.#tell("closed", undefined);
  }

  #tell(reason: CloseReason, cause: Error | undefined): void {
    if (this.#told) return;
    this.#told = true;
    this.#host.forget(this);
    try {
      this.#events.closed(reason, cause);
    } catch (error) {
      this.#host.onError(error);
    }
  }
}
