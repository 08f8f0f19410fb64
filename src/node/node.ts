import type { Clock } from "../core/clock.js";
import type { Logger } from "../core/logger.js";
import type { InstanceSource } from "../naming/resolver.js";
import type { TopicHub } from "../pubsub/publisher/topic-hub.js";
import type { Serving } from "../rpc/server/serving.js";
import type { Transport } from "../rpc/transport.js";
import type { SocketFactory } from "../socket/socket.js";
import type { NodeDescription } from "./description.js";
import type { NodeState, NodeStatus } from "./status.js";
import type { HealthBoard } from "./verbs/health-board.js";

/** How a node is closed. */
export interface CloseNodeOptions {
  /** How long admitted calls may still take, in milliseconds. Default 5,000. */
  readonly graceMs?: number | undefined;
}

/**
 * One participant: what it serves, under one name, and its way to others. Functions such as `serve` and `createClient`
 * take it; it grows no methods for them.
 */
export interface Node extends AsyncDisposable {
  readonly name: string;
  /** Which of the nodes of this name. */
  readonly instance: string;
  /** When it was made, in microseconds since 1970. */
  readonly epoch: number;
  readonly state: NodeState;
  /** Where it listens, with real ports; empty until it serves something. */
  readonly endpoints: readonly string[];
  /** Full names of what it serves. */
  readonly services: readonly string[];
  /** Resolves once it is closed, by whomever. */
  readonly closed: Promise<void>;
  /** All that it knows of itself, in plain values. */
  describe(): NodeDescription;
  /** What happens to the node from now on, and to its connections; ends when it closes. Nothing is kept for later. */
  status(): AsyncIterableIterator<NodeStatus, undefined>;
  /**
   * Starts nothing new, lets admitted calls finish until the grace is over, ends the others with UNAVAILABLE, and
   * closes all sockets. Others are told first, so that they call somebody else. Always ends; closing twice awaits the
   * first.
   */
  close(options?: CloseNodeOptions): Promise<void>;
  /**
   * Disposes of it when the node begins to close, and waits for that until the grace is over, a second at least; what is
   * given later is disposed of at once. What it returns takes that back.
   */
  own(resource: Disposable | AsyncDisposable): () => void;
  /** For `setHealth`. */
  readonly health: HealthBoard;
  /** For `serve`. */
  readonly serving: Serving;
  /** For `createPublisher`. */
  readonly topics: TopicHub;
  /** For `createClient`. */
  readonly transport: Transport;
  /** For `listInstances`, `watchInstances`. */
  readonly directory: InstanceSource;
  readonly clock: Clock;
  /** Where the node logs, and the program may: what `publishLogs` says is published. */
  readonly logger: Logger;
  /** Which machine it runs on; see `InstanceInfo.host`. */
  readonly host: string;
  /** For `serveRegistry`. */
  readonly sockets: SocketFactory;
  /** Resolves when others know what the node serves now, or as soon as nobody can be told. Never rejects. */
  announced(): Promise<void>;
}
