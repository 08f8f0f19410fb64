import { randomUUID } from "node:crypto";
import { type Clock, systemClock } from "../core/clock.js";
import { type Logger, stderrLogger } from "../core/logger.js";
import { checkIntervalMs, type SessionShared } from "../rpc/session/session.js";
import { Turn } from "../rpc/session/turn.js";
import { WriterPool } from "../rpc/session/writer-pool.js";
import { composeSockets } from "../socket/compose-sockets.js";
import type { SocketFactory } from "../socket/socket.js";
import { tapped } from "../socket/tap.js";
import { zmqSockets } from "../socket/zmq-socket.js";
import { features } from "../wire/compression.js";
import { type Introduction, VERSIONS } from "../wire/handshake.js";
import { limitsFrom } from "../wire/limits.js";
import { PacketReader } from "../wire/packet-reader.js";
import { type CommonOptions, checkMs, STALL_MS } from "./options.js";

/** What a node and a connection are both made of. */
export interface Parts {
  readonly self: Introduction;
  readonly sockets: SocketFactory;
  readonly shared: SessionShared;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly stallMs: number;
}

/** Shared by all nodes and connections of the process: each writes its packets within one turn of the one event loop. */
const writers = new WriterPool();

/**
 * Makes them out of the options; does no I/O.
 *
 * @throws HeliographError INVALID_ARGUMENT that quotes the option
 */
export function makeParts(name: string, options: CommonOptions): Parts {
  const limits = limitsFrom(options.limits);
  const stallMs = checkMs("stallMs", options.stallMs, STALL_MS);
  const clock = options.clock ?? systemClock;
  const logger = options.logger ?? stderrLogger;
  const onError = (error: unknown) => logger.error({ error }, "an event handler failed");
  const sockets = options.network ?? composeSockets(realSockets(onError));
  return {
    self: {
      versions: VERSIONS,
      features,
      node: name,
      instance: randomUUID(),
      epoch: clock.wallUs(),
      heartbeatMs: Math.ceil(checkIntervalMs(stallMs)),
      limits,
    },
    sockets: options.tap === undefined ? sockets : tapped(sockets, options.tap, onError),
    shared: { turn: new Turn(), writers, reader: new PacketReader(), limits },
    clock,
    logger,
    stallMs,
  };
}

function realSockets(onError: (error: unknown) => void): Record<string, SocketFactory> {
  const zmq = zmqSockets({ onError });
  return { tcp: zmq, ipc: zmq, inproc: zmq };
}
