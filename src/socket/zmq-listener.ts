import type { Buffer } from "node:buffer";
import { CutOffPeers, isUnreachable } from "./cut-off-peers.js";
import { GonePeers } from "./gone-peers.js";
import { InprocRoom } from "./inproc.js";
import { watch } from "./monitor.js";
import { asBuffer, byteLengthOf, GOODBYE, isGoodbye } from "./parts.js";
import { nextTurn, receiveLoop } from "./receive-loop.js";
import type { CloseOptions, Listener, ListenerEvents } from "./socket.js";
import { type BoundRouter, bindRouter } from "./zmq-bind.js";
import { LINGER_MS, type ListeningRouter, type ZmqSettings } from "./zmq-options.js";

/** Binds a ROUTER; see `SocketFactory.listen`. */
export async function zmqListen(
  endpoint: string,
  events: ListenerEvents,
  settings: ZmqSettings,
): Promise<Listener> {
  return new ZmqListener(await bindRouter(endpoint, settings), events, settings);
}

class ZmqListener implements Listener {
  readonly endpoint: string;
  readonly #bound: BoundRouter;
  readonly #router: ListeningRouter;
  readonly #events: ListenerEvents;
  readonly #settings: ZmqSettings;
  readonly #cutOff: CutOffPeers;
  readonly #gone = new GonePeers((routingId) => this.#left(routingId));
  readonly #room: InprocRoom | undefined;
  #over = false;
  #closing: Promise<void> | undefined;

  constructor(bound: BoundRouter, events: ListenerEvents, settings: ZmqSettings) {
    const { router, endpoint } = bound;
    this.endpoint = endpoint;
    this.#bound = bound;
    this.#router = router;
    this.#events = events;
    this.#settings = settings;
    this.#cutOff = new CutOffPeers((routingId) => router.send([routingId, GOODBYE]));
    if (endpoint.startsWith("inproc:")) {
      this.#room = InprocRoom.open(endpoint, (routingId) => this.#left(routingId));
    }
    receiveLoop(router, (parts) => this.#received(parts), settings.onError);
  }

  send(routingId: Uint8Array, parts: Uint8Array[]): number {
    if (this.#over || parts.length === 0 || this.#cutOff.has(routingId)) return 0;
    try {
      const message = parts.length === 1 ? [routingId, parts[0]!] : [routingId, ...parts];
      this.#router.send(message).catch((error: unknown) => this.#failed(routingId, error));
    } catch (error) {
      this.#settings.onError(error);
      return 0;
    }
    return byteLengthOf(parts);
  }

  async disconnect(routingId: Uint8Array): Promise<void> {
    if (this.#over) return;
    this.#cut(routingId);
    await nextTurn();
    this.#left(routingId);
  }

  close(options?: CloseOptions): Promise<void> {
    this.#closing ??= this.#shutDown(options?.lingerMs ?? LINGER_MS);
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #shutDown(lingerMs: number): Promise<void> {
    this.#over = true;
    const gone = watch(this.#router, () => {});
    this.#bound.release();
    this.#router.linger = lingerMs;
    this.#router.close();
    this.#room?.close();
    await gone;
  }

  #received(parts: Buffer[]): number {
    const routingId = parts.shift()!;
    const bytes = byteLengthOf(parts);
    if (this.#over) return bytes;
    if (isGoodbye(parts, bytes)) {
      this.#cutOff.delete(routingId);
      this.#gone.delete(routingId);
      this.#left(routingId);
      return bytes;
    }
    this.#gone.heard(routingId);
    if (this.#cutOff.has(routingId)) {
      this.#cutOff.remind(routingId);
      return bytes;
    }
    try {
      this.#events.message(routingId, parts, bytes);
    } catch (error) {
      this.#settings.onError(error);
    }
    return bytes;
  }

  #failed(routingId: Uint8Array, error: unknown): void {
    if (this.#over) return;
    if (isUnreachable(error)) {
      this.#gone.add(routingId);
      return;
    }
    // A peer that goes on after a lost message would take what follows for something else.
    this.#cut(routingId);
    this.#left(routingId);
  }

  #cut(routingId: Uint8Array): void {
    this.#cutOff.add(routingId);
    this.#room?.evict(routingId);
  }

  #left(routingId: Uint8Array): void {
    if (this.#over) return;
    try {
      this.#events.left(asBuffer(routingId));
    } catch (error) {
      this.#settings.onError(error);
    }
  }
}
