/**
 * Who listens on which inproc endpoint of this thread. ZeroMQ reports nothing about inproc connections, so the
 * two ends tell each other here.
 */
const rooms = new Map<string, InprocRoom>();

/** The dialer's end of an inproc connection, as its listener sees it. */
export interface InprocLink {
  readonly routingId: Uint8Array;
  /** The listener closed, or cut this peer off. */
  gone(): void;
}

/** One listener and the dialers that are connected to it. */
export class InprocRoom {
  readonly #endpoint: string;
  readonly #onLeft: (routingId: Uint8Array) => void;
  readonly #links = new Set<InprocLink>();

  private constructor(endpoint: string, onLeft: (routingId: Uint8Array) => void) {
    this.#endpoint = endpoint;
    this.#onLeft = onLeft;
  }

  /** Opens the room of a listener that has just been bound. */
  static open(endpoint: string, onLeft: (routingId: Uint8Array) => void): InprocRoom {
    const room = new InprocRoom(endpoint, onLeft);
    rooms.set(endpoint, room);
    return room;
  }

  /** The room of an endpoint, if somebody in this thread listens there. */
  static at(endpoint: string): InprocRoom | undefined {
    return rooms.get(endpoint);
  }

  enter(link: InprocLink): void {
    this.#links.add(link);
  }

  leave(link: InprocLink): void {
    this.#links.delete(link);
  }

  /** Tells the listener that a peer has gone, where the message that says so could not be sent. */
  reportLeft(routingId: Uint8Array): void {
    this.#onLeft(routingId);
  }

  /** Tells the dialer with this routing id that it was cut off. */
  evict(routingId: Uint8Array): void {
    for (const link of [...this.#links]) {
      if (Buffer.compare(link.routingId, routingId) === 0) this.#dismiss(link);
    }
  }

  /** Closes the room and tells everyone in it. */
  close(): void {
    if (rooms.get(this.#endpoint) === this) rooms.delete(this.#endpoint);
    for (const link of [...this.#links]) this.#dismiss(link);
  }

  #dismiss(link: InprocLink): void {
    this.#links.delete(link);
    link.gone();
  }
}
