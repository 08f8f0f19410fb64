import { invalidArgument } from "../../core/error.js";
import type { ServiceDefinition } from "../../wire/definition.js";
import { showValue } from "../../wire/show-value.js";
import type { ServeOptions } from "../serve-options.js";
import type { Handlers } from "../types.js";
import type { Served, Serving } from "./serving.js";

/** What `serve` needs of a node. */
export interface ServingNode {
  /** The node's serving side; for the kit's own functions. */
  readonly serving: Serving;
  /** Resolves when others know what the node serves now. */
  announced?(): Promise<void>;
}

/**
 * Serves a service on a node: resolves once the node listens, the service can be called, and others can find it.
 *
 * A handler returns the whole answer, or throws: a HeliographError reaches the caller as it is, anything else as
 * UNKNOWN without its text. A method left out of `handlers` answers UNIMPLEMENTED.
 *
 * @throws HeliographError INVALID_ARGUMENT for a bad option or an unknown handler; UNAVAILABLE, reason
 *   ENDPOINT_TAKEN, when something else listens there
 */
export async function serve<S extends ServiceDefinition>(
  node: ServingNode,
  service: S,
  handlers: Handlers<S>,
  options: ServeOptions = {},
): Promise<Served> {
  if (typeof node?.serving?.add !== "function") {
    throw invalidArgument(
      `the first argument of serve() must be a node, as createNode() makes it, got ${showValue(node)}`,
    );
  }
  const served = await node.serving.add(service, handlers, options);
  await node.announced?.();
  return served;
}
