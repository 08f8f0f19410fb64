import { Buffer } from "node:buffer";
import { Code } from "../core/code.js";
import { HeliographError } from "../core/error.js";
import type { MemoryListener, MemoryPeer } from "./memory-listener.js";
import type { MemoryTurns } from "./memory-turns.js";
import { asBuffer, byteLengthOf, GOODBYE, isGoodbye } from "./parts.js";
import type { CloseReason, Dialer, DialerEvents } from "./socket.js";

/** The dialing end of a memory network; see `Dialer`. */
export class MemoryDialer implements Dialer, MemoryPeer {
  readonly routingId: Buffer;
  readonly #listener: MemoryListener;
  readonly #events: DialerEvents;
  readonly #turns: MemoryTurns;
  readonly #highWaterMark: number;
  #unread = 0;
  #unsent = 0;
  #ended = false;
  #over = false;
  #closing: Promise<void> | undefined;

  constructor(
    listener: MemoryListener,
    events: DialerEvents,
    routingId: Uint8Array,
    turns: MemoryTurns,
    highWaterMark: number,
  ) {
    this.routingId = Buffer.from(routingId);
    this.#listener = listener;
    this.#events = events;
    this.#turns = turns;
    this.#highWaterMark = highWaterMark;
    listener.accept(this);
    turns.add(() => {
      if (!this.#over) events.opened();
    });
  }

  send(parts: Uint8Array[]): number {
    if (this.#ended || parts.length === 0) return 0;
    if (this.#unsent >= this.#highWaterMark) {
      this.#end("disconnected", this.#full());
      return 0;
    }
    this.#unsent += 1;
    this.#turns.add(() => {
      this.#unsent -= 1;
      this.#listener.receive(this, parts.map(asBuffer));
    });
    return byteLengthOf(parts);
  }

  receive(parts: Uint8Array[]): boolean {
    if (this.#unread >= this.#highWaterMark) return false;
    this.#unread += 1;
    this.#turns.add(() => {
      this.#unread -= 1;
      if (this.#over) return;
      const bytes = byteLengthOf(parts);
      if (isGoodbye(parts, bytes)) this.#end("disconnected");
      else this.#events.message(parts.map(asBuffer), bytes);
    });
    return true;
  }

  gone(): void {
    this.#end("disconnected");
  }

  close(): Promise<void> {
    this.#closing ??= this.#shutDown();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #shutDown(): Promise<void> {
    this.#end("closed");
    this.#over = true;
    await this.#turns.settled();
  }

  #end(reason: CloseReason, cause?: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#turns.add(() => {
      this.#listener.receive(this, [GOODBYE]);
      this.#over = true;
      this.#events.closed(reason, cause);
    });
  }

  #full(): HeliographError {
    return new HeliographError(
      Code.ResourceExhausted,
      `${this.#listener.endpoint} takes no more messages: ${this.#highWaterMark} wait to be sent`,
      { reason: "QUEUE_FULL" },
    );
  }
}
