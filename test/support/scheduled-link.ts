import type { Buffer } from "node:buffer";
import { asBuffer, byteLengthOf } from "../../src/socket/parts.js";
import type { CloseReason, Dialer, DialerEvents, ListenerEvents } from "../../src/socket/socket.js";

/** Towards the listener, or towards the dialer. */
export type Direction = "up" | "down";

/** Sees what the two ends hand over, and what reaches the other one. */
export interface NetworkObserver {
  dialed(link: ScheduledLink): void;
  /** Called within the sender's `send`. */
  sent(link: ScheduledLink, direction: Direction, parts: readonly Buffer[]): void;
  /** Called just before the receiver is told of a message. */
  delivered(link: ScheduledLink, direction: Direction): void;
  /** More wait in one direction than ZeroMQ's queues would hold, so that the connection would be lost. */
  overflowed(link: ScheduledLink, direction: Direction): void;
}

/** What a connection needs of the socket that it was made to. */
export interface LinkListener {
  readonly events: ListenerEvents;
  readonly over: boolean;
}

type Event =
  | { readonly kind: "opened" }
  | { readonly kind: "message"; readonly parts: Buffer[] }
  /** Towards the listener: `left`. Towards the dialer: `closed`, with this reason. */
  | { readonly kind: "over"; readonly reason: CloseReason };

/** Messages that ZeroMQ would hold in one direction. */
const HIGH_WATER_MARK = 256;

/** One connection of a scheduled network: the dialing end, and what is under way in both directions. */
export class ScheduledLink implements Dialer {
  readonly key: string;
  /** The dialer was told that it is over. */
  over = false;
  /** It ended because the dialer's owner wanted it. */
  closedByDialer = false;
  /** The network broke it: what is sent from now on gets lost. */
  broken = false;
  readonly #observer: NetworkObserver;
  readonly #listener: LinkListener | undefined;
  readonly #events: DialerEvents;
  readonly #routingId: Buffer;
  readonly #queues: Record<Direction, Event[]> = { up: [], down: [] };
  #opened = false;
  /** The listener knows this peer. */
  #served = true;
  #closing: Promise<void> | undefined;
  #waiters: { readonly until: () => boolean; readonly resolve: () => void }[] = [];

  constructor(
    observer: NetworkObserver,
    listener: LinkListener | undefined,
    events: DialerEvents,
    routingId: Buffer,
  ) {
    this.#observer = observer;
    this.#listener = listener;
    this.#events = events;
    this.#routingId = routingId;
    this.key = routingId.toString("hex");
    if (listener === undefined) this.#served = false;
    this.#queues.down.push(listener === undefined ? { kind: "over", reason: "refused" } : { kind: "opened" });
  }

  /** Events that wait in one direction. */
  waiting(direction: Direction): number {
    return this.#queues[direction].length;
  }

  /** Tells the receiver what waits longest in this direction. */
  deliver(direction: Direction): void {
    const event = this.#queues[direction].shift();
    if (event === undefined) throw new Error("nothing waits there");
    if (direction === "up") this.#deliverUp(event);
    else this.#deliverDown(event);
    this.#wake();
  }

  /** The network breaks the connection; so much of what is under way still arrives in each direction. */
  break(up: number, down: number): void {
    if (this.broken || this.over || this.closedByDialer || this.#listener === undefined) return;
    this.broken = true;
    this.#queues.up.length = Math.min(up, this.#queues.up.length);
    this.#queues.down.length = Math.min(down, this.#queues.down.length);
    this.#queues.up.push({ kind: "over", reason: "disconnected" });
    this.#queues.down.push({ kind: "over", reason: "disconnected" });
  }

  send(parts: Uint8Array[]): number {
    if (this.over || this.closedByDialer || parts.length === 0) return 0;
    this.#push("up", parts.map(asBuffer));
    return byteLengthOf(parts);
  }

  /** What the listener sends to this peer. */
  sendDown(parts: Buffer[]): void {
    // To a peer that is gone: its owner is told once more, as with ZeroMQ.
    if (!this.#served) this.#queues.up.push({ kind: "over", reason: "disconnected" });
    else this.#push("down", parts);
  }

  /** The listener wants no more of this peer. */
  cutOff(): void {
    this.#queues.up.length = 0;
    this.#queues.up.push({ kind: "over", reason: "disconnected" });
    this.#endDown();
    this.#served = false;
  }

  /** The listener has closed; resolves once the dialer knows. */
  listenerGone(): Promise<void> {
    this.#queues.up.length = 0;
    this.#endDown();
    this.#served = false;
    this.#wake();
    return this.#when(() => this.over);
  }

  close(): Promise<void> {
    this.#closing ??= this.#shutDown();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #shutDown(): Promise<void> {
    if (this.over) return;
    this.closedByDialer = true;
    this.#queues.down.length = 0;
    this.#queues.down.push({ kind: "over", reason: "closed" });
    if (this.#served && !this.broken) this.#queues.up.push({ kind: "over", reason: "closed" });
    await this.#when(() => this.over && (this.waiting("up") === 0 || this.#listener?.over === true));
  }

  #push(direction: Direction, parts: Buffer[]): void {
    this.#observer.sent(this, direction, parts);
    if (this.broken) return;
    const queue = this.#queues[direction];
    queue.push({ kind: "message", parts });
    if (queue.length > HIGH_WATER_MARK) this.#observer.overflowed(this, direction);
  }

  /** The connection ends from the listener's side, behind what it has sent. */
  #endDown(): void {
    if (this.over || this.closedByDialer || this.broken || !this.#served) return;
    this.#queues.down.push({ kind: "over", reason: "disconnected" });
  }

  #deliverUp(event: Event): void {
    const { over, events } = this.#listener ?? {};
    if (events === undefined || over === true) return;
    if (event.kind === "message") {
      if (!this.#served) return;
      this.#observer.delivered(this, "up");
      events.message(this.#routingId, event.parts, byteLengthOf(event.parts));
    } else if (event.kind === "over") {
      this.#served = false;
      events.left(this.#routingId);
    }
  }

  #deliverDown(event: Event): void {
    if (event.kind === "opened") {
      this.#opened = true;
      this.#events.opened();
    } else if (event.kind === "message") {
      this.#observer.delivered(this, "down");
      this.#events.message(event.parts, byteLengthOf(event.parts));
    } else {
      this.over = true;
      // The other end of a connection that the listener ended notices, too.
      if (this.#served && event.reason === "disconnected" && !this.broken) {
        this.#queues.up.push({ kind: "over", reason: "disconnected" });
      }
      const unopened = !this.#opened && event.reason === "disconnected";
      this.#events.closed(unopened ? "broken-off" : event.reason);
    }
  }

  #wake(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) {
      if (waiter.until()) waiter.resolve();
      else this.#waiters.push(waiter);
    }
  }

  #when(until: () => boolean): Promise<void> {
    if (until()) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push({ until, resolve }));
  }
}
