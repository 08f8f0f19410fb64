import type { Buffer } from "node:buffer";
import { context, Dealer, Router } from "zeromq";
import { invalidArgument } from "../core/error.js";
import { needsIpv6, type ZmqEndpoint } from "./resolve.js";
import { warn } from "./warn.js";

/** What can be set for all ZeroMQ sockets of a factory. Tests scale them down; programs rarely need to. */
export interface ZmqOptions {
  /**
   * Milliseconds after which a tcp peer is given up whose machine acknowledges nothing; whole seconds, at least 3,
   * for an idle connection. It's the kernel that watches: a blocked event loop does not lose the link.
   */
  readonly peerTimeoutMs?: number | undefined;
  /** Milliseconds that a peer has for the ZeroMQ handshake after the connection was made. */
  readonly handshakeMs?: number | undefined;
  /** Messages that may wait to be sent on a connection. Must be above the session window in packets. */
  readonly highWaterMark?: number | undefined;
  /** The largest part that is accepted, in bytes; a peer that sends a larger one is cut off by ZeroMQ. */
  readonly maxPartBytes?: number | undefined;
  /** Receives what event handlers throw. Default: a process warning. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/** `ZmqOptions` with all defaults filled in. */
export type ZmqSettings = { readonly [K in keyof Required<ZmqOptions>]: NonNullable<ZmqOptions[K]> };

/** Long enough for a network that changes its routes, short enough for a failover. */
const PEER_TIMEOUT_MS = 6_000;
/** How often an idle connection is tried within that time. */
const PROBES = 3;
/** A TLS-like handshake over a bad line takes a second or two; more is somebody who holds a socket open. */
const HANDSHAKE_MS = 10_000;
/** Twice the session window of 128 packets, so that an honest peer never meets it. */
const HIGH_WATER_MARK = 256;
/** Above the kit's own limits of packets and chunks, so that the kit can still name a fault. */
const MAX_PART_BYTES = 4 * 1024 * 1024;
/** How long handed-over messages may take to leave when the caller of `close` says nothing. */
export const LINGER_MS = 1_000;
/**
 * ZeroMQ's own reconnect never happens, because a dialer is closed at the first failure. It is not -1, which would
 * take the connection down with all messages that have arrived and not been read.
 */
const RECONNECT_NEVER_MS = 3_600_000;
/** Three ZeroMQ sockets for each dialer, as it has a monitor; ZeroMQ's own limit is 1,023 for a process. */
const MAX_SOCKETS = 20_000;

const ROUTING_ID = 5;
const ROUTER_NOTIFY = 97;
const NOTIFY_DISCONNECT = 2;

/**
 * Fills in the defaults.
 *
 * @throws HeliographError INVALID_ARGUMENT (BAD_OPTION)
 */
export function zmqSettings(options: ZmqOptions): ZmqSettings {
  for (const name of ["peerTimeoutMs", "handshakeMs", "highWaterMark", "maxPartBytes"] as const) {
    const value = options[name];
    if (value !== undefined && !(Number.isInteger(value) && value > 0)) {
      throw invalidArgument(`${name} is ${String(value)}; it has to be a whole number above zero`);
    }
  }
  return {
    peerTimeoutMs: options.peerTimeoutMs ?? PEER_TIMEOUT_MS,
    handshakeMs: options.handshakeMs ?? HANDSHAKE_MS,
    highWaterMark: options.highWaterMark ?? HIGH_WATER_MARK,
    maxPartBytes: options.maxPartBytes ?? MAX_PART_BYTES,
    onError: options.onError ?? warn,
  };
}

/**
 * Sets up ZeroMQ's context, which all threads of the process share: at exit nothing waits for unsent messages
 * beyond each socket's own linger. ZeroMQ ignores `maxSockets` once any socket has been opened.
 */
export function prepareContext(): void {
  context.blocky = false;
  context.maxSockets = Math.min(MAX_SOCKETS, context.maxSocketsLimit);
}

/** A ROUTER that fails at once for a peer that is gone or full, and says when a peer leaves. */
export class ListeningRouter extends Router {
  constructor(settings: ZmqSettings, address: ZmqEndpoint) {
    super({ ...common(settings, address), mandatory: true, handover: false });
    this.setInt32Option(ROUTER_NOTIFY, NOTIFY_DISCONNECT);
  }
}

/** A DEALER known to its peer by `routingId`, any 1 to 255 bytes. */
export class DialingDealer extends Dealer {
  constructor(settings: ZmqSettings, routingId: Buffer, address: ZmqEndpoint) {
    super({ ...common(settings, address), reconnectInterval: RECONNECT_NEVER_MS });
    this.setStringOption(ROUTING_ID, routingId);
  }
}

function common(settings: ZmqSettings, address: ZmqEndpoint) {
  const probeSeconds = Math.max(1, Math.round(settings.peerTimeoutMs / PROBES / 1_000));
  return {
    linger: 0,
    // Sends settle at once, also when they fail, so they can be issued back to back and nothing ever queues here.
    sendTimeout: 0,
    sendHighWaterMark: settings.highWaterMark,
    // Without limit: where a full queue stops the reading of a connection that then breaks, ZeroMQ 4.3.5 aborts the
    // process if one of the peer's heartbeats is left to be read. What may wait is bounded by the session window.
    receiveHighWaterMark: address.scheme === "inproc" ? settings.highWaterMark : 0,
    maxMessageSize: settings.maxPartBytes,
    handshakeInterval: settings.handshakeMs,
    // ZeroMQ 4.3.5 aborts the process when a heartbeat of its own falls due on a connection that broke while the
    // queue behind it was full or closing (libzmq #4364), so the kernel watches the connections instead.
    heartbeatInterval: 0,
    tcpKeepalive: 1,
    tcpKeepaliveIdle: probeSeconds,
    tcpKeepaliveInterval: probeSeconds,
    tcpKeepaliveCount: PROBES - 1,
    tcpMaxRetransmitTimeout: settings.peerTimeoutMs,
    ipv6: needsIpv6(address),
  };
}
