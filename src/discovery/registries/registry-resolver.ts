import type { Announcement } from "../../naming/instance.js";
import type { InstanceListener, OpenResolver, Resolver, ResolverHost } from "../../naming/resolver.js";
import { type RegistryConnector, RegistryLink } from "./registry-resolver-link.js";
import { Registration } from "./registry-resolver-registration.js";
import { RegistryWatch } from "./registry-resolver-watch.js";

/** What a resolver that asks a registry is made of. */
export interface RegistryResolverParts {
  readonly endpoint: string;
  readonly connector: RegistryConnector;
  /** See `RegistryLinkParts.takeOver`. */
  readonly takeOver?: (() => Promise<void>) | undefined;
  /** From 0 up to 1. Default `Math.random`. */
  readonly random?: (() => number) | undefined;
}

/**
 * Registers a node with the registry at one endpoint, and asks it who is there. A registry that goes is noticed at
 * once; what it said last stays known, and the node registers and asks again when it is back: at most one interval of
 * heartbeats later.
 */
export function registryResolver(parts: RegistryResolverParts): Resolver {
  return { name: registryName(parts.endpoint), open: (host) => new OpenRegistryResolver(parts, host) };
}

/** What a resolver is called that asks the registry there. */
export function registryName(endpoint: string): string {
  return `registry ${endpoint}`;
}

/** See `registryResolver`. */
export class OpenRegistryResolver implements OpenResolver {
  private readonly link: RegistryLink;
  private readonly host: ResolverHost;
  private readonly endpoint: string;
  private readonly registration: Registration;
  private readonly watches = new Map<string, RegistryWatch>();
  private closing: Promise<void> | undefined;

  constructor(parts: RegistryResolverParts, host: ResolverHost) {
    const { endpoint, connector, takeOver, random = Math.random } = parts;
    const name = registryName(endpoint);
    this.host = host;
    this.endpoint = endpoint;
    this.link = new RegistryLink({
      endpoint,
      connector,
      clock: host.clock,
      random,
      lost: (error) => host.lost(name, error),
      back: () => host.back(name),
      takeOver,
    });
    this.registration = new Registration(this.link, host, endpoint, random);
  }

  watch(service: string, listener: InstanceListener): () => void {
    const watch =
      this.watches.get(service) ?? new RegistryWatch(service, this.link, this.host, this.endpoint);
    this.watches.set(service, watch);
    const leave = watch.listen(listener);
    return () => {
      leave();
      if (!watch.idle || this.watches.get(service) !== watch) return;
      this.watches.delete(service);
      watch.close();
    };
  }

  announce(announcement: Announcement): Promise<void> {
    return this.registration.announce(announcement);
  }

  withdraw(): Promise<void> {
    return this.registration.withdraw();
  }

  close(): Promise<void> {
    this.closing ??= this.shutDown();
    return this.closing;
  }

  private async shutDown(): Promise<void> {
    this.registration.close();
    for (const watch of this.watches.values()) watch.close();
    this.watches.clear();
    await this.link.close();
  }
}
