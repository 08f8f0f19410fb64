import type { Timer } from "../../core/clock.js";
import type { Announcement } from "../../naming/instance.js";
import type { InstanceListener, OpenResolver, Resolver, ResolverHost } from "../../naming/resolver.js";
import { EtcdClient } from "./etcd-client.js";
import { EtcdInstances, UnreadableValues } from "./etcd-instances.js";
import { base64 } from "./etcd-json.js";
import { rangeOf } from "./etcd-keys.js";
import { type EtcdOptions, type EtcdSettings, etcdSettings } from "./etcd-options.js";
import { EtcdReach } from "./etcd-reach.js";
import { EtcdRegistration } from "./etcd-registration.js";
import { EtcdWatch } from "./etcd-watch.js";

/**
 * Nodes announce themselves in an etcd (3.4 or newer, with its gRPC gateway on, as it is by default), and find each
 * other there.
 *
 * - Each node has one lease. Who dies is forgotten when it ends: after `leaseTtlMs`; who leaves, at once.
 * - All that etcd knows of a node is whether it is there: there is no `stalled` or `suspect`, and no load. Connections
 *   tell the rest, and sooner.
 * - What was known stays in use while etcd can't be reached. What an etcd that was restarted or restored has lost stays
 *   for `leaseTtlMs`: its nodes announce themselves again within that time.
 * - etcd holds each announcement once for each of its services, and once more. A node has a connection to etcd for what
 *   it announces and one for each service that it watches, and sends a request in every third of `leaseTtlMs`.
 *
 * @throws HeliographError INVALID_ARGUMENT that quotes the option
 */
export function etcd(options: EtcdOptions): Resolver {
  const settings = etcdSettings(options);
  const name = `etcd ${settings.endpoints.map(({ href }) => href.replace(/\/$/, "")).join(",")}`;
  return { name, open: (host) => new OpenEtcd(name, settings, host) };
}

class OpenEtcd implements OpenResolver {
  readonly #settings: EtcdSettings;
  readonly #host: ResolverHost;
  readonly #client: EtcdClient;
  readonly #reach: EtcdReach;
  readonly #unreadable: UnreadableValues;
  readonly #closed = new AbortController();
  /** Each watch, and its end. */
  readonly #watches = new Map<EtcdWatch, Promise<void>>();
  #registration: EtcdRegistration | undefined;
  #nextCheck: Timer | undefined;

  constructor(name: string, settings: EtcdSettings, host: ResolverHost) {
    this.#settings = settings;
    this.#host = host;
    this.#client = new EtcdClient(settings, host.clock);
    this.#reach = new EtcdReach(host, name);
    this.#unreadable = new UnreadableValues(host.logger);
  }

  watch(service: string, listener: InstanceListener): () => void {
    const { prefix, leaseTtlMs } = this.#settings;
    const watch = new EtcdWatch({
      clock: this.#host.clock,
      client: this.#client,
      reach: this.#reach,
      range: rangeOf(prefix, service),
      instances: new EtcdInstances(prefix, leaseTtlMs, this.#unreadable),
      listener,
    });
    this.#watches.set(
      watch,
      watch.run().finally(() => this.#watches.delete(watch)),
    );
    this.#nextCheck ??= this.#checkLater();
    return () => watch.close();
  }

  announce(announcement: Announcement): Promise<void> {
    const { prefix, leaseTtlMs } = this.#settings;
    this.#registration ??= new EtcdRegistration({
      clock: this.#host.clock,
      client: this.#client,
      reach: this.#reach,
      prefix,
      leaseTtlMs,
    });
    return this.#registration.announce(announcement);
  }

  async withdraw(): Promise<void> {
    const registration = this.#registration;
    this.#registration = undefined;
    await registration?.withdraw();
  }

  async close(): Promise<void> {
    this.#closed.abort();
    this.#nextCheck?.clear();
    for (const watch of this.#watches.keys()) watch.close();
    const ends = [...this.#watches.values(), this.#registration?.end()];
    this.#client.close();
    await Promise.all(ends);
  }

  /** A watch that hears nothing can't tell a quiet etcd from one that hangs. A request can. */
  #checkLater(): Timer {
    return this.#host.clock.after(this.#settings.leaseTtlMs / 3, () => {
      this.#nextCheck = this.#checkLater();
      if (this.#watches.size === 0 || this.#registration !== undefined) return;
      const key = base64(this.#settings.prefix);
      this.#client.ask("/v3/kv/range", { key, count_only: true }, this.#closed.signal).catch(() => {
        // The client has cut off what doesn't answer, and its watches find that out.
      });
    });
  }
}
