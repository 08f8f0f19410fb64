import type { Clock } from "../core/clock.js";
import { MemoryListener } from "../socket/memory-listener.js";
import { byteLengthOf } from "../socket/parts.js";
import type { CloseOptions, Listener, ListenerEvents, SocketFactory } from "../socket/socket.js";
import { DelayLine } from "./delay-line.js";

/** What a listener needs of the network whose faults it has. */
export interface FaultyListenerHost {
  readonly sockets: SocketFactory;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
  /** Nothing arrives there, and nothing leaves. */
  standsStill(endpoint: string): boolean;
  answersProbes(endpoint: string): boolean;
  /** The listener is over. */
  forgetListener(listener: FaultyListener): void;
}

/** A listener that can be made to stand still, as that of a process that is stopped, or whose event loop is blocked. */
export class FaultyListener implements Listener {
  readonly #host: FaultyListenerHost;
  readonly #inner: Listener;
  readonly #in: DelayLine;
  readonly #out: DelayLine;
  #closed = false;

  private constructor(host: FaultyListenerHost, inner: Listener, arriving: DelayLine) {
    this.#host = host;
    this.#inner = inner;
    this.#in = arriving;
    this.#out = new DelayLine(host.clock, false, host.onError);
    if (inner instanceof MemoryListener) inner.answersProbes = () => host.answersProbes(inner.endpoint);
    if (host.standsStill(inner.endpoint)) this.hold();
  }

  static async listen(
    host: FaultyListenerHost,
    endpoint: string,
    events: ListenerEvents,
  ): Promise<FaultyListener> {
    const arriving = new DelayLine(host.clock, false, host.onError);
    const inner = await host.sockets.listen(endpoint, {
      message: (routingId, parts, bytes) => arriving.add(() => events.message(routingId, parts, bytes), 0),
      left: (routingId) => arriving.add(() => events.left(routingId), 0),
    });
    return new FaultyListener(host, inner, arriving);
  }

  get endpoint(): string {
    return this.#inner.endpoint;
  }

  send(routingId: Uint8Array, parts: Uint8Array[]): number {
    if (this.#closed) return 0;
    let bytes = byteLengthOf(parts);
    this.#out.add(() => {
      bytes = this.#inner.send(routingId, parts);
    }, 0);
    return bytes;
  }

  disconnect(routingId: Uint8Array): Promise<void> {
    let done = Promise.resolve();
    this.#out.add(() => {
      done = this.#inner.disconnect(routingId);
      // Best effort, and nobody may wait for it any more.
      done.catch(() => {});
    }, 0);
    return done;
  }

  close(options?: CloseOptions): Promise<void> {
    this.#closed = true;
    this.#host.forgetListener(this);
    // What was handed over leaves before the end, but where all stands still.
    this.#out.flush();
    this.#in.close();
    return this.#inner.close(options);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  hold(): void {
    this.#in.hold();
    this.#out.hold();
  }

  release(): void {
    this.#in.release();
    this.#out.release();
  }
}
