import { HeliographError, invalidArgument } from "../core/error.js";
import { localRegistry } from "../discovery/registries/local-registry.js";
import { REGISTRY_VARIABLE, registriesFrom } from "../discovery/registries/registries.js";
import { registryName, registryResolver } from "../discovery/registries/registry-resolver.js";
import { serveRegistry } from "../discovery/registry/serve-registry.js";
import type { Resolver } from "../naming/resolver.js";
import { parseEndpoint } from "../socket/resolve.js";
import { checkReach, type Security } from "../socket/security.js";
import { showValue } from "../wire/show-value.js";
import { connectTo } from "./connect.js";
import type { Node } from "./node.js";
import type { NodeOptions } from "./options.js";

/** How registries are talked to: a registry that says nothing for so long is given up, in milliseconds. */
const REGISTRY_STALL_MS = 6_000;

/** What resolvers need of the node that they work for. */
export interface ResolverParts {
  readonly options: NodeOptions;
  readonly security: Security;
  /** As whom the node announces itself. */
  readonly instance: string;
  /** Makes another node, of which nobody knows. */
  makeNode(options: NodeOptions): Node;
  /** The node serves one of its registries itself, or no longer. */
  serves(resolver: string, serving: boolean): void;
}

/**
 * Where a node looks for others: its registries, and what else it was given.
 *
 * @throws HeliographError INVALID_ARGUMENT that quotes the option
 */
export function resolversOf({
  options,
  security,
  instance,
  makeNode,
  serves,
}: ResolverParts): readonly Resolver[] {
  const { name, network, registries, tap, clock, logger, limits } = options;
  const addresses = registriesFrom({
    registries,
    variable: process.env[REGISTRY_VARIABLE],
    anyEndpoint: network?.anyEndpoint,
  });
  for (const { endpoint } of addresses) {
    if (network === undefined)
      checkDialed(endpoint, registries === undefined ? REGISTRY_VARIABLE : "registries");
    checkReach(security, endpoint, "connect to");
  }
  const common = { security, network, tap, clock, logger, limits };
  const connector = {
    connect: (endpoint: string) => connectTo([endpoint], { ...common, name, stallMs: REGISTRY_STALL_MS }),
  };
  const serveRegistryAt = async (endpoint: string): Promise<AsyncDisposable> => {
    const node = makeNode({ ...common, name: `${name}.registry`.slice(-64), registries: [] });
    const { serving, host, sockets, clock, logger } = node;
    try {
      // Whose process it is matters to those who lose it, and this node is announced.
      const parts = { serving, host, sockets, clock, logger, instance };
      await serveRegistry({ ...parts, own: (resource) => node.own(resource) }, { endpoint });
    } catch (error) {
      await node.close();
      throw error;
    }
    const resolver = registryName(endpoint);
    serves(resolver, true);
    return {
      [Symbol.asyncDispose]: () => {
        serves(resolver, false);
        return node.close({ graceMs: 0 });
      },
    };
  };
  const own = addresses.map(({ endpoint, local }) =>
    local
      ? localRegistry({ endpoint, connector, serveRegistry: serveRegistryAt })
      : registryResolver({ endpoint, connector }),
  );
  return [...own, ...checkResolvers(options.resolvers)];
}

/** With a network in the place of real sockets it is for that to say what it can reach. */
function checkDialed(endpoint: string, from: string): void {
  try {
    parseEndpoint(endpoint, "dial");
  } catch (error) {
    throw invalidArgument(`${from}: ${HeliographError.from(error).rawMessage}`);
  }
}

function checkResolvers(resolvers: unknown): readonly Resolver[] {
  if (resolvers === undefined) return [];
  if (Array.isArray(resolvers) && resolvers.every((each) => typeof each?.open === "function"))
    return resolvers;
  throw invalidArgument(`resolvers must be a list such as [dns({ … })], got ${showValue(resolvers)}`);
}
