import { Code } from "../../core/code.js";
import { HeliographError } from "../../core/error.js";
import type { OpenResolver, Resolver, ResolverHost } from "../../naming/resolver.js";
import { OpenRegistryResolver, registryResolver } from "./registry-resolver.js";
import type { RegistryConnector } from "./registry-resolver-link.js";

/** What a local registry is made of. */
export interface LocalRegistryParts {
  /** On this machine. */
  readonly endpoint: string;
  readonly connector: RegistryConnector;
  /**
   * Serves the registry there, in this process, until what it returns is disposed: that ends the streams of all who are
   * registered, and frees the endpoint, without waiting for anybody. Rejects with reason ENDPOINT_TAKEN when somebody
   * else listens there.
   */
  serveRegistry(endpoint: string): Promise<AsyncDisposable>;
  /** From 0 up to 1. Default `Math.random`. */
  readonly random?: (() => number) | undefined;
}

/**
 * The registry of one machine, which nobody has to start: the first node that finds nobody at the endpoint serves it,
 * and is registered with it like every other. When it goes, another takes over: of those that find nobody there, the
 * one that gets the endpoint.
 */
export function localRegistry(parts: LocalRegistryParts): Resolver {
  const open = (host: ResolverHost) => openLocalRegistry(parts, host);
  return { name: registryResolver(parts).name, open };
}

function openLocalRegistry(parts: LocalRegistryParts, host: ResolverHost): OpenResolver {
  const { endpoint } = parts;
  let served: AsyncDisposable | undefined;
  let serving: Promise<void> = Promise.resolve();
  let closing: Promise<void> | undefined;

  const serve = async (): Promise<void> => {
    try {
      // What is served and can't be reached is of no use to anybody.
      await served?.[Symbol.asyncDispose]();
      served = undefined;
      served = await parts.serveRegistry(endpoint);
      host.logger.debug({ endpoint }, "this node serves the registry");
    } catch (error) {
      const problem = HeliographError.from(error);
      // Another node was faster: it is there to be asked.
      if (problem.reason !== "ENDPOINT_TAKEN") throw cantServe(endpoint, problem);
    }
  };
  const takeOver = (): Promise<void> => {
    if (closing !== undefined) return Promise.resolve();
    const attempt = serve();
    serving = attempt.catch(() => {});
    return attempt;
  };

  const resolver = new OpenRegistryResolver({ ...parts, takeOver }, host);
  const close = async (): Promise<void> => {
    await resolver.close();
    await serving;
    // Last: those who are registered learn at once that they need another registry, and this node asks it no more.
    await served?.[Symbol.asyncDispose]();
  };
  return {
    watch: (service, listener) => resolver.watch(service, listener),
    announce: (announcement) => resolver.announce(announcement),
    withdraw: () => resolver.withdraw(),
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

function cantServe(endpoint: string, cause: HeliographError): HeliographError {
  return new HeliographError(
    Code.Unavailable,
    `nobody serves the registry at ${endpoint}, and this node can't either: ${cause.rawMessage}`,
    { reason: cause.reason, cause },
  );
}
