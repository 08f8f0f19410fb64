import type { Buffer } from "node:buffer";
import type { MemoryTurns } from "./memory-turns.js";
import { asBuffer, byteLengthOf, isGoodbye } from "./parts.js";
import type { Listener, ListenerEvents } from "./socket.js";

/** What a listener needs of a dialing end. */
export interface MemoryPeer {
  readonly routingId: Buffer;
  /** Takes a message of the listener's; false if too many wait already. */
  receive(parts: Uint8Array[]): boolean;
  /** The listener closed or cut this connection; what it had sent before is delivered. */
  gone(): void;
}

/** The listening end of a memory network; see `Listener`. */
export class MemoryListener implements Listener {
  readonly endpoint: string;
  /** Asked at each probe; a test double has the listener stand still, as a stopped process does. */
  answersProbes: () => boolean = () => true;
  readonly #events: ListenerEvents;
  readonly #turns: MemoryTurns;
  readonly #onClose: () => void;
  /** By routing id in hexadecimal. */
  readonly #peers = new Map<string, MemoryPeer>();
  #over = false;
  #closing: Promise<void> | undefined;

  constructor(endpoint: string, events: ListenerEvents, turns: MemoryTurns, onClose: () => void) {
    this.endpoint = endpoint;
    this.#events = events;
    this.#turns = turns;
    this.#onClose = onClose;
  }

  /** Takes in a peer. One with a routing id in use is never served, as with ZeroMQ. */
  accept(peer: MemoryPeer): void {
    const id = peer.routingId.toString("hex");
    if (!this.#over && !this.#peers.has(id)) this.#peers.set(id, peer);
  }

  /** Takes a message of a peer's. */
  receive(peer: MemoryPeer, parts: Buffer[]): void {
    const id = peer.routingId.toString("hex");
    if (this.#over || this.#peers.get(id) !== peer) return;
    const bytes = byteLengthOf(parts);
    if (!isGoodbye(parts, bytes)) {
      this.#events.message(peer.routingId, parts, bytes);
      return;
    }
    this.#peers.delete(id);
    this.#events.left(peer.routingId);
  }

  send(routingId: Uint8Array, parts: Uint8Array[]): number {
    if (this.#over || parts.length === 0) return 0;
    const peer = this.#peers.get(asBuffer(routingId).toString("hex"));
    if (!peer?.receive(parts)) this.#cut(routingId);
    return byteLengthOf(parts);
  }

  async disconnect(routingId: Uint8Array): Promise<void> {
    if (this.#over) return;
    this.#cut(routingId);
    await this.#turns.settled();
  }

  close(): Promise<void> {
    this.#closing ??= this.#shutDown();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #cut(routingId: Uint8Array): void {
    const id = asBuffer(routingId);
    const key = id.toString("hex");
    this.#peers.get(key)?.gone();
    this.#peers.delete(key);
    this.#turns.add(() => {
      if (!this.#over) this.#events.left(id);
    });
  }

  async #shutDown(): Promise<void> {
    this.#over = true;
    this.#onClose();
    for (const peer of this.#peers.values()) peer.gone();
    this.#peers.clear();
    await this.#turns.settled();
  }
}
