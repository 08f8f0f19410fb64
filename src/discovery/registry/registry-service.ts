import { invalidArgument } from "../../core/error.js";
import type { RegistryService } from "../../gen/heliograph/discovery/v1/registry_heliograph.js";
import type { Handlers } from "../../rpc/types.js";
import { showValue } from "../../wire/show-value.js";
import type { Registry } from "./registry.js";
import { RegistryServer, type RegistryServerParts } from "./registry-server.js";

const HEARTBEAT_MS = 1_000;
/** Heartbeats that are denser than this cost more than they tell; sparser ones notice nothing in time. */
const LEAST_HEARTBEAT_MS = 10;
const MOST_HEARTBEAT_MS = 60_000;

/** What a registry is made of. */
export interface RegistryHandlersOptions extends RegistryServerParts {
  /** How often a node has to say something, in milliseconds. Default 1,000. */
  readonly heartbeatMs?: number | undefined;
}

/** A registry that can be served. */
export interface RegistryHandlers {
  readonly handlers: Handlers<RegistryService>;
  readonly registry: Registry;
  /**
   * Ends all streams with UNAVAILABLE, reason DRAINING, so that nodes look for another registry, and frees everything.
   * Watchers are told nothing more: that a registry goes says nothing about those that it knows.
   */
  close(): void;
}

/**
 * A registry, as handlers of RegistryService. It begins to count its time at once.
 *
 * @throws HeliographError INVALID_ARGUMENT that quotes the option
 */
export function registryHandlers(options: RegistryHandlersOptions): RegistryHandlers {
  const server = new RegistryServer(options, checkHeartbeat(options.heartbeatMs));
  return {
    handlers: {
      register: (requests) => server.register(requests),
      list: (request) => server.list(request),
      watch: (request) => server.watch(request),
    },
    registry: server.registry,
    close: () => server.close(),
  };
}

function checkHeartbeat(heartbeatMs: number | undefined): number {
  if (heartbeatMs === undefined) return HEARTBEAT_MS;
  if (Number.isInteger(heartbeatMs) && heartbeatMs >= LEAST_HEARTBEAT_MS && heartbeatMs <= MOST_HEARTBEAT_MS)
    return heartbeatMs;
  throw invalidArgument(
    `heartbeatMs must be a whole number of milliseconds from ${LEAST_HEARTBEAT_MS} to ${MOST_HEARTBEAT_MS}, got ${showValue(heartbeatMs)}`,
  );
}
