import { Buffer } from "node:buffer";
import { Code } from "../../src/core/code.js";
import { HeliographError } from "../../src/core/error.js";
import { asBuffer, byteLengthOf } from "../../src/socket/parts.js";
import type {
  DialerEvents,
  DialOptions,
  Listener,
  ListenerEvents,
  SocketFactory,
} from "../../src/socket/socket.js";
import { type Direction, type LinkListener, type NetworkObserver, ScheduledLink } from "./scheduled-link.js";

/** One direction of one connection in which something waits. */
export interface Lane {
  readonly link: ScheduledLink;
  readonly direction: Direction;
}

/**
 * A network on which nothing happens by itself: each event of each socket waits, per connection and direction and in
 * order, until whoever drives the network delivers it. So a test decides which of all possible orders it sees.
 */
export class ScheduledNetwork implements SocketFactory {
  readonly anyEndpoint = "scheduled://*";
  readonly links: ScheduledLink[] = [];
  readonly #observer: NetworkObserver;
  readonly #listeners = new Map<string, ScheduledListener>();
  #names = 0;

  constructor(observer: NetworkObserver) {
    this.#observer = observer;
  }

  /** Endpoints that are bound. */
  get bound(): number {
    return this.#listeners.size;
  }

  /** Where something waits to be delivered, in the order in which the connections were made. */
  lanes(): Lane[] {
    const lanes: Lane[] = [];
    for (const link of this.links) {
      if (link.waiting("up") > 0) lanes.push({ link, direction: "up" });
      if (link.waiting("down") > 0) lanes.push({ link, direction: "down" });
    }
    return lanes;
  }

  async listen(endpoint: string, events: ListenerEvents): Promise<Listener> {
    const name = endpoint === this.anyEndpoint ? `scheduled://${++this.#names}` : endpoint;
    if (this.#listeners.has(name)) {
      throw new HeliographError(Code.Unavailable, `can't listen on ${endpoint}: the endpoint is taken`, {
        reason: "ENDPOINT_TAKEN",
      });
    }
    const listener = new ScheduledListener(name, events, () => this.#listeners.delete(name));
    this.#listeners.set(name, listener);
    return listener;
  }

  dial(endpoint: string, events: DialerEvents, { routingId }: DialOptions): ScheduledLink {
    const listener = this.#listeners.get(endpoint);
    const link = new ScheduledLink(this.#observer, listener, events, Buffer.from(routingId));
    listener?.links.set(link.key, link);
    this.links.push(link);
    this.#observer.dialed(link);
    return link;
  }
}

/** The listening end; see `Listener`. */
class ScheduledListener implements Listener, LinkListener {
  readonly endpoint: string;
  readonly events: ListenerEvents;
  /** By routing id in hexadecimal: all that were ever made, since a sender may name one that is gone. */
  readonly links = new Map<string, ScheduledLink>();
  over = false;
  readonly #unbind: () => void;
  #closing: Promise<void> | undefined;

  constructor(endpoint: string, events: ListenerEvents, unbind: () => void) {
    this.endpoint = endpoint;
    this.events = events;
    this.#unbind = unbind;
  }

  send(routingId: Uint8Array, parts: Uint8Array[]): number {
    if (this.over || parts.length === 0) return 0;
    this.links.get(keyOf(routingId))?.sendDown(parts.map(asBuffer));
    return byteLengthOf(parts);
  }

  async disconnect(routingId: Uint8Array): Promise<void> {
    if (!this.over) this.links.get(keyOf(routingId))?.cutOff();
  }

  close(): Promise<void> {
    this.#closing ??= this.#shutDown();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #shutDown(): Promise<void> {
    this.over = true;
    this.#unbind();
    await Promise.all([...this.links.values()].map((link) => link.listenerGone()));
  }
}

function keyOf(routingId: Uint8Array): string {
  return asBuffer(routingId).toString("hex");
}
