import type { Buffer } from "node:buffer";
import { asBuffer } from "./parts.js";

/** After so many turns without a message nothing of a peer is left to be read: each turn takes some of every peer. */
const QUIET_TURNS = 4;

/**
 * The peers of a listener that can't be sent to any more. What they sent before they went may still wait to be read,
 * and ZeroMQ's own word that they left comes after it: so they are told of when they have been silent for some turns.
 */
export class GonePeers {
  /** Turns without a message, by routing id in hexadecimal. */
  readonly #quietTurns = new Map<string, number>();
  readonly #left: (routingId: Buffer) => void;

  constructor(left: (routingId: Buffer) => void) {
    this.#left = left;
  }

  add(routingId: Uint8Array): void {
    const id = asBuffer(routingId);
    const key = id.toString("hex");
    if (this.#quietTurns.has(key)) return;
    this.#quietTurns.set(key, 0);
    setImmediate(this.#look, id, key);
  }

  /** A message of this peer was read. */
  heard(routingId: Buffer): void {
    if (this.#quietTurns.size === 0) return;
    const key = routingId.toString("hex");
    if (this.#quietTurns.has(key)) this.#quietTurns.set(key, 0);
  }

  /** It was told of already. */
  delete(routingId: Buffer): void {
    if (this.#quietTurns.size > 0) this.#quietTurns.delete(routingId.toString("hex"));
  }

  readonly #look = (id: Buffer, key: string): void => {
    const turns = this.#quietTurns.get(key);
    if (turns === undefined) return;
    this.#quietTurns.set(key, turns + 1);
    if (turns < QUIET_TURNS) setImmediate(this.#look, id, key);
    else {
      this.#quietTurns.delete(key);
      this.#left(id);
    }
  };
}
