import { ControlService } from "../../gen/heliograph/control/v1/control_heliograph.js";
import { HealthService } from "../../gen/heliograph/health/v1/health_heliograph.js";
import { NodeService } from "../../gen/heliograph/node/v1/node_heliograph.js";
import { isLocal } from "../../naming/endpoint.js";
import { type Place, seenFrom, whyUnreachable } from "../../naming/reach.js";
import { type ClientConnection, connectToInstance } from "../../node/connect.js";
import { hostId } from "../../node/host-id.js";
import type { CallOptions } from "../../rpc/call-options.js";
import { createClient } from "../../rpc/client/client.js";
import type { Client } from "../../rpc/types.js";
import type { ExpectedServer } from "../../wire/handshake.js";
import type { ConnectSettings } from "../connect-options.js";
import { Failure } from "../failure.js";
import { nameOf } from "./instance-name.js";
import type { KnownInstance } from "./known-instance.js";

/** How the command calls itself. */
const NAME = "helio";
/** A person looks on. */
const MOST_BACKOFF_MS = 1_000;

/** A way to one instance: one that a registry has named, and not another one that listens there by now. */
export interface Reached {
  /** For any other service of the instance. */
  readonly connection: ClientConnection;
  readonly node: Client<NodeService>;
  readonly health: Client<HealthService>;
  readonly control: Client<ControlService>;
  /** For each call. */
  readonly options: CallOptions;
}

/**
 * A connection as the command makes them. Does no I/O.
 *
 * @param expect the only one who answers; undefined for whoever listens there
 */
export function connect(
  endpoints: readonly string[],
  { security, timeoutMs }: ConnectSettings,
  expect?: ExpectedServer,
): ClientConnection {
  return connectToInstance(endpoints, expect, {
    name: NAME,
    security,
    connectTimeoutMs: timeoutMs,
    backoff: { initialMs: 100, maxMs: MOST_BACKOFF_MS },
  });
}

/**
 * Makes the way to an instance. Does no I/O.
 *
 * @throws Failure for one that can't be called, by what it says of itself
 */
export function reach(instance: KnownInstance, settings: ConnectSettings): Reached {
  // Another one may listen there by now; but who gave an endpoint means whoever is there.
  const expect = instance.registries.length === 0 ? undefined : instance;
  const connection = connect(usableEndpoints(instance, settings), settings, expect);
  const { timeoutMs } = settings;
  return {
    connection,
    node: createClient(connection, NodeService),
    health: createClient(connection, HealthService),
    control: createClient(connection, ControlService),
    options: { timeoutMs },
  };
}

function usableEndpoints(instance: KnownInstance, { security }: ConnectSettings): readonly string[] {
  // Where nodes were asked themselves, their endpoints are those that were given.
  const seen = instance.registries.length === 0 ? instance : seenFrom(instance, here());
  const why = whyUnreachable(seen);
  if (why !== undefined) throw new Failure(`${nameOf(instance)} ${why}`);
  const usable = seen.endpoints.filter((endpoint) => security.remote || isLocal(endpoint));
  if (usable.length > 0) return usable;
  throw new Failure(
    `${nameOf(instance)} listens on ${seen.endpoints.join(", ")}, on another machine, and what is sent there is not encrypted; add --remote to connect nevertheless`,
  );
}

/** From where the command looks. */
export function here(): Place {
  return { host: hostId(), processId: process.pid };
}
