import type { SocketFactory } from "heliograph";
import type { Traffic } from "./protocol.js";

type Listen = SocketFactory["listen"];
type Events = Parameters<Listen>[1];

/** A network that counts what passes the sockets that are listened on through it. */
export class CountedNetwork implements SocketFactory {
  readonly anyEndpoint: string | undefined;
  private readonly network: SocketFactory;
  private events: Events | undefined;
  private messages = 0;
  private bytes = 0;
  private unplugged = false;

  constructor(network: SocketFactory) {
    this.network = network;
    this.anyEndpoint = network.anyEndpoint;
  }

  /** Since it was asked last. */
  take(): Traffic {
    const { messages, bytes } = this;
    this.messages = 0;
    this.bytes = 0;
    return { messages, bytes };
  }

  /** Nothing gets through any more, and those who dialed are not told: nobody holds on to who listened. */
  unplug(): void {
    this.unplugged = true;
    this.events = undefined;
  }

  dial(...args: Parameters<SocketFactory["dial"]>): ReturnType<SocketFactory["dial"]> {
    return this.network.dial(...args);
  }

  async probe(endpoint: string, timeoutMs: number): Promise<boolean> {
    return (await this.network.probe?.(endpoint, timeoutMs)) ?? false;
  }

  async listen(endpoint: string, events: Events): ReturnType<Listen> {
    this.events = events;
    const listener = await this.network.listen(endpoint, {
      message: (routingId, parts, bytes) => {
        this.count(bytes);
        this.events?.message(routingId, parts, bytes);
      },
      left: (routingId) => this.events?.left(routingId),
    });
    return {
      endpoint: listener.endpoint,
      send: (routingId, parts) => {
        const bytes = this.unplugged ? 0 : listener.send(routingId, parts);
        this.count(bytes);
        return bytes;
      },
      disconnect: async (routingId) => {
        if (!this.unplugged) await listener.disconnect(routingId);
      },
      close: async (options) => {
        if (!this.unplugged) await listener.close(options);
      },
      [Symbol.asyncDispose]: () => listener.close(),
    };
  }

  private count(bytes: number): void {
    this.messages++;
    this.bytes += bytes;
  }
}
