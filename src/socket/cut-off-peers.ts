import type { Buffer } from "node:buffer";
import { asBuffer } from "./parts.js";

/** More than this many are forgotten, oldest first: a peer that comes back to life then begins as an unknown one. */
const MAX_PEERS = 10_000;

/**
 * The peers of a listener that were cut off and may still be connected: ZeroMQ can't break one connection of a
 * ROUTER. Throwing a peer out by taking its routing id over (`ZMQ_ROUTER_HANDOVER`) leaves its connection open
 * without a queue, where ZeroMQ no longer notices that the peer closes: a file descriptor is lost each time.
 */
export class CutOffPeers {
  /** By routing id in hexadecimal; true once the peer has been told. */
  readonly #peers = new Map<string, boolean>();
  readonly #sayGoodbye: (routingId: Uint8Array) => Promise<void>;

  constructor(sayGoodbye: (routingId: Uint8Array) => Promise<void>) {
    this.#sayGoodbye = sayGoodbye;
  }

  add(routingId: Uint8Array): void {
    const key = keyOf(routingId);
    this.#peers.delete(key);
    if (this.#peers.size >= MAX_PEERS) this.#forgetOldest();
    this.#tell(key, routingId);
  }

  /** True if a message from or to this peer has to be ignored. */
  has(routingId: Uint8Array): boolean {
    return this.#peers.size > 0 && this.#peers.has(keyOf(routingId));
  }

  /** A cut off peer still sends; it may have missed the goodbye because its queue was full. */
  remind(routingId: Buffer): void {
    const key = keyOf(routingId);
    if (this.#peers.get(key) === false) this.#tell(key, routingId);
  }

  /** The peer's connection is closed. */
  delete(routingId: Uint8Array): void {
    if (this.#peers.size > 0) this.#peers.delete(keyOf(routingId));
  }

  #tell(key: string, routingId: Uint8Array): void {
    this.#peers.set(key, true);
    this.#sayGoodbye(routingId).catch((error: unknown) => {
      if (isUnreachable(error)) this.#peers.delete(key);
      else if (this.#peers.has(key)) this.#peers.set(key, false);
    });
  }

  #forgetOldest(): void {
    for (const key of this.#peers.keys()) {
      this.#peers.delete(key);
      return;
    }
  }
}

function keyOf(routingId: Uint8Array): string {
  return asBuffer(routingId).toString("hex");
}

/** True for the error of a send to a peer that isn't connected. */
export function isUnreachable(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EHOSTUNREACH";
}
