import type { Logger } from "../../core/logger.js";
import { registryResolver } from "../../discovery/registries/registry-resolver.js";
import { createNode } from "../../node/create-node.js";
import type { Node } from "../../node/node.js";
import type { ConnectSettings } from "../connect-options.js";
import { connect } from "./reach.js";

/** Verbs tell themselves what is wrong. */
const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/**
 * A node of a verb that takes part in topics, at the registries of its settings. It serves no registry, and is announced
 * only once it publishes.
 */
export function commandNode(settings: ConnectSettings): Node {
  const { security, timeoutMs } = settings;
  const connector = { connect: (endpoint: string) => connect([endpoint], settings) };
  return createNode({
    name: "helio",
    security,
    registries: [],
    resolvers: settings.registries.map((endpoint) => registryResolver({ endpoint, connector })),
    connectTimeoutMs: timeoutMs,
    backoff: { initialMs: 100, maxMs: 1_000 },
    logger: silent,
  });
}
