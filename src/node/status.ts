import type { HeliographError } from "../core/error.js";
import type { Peer } from "../rpc/context.js";

/** Something that happened to a node or its connections; see `Node.status`. */
export type NodeStatus =
  /** A connection to an instance stands, and it has welcomed this node. */
  | { readonly kind: "connected"; readonly endpoint: string; readonly peer: Peer }
  /**
   * It has ended, and `error` says why. Its reason is CONNECTION_LOST when it broke; PEER_GONE when it stood, and the
   * instance was taken for dead since it was silent; INSTANCE_GONE when the instance is said to have left or to be dead;
   * DRAINING; or what else a session ends with.
   */
  | {
      readonly kind: "disconnected";
      readonly endpoint: string;
      readonly peer: Peer | undefined;
      readonly error: HeliographError;
    }
  /** Something else listens there, or is secured otherwise: reason HANDSHAKE_FAILED. */
  | { readonly kind: "handshake-failed"; readonly endpoint: string; readonly error: HeliographError }
  /** No calls of a service are sent to this instance, since one side would misread the other. Told once. */
  | {
      readonly kind: "schema-incompatible";
      readonly service: string;
      readonly endpoint: string;
      readonly peer: Peer | undefined;
      readonly error: HeliographError;
    }
  /** Publications were dropped for a subscriber, for the first time or once more after it had kept up. */
  | {
      readonly kind: "slow-subscriber";
      readonly topic: string;
      readonly peer: Peer;
      readonly dropped: number;
    }
  /** A way to find instances can't be reached: what was known stays in use. */
  | { readonly kind: "registry-lost"; readonly resolver: string; readonly error: HeliographError }
  | { readonly kind: "registry-back"; readonly resolver: string }
  /** The event loop of this process was blocked for so long. */
  | { readonly kind: "loop-stalled"; readonly ms: number }
  /** The node itself has gone on. */
  | { readonly kind: "lifecycle"; readonly state: NodeState }
  /** So many, the next ones after what was read last, were dropped, since this reader was slow. */
  | { readonly kind: "missed"; readonly count: number };

/**
 * Where a node is in its life: `idle` until it serves something, also while it calls others; `starting` from when it
 * listens until others can find it, then `running`, perhaps `paused`; `draining` lets calls in flight end; `closed` is
 * for good.
 */
export type NodeState = "idle" | "starting" | "running" | "paused" | "draining" | "closed";
