import type { Clock } from "../../core/clock.js";
import { DeadlineWheel } from "../../core/deadline-wheel.js";
import type { Balancer, PickerParts } from "../../naming/balancer.js";
import type { InstanceSource } from "../../naming/resolver.js";
import type {
  BidiStreamMethod,
  ClientStreamMethod,
  Method,
  ServerStreamMethod,
  UnaryMethod,
} from "../../wire/definition.js";
import { firstCredit, mostCredit } from "../../wire/limits.js";
import type { BoundMethod } from "../bound-method.js";
import type { Instance, Transport, TransportCallOptions, UsedService } from "../transport.js";
import type { MessageSource, ResponseStream } from "../types.js";
import { BalancedTransport } from "./balanced-transport.js";
import { Channel } from "./channel.js";
import type { ChannelParts } from "./channel-parts.js";
import { KitChannel } from "./kit-channel.js";
import { type LinkEvents, type LinkParts, Links } from "./link-pool.js";
import type { ServiceChannel } from "./service-channel.js";

/** What the calling side of a node is made of. */
export interface CallingParts extends LinkParts {
  readonly source: InstanceSource;
  /** Of calls whose client names none. */
  readonly balancer: Balancer;
  /** See `Announcement.host`. */
  readonly host: string;
  readonly events: Omit<LinkEvents, "trustChanged">;
  /** Services that every instance serves, and none announces. */
  readonly everywhere: ReadonlySet<string>;
}

interface OpenChannel {
  readonly schema: string;
  readonly channel: ServiceChannel;
}

/** The calling side of a node: a channel for each service, over links that they share. */
export class Calling implements Transport {
  readonly clock: Clock;
  private readonly parts: CallingParts;
  private readonly links: Links;
  private readonly deadlines: DeadlineWheel;
  /** By name of the service: one for each schema that clients were made with. */
  private readonly channels = new Map<string, OpenChannel[]>();
  private closing: Promise<void> | undefined;

  constructor(parts: CallingParts) {
    this.parts = parts;
    this.clock = parts.clock;
    this.deadlines = new DeadlineWheel(parts.clock);
    this.links = new Links(parts, {
      connected: (endpoint, peer) => parts.events.connected(endpoint, peer),
      disconnected: (endpoint, peer, error) => parts.events.disconnected(endpoint, peer, error),
      handshakeFailed: (endpoint, error) => parts.events.handshakeFailed(endpoint, error),
      unreachable: () => parts.events.unreachable(),
      trustChanged: () => {
        for (const channel of this.all()) channel.trustChanged();
      },
    });
  }

  channel(service: UsedService, balancer?: Balancer | undefined): Transport {
    const channel = this.channelOf(service);
    const own = balancer !== undefined && balancer !== this.parts.balancer;
    return own ? new BalancedTransport(channel, balancer) : channel;
  }

  unary(method: BoundMethod<UnaryMethod>, request: unknown, options: TransportCallOptions): Promise<unknown> {
    return this.of(method).unary(method, request, options);
  }

  serverStream(
    method: BoundMethod<ServerStreamMethod>,
    request: unknown,
    options: TransportCallOptions,
  ): ResponseStream<unknown> {
    return this.of(method).serverStream(method, request, options);
  }

  clientStream(
    method: BoundMethod<ClientStreamMethod>,
    requests: MessageSource<unknown>,
    options: TransportCallOptions,
  ): Promise<unknown> {
    return this.of(method).clientStream(method, requests, options);
  }

  bidiStream(
    method: BoundMethod<BidiStreamMethod>,
    requests: MessageSource<unknown>,
    options: TransportCallOptions,
  ): ResponseStream<unknown> {
    return this.of(method).bidiStream(method, requests, options);
  }

  instances(service: UsedService): Promise<readonly Instance[]> {
    return this.channelOf(service).instances();
  }

  /** Ends all calls with CANCELLED and closes all connections. Always ends. */
  close(): Promise<void> {
    this.closing ??= this.shutDown();
    return this.closing;
  }

  private async shutDown(): Promise<void> {
    for (const channel of this.all()) channel.close();
    await this.links.close();
    this.deadlines.close();
  }

  private of({ definition }: BoundMethod<Method>): ServiceChannel {
    return this.channelOf({ name: definition.service, schema: definition.schema });
  }

  private *all(): Iterable<ServiceChannel> {
    for (const channels of this.channels.values()) for (const { channel } of channels) yield channel;
  }

  private channelOf(service: UsedService): ServiceChannel {
    let channels = this.channels.get(service.name);
    if (channels === undefined) {
      channels = [];
      this.channels.set(service.name, channels);
    }
    const known = channels.find(({ schema }) => schema === service.schema);
    if (known !== undefined) return known.channel;
    const channel = this.makeChannel(service);
    channels.push({ schema: service.schema, channel });
    if (this.closing !== undefined) channel.close();
    return channel;
  }

  private makeChannel(service: UsedService): ServiceChannel {
    const { source, balancer, clock, connectTimeoutMs, shared, host } = this.parts;
    const pickerParts: PickerParts = { clock, random: Math.random, host };
    const everywhere = this.parts.everywhere.has(service.name);
    const parts: ChannelParts = {
      service,
      everywhere,
      source,
      links: this.links,
      picker: balancer.picker(pickerParts),
      pickerParts,
      clock,
      deadlines: this.deadlines,
      connectTimeoutMs,
      credit: { first: firstCredit(shared.limits), most: mostCredit(shared.limits) },
      messageBytes: shared.limits.messageBytes,
    };
    return everywhere ? new KitChannel(parts) : new Channel(parts);
  }
}
