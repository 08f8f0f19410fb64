import type { Clock } from "../../core/clock.js";
import type { Logger } from "../../core/logger.js";
import { checkOptionNames } from "../../core/option-names.js";
import { RegistryService } from "../../gen/heliograph/discovery/v1/registry_heliograph.js";
import { type ServingNode, serve } from "../../rpc/server/serve.js";
import type { Served } from "../../rpc/server/serving.js";
import type { SocketFactory } from "../../socket/socket.js";
import { registryHandlers } from "./registry-service.js";

/** What a registry needs of the node that serves it. */
export interface RegistryHost extends ServingNode {
  readonly instance: string;
  readonly host: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly sockets: SocketFactory;
  own(resource: Disposable): () => void;
}

/** How a registry is served. */
export interface ServeRegistryOptions {
  /** Where it listens, unless the node listens somewhere already. Default as in `ServeOptions`. */
  readonly endpoint?: string | undefined;
  /** How often a node has to say something, in milliseconds. Default 1,000. */
  readonly heartbeatMs?: number | undefined;
}

/**
 * Serves a registry on a node: others that name its endpoint in `registries` find each other through it. It keeps all it
 * knows in memory; nodes tell it again when it has been away. Give that node `registries: []`, or those of its peers.
 *
 * @throws HeliographError INVALID_ARGUMENT that quotes the option; UNAVAILABLE, reason ENDPOINT_TAKEN, when something
 *   else listens there
 */
export async function serveRegistry(node: RegistryHost, options: ServeRegistryOptions = {}): Promise<Served> {
  checkOptionNames("serveRegistry()", options, ["endpoint", "heartbeatMs"]);
  const { clock, logger, instance, host, sockets } = node;
  const { handlers, close } = registryHandlers({
    clock,
    logger,
    instance,
    here: { host, processId: process.pid },
    probe: sockets.probe?.bind(sockets),
    heartbeatMs: options.heartbeatMs,
  });
  let served: Served;
  try {
    served = await serve(node, RegistryService, handlers, { endpoint: options.endpoint });
  } catch (error) {
    close();
    throw error;
  }
  const disown = node.own({ [Symbol.dispose]: close });
  const stop = async () => {
    disown();
    close();
    await served.stop();
  };
  return {
    endpoints: served.endpoints,
    get stats() {
      return served.stats;
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
