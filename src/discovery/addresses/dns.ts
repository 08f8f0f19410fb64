import type { Timer } from "../../core/clock.js";
import type { InstanceListener, OpenResolver, Resolver, ResolverHost } from "../../naming/resolver.js";
import { InstanceListeners } from "../instance-listeners.js";
import { type DnsAnswer, retryMs, useMs } from "./dns-answer.js";
import { DnsInstances } from "./dns-instances.js";
import { DnsLookup } from "./dns-lookup.js";
import { type DnsOptions, type DnsSettings, dnsSettings } from "./dns-options.js";

/** How long one round of questions may take. */
const LOOKUP_MS = 5_000;
/** Between the beginnings of two rounds, at least. */
const PAUSE_MS = 1_000;

/**
 * Finds instances by DNS: each address of a name, as of a headless service of Kubernetes, or each of its SRV records,
 * whose priority and weight become the labels `priority` and `weight`, for `priority()` and `roundRobin()`.
 *
 * - DNS is asked again when the TTL of its answer is over, after at least 1 s and at most `intervalMs`; sooner, after
 *   1 s at least, when an instance can't be reached. It is asked only while somebody wants to know.
 * - While there is no answer, or a failure, what was known stays. It is asked again after 1 s, and ever more seldom up to
 *   `intervalMs`.
 * - Who is not in an answer is gone. When there is no name or nobody has it, that counts only after it was said for a
 *   minute.
 * - Of a host with several addresses each is an instance of its own; of one with IPv4 and IPv6 addresses only the former.
 *
 * @throws HeliographError INVALID_ARGUMENT that quotes the option
 */
export function dns(options: DnsOptions): Resolver {
  const settings = dnsSettings(options);
  const { host, port } = settings;
  const name = port === undefined ? `dns ${host}` : `dns ${host}:${port}`;
  return { name, open: (resolverHost) => new OpenDns(name, settings, resolverHost) };
}

class OpenDns implements OpenResolver {
  private readonly name: string;
  private readonly settings: DnsSettings;
  private readonly host: ResolverHost;
  private readonly instances: DnsInstances;
  private readonly listeners: InstanceListeners;
  /** Who asks for services that are not here. */
  private readonly strangers: InstanceListeners;
  private lookup: DnsLookup | undefined;
  private timer: Timer | undefined;
  private startedAt = Number.NEGATIVE_INFINITY;
  private dueAt = Number.NEGATIVE_INFINITY;
  /** In a row. */
  private failures = 0;
  private answered = false;

  constructor(name: string, settings: DnsSettings, host: ResolverHost) {
    this.name = name;
    this.settings = settings;
    this.host = host;
    this.instances = new DnsInstances(settings.services);
    this.listeners = new InstanceListeners(host.logger);
    this.strangers = new InstanceListeners(host.logger);
    this.strangers.update(() => []);
  }

  watch(service: string, listener: InstanceListener): () => void {
    if (service !== "" && !this.settings.services.includes(service)) return this.strangers.add(listener);
    const leave = this.listeners.add(listener);
    if (this.timer === undefined && this.lookup === undefined) this.schedule();
    return () => {
      leave();
      if (this.listeners.size === 0) this.rest();
    };
  }

  recheck(): void {
    if (this.lookup !== undefined || this.timer === undefined) return;
    this.dueAt = Math.min(this.dueAt, this.startedAt + PAUSE_MS);
    this.schedule();
  }

  async close(): Promise<void> {
    this.listeners.close();
    this.strangers.close();
    this.rest();
  }

  /** Nobody wants to know at present. */
  private rest(): void {
    this.timer?.clear();
    this.timer = undefined;
    const { lookup } = this;
    this.lookup = undefined;
    lookup?.expire(0);
  }

  private schedule(): void {
    this.timer?.clear();
    this.timer = this.host.clock.after(Math.max(0, this.dueAt - this.host.clock.now()), () => {
      this.ask();
    });
  }

  private ask(): void {
    const { clock } = this.host;
    const lookup = new DnsLookup(this.settings);
    this.lookup = lookup;
    this.startedAt = clock.now();
    this.timer = clock.after(LOOKUP_MS, () => lookup.expire(LOOKUP_MS));
    void lookup.run().then((answer) => {
      if (this.lookup !== lookup) return;
      this.lookup = undefined;
      this.take(answer);
      this.schedule();
    });
  }

  private take(answer: DnsAnswer): void {
    const { clock } = this.host;
    const { intervalMs } = this.settings;
    const now = clock.now();
    if (answer.kind === "failed") {
      this.failures++;
      this.dueAt = now + retryMs(this.failures, intervalMs);
      if (this.failures === 1) this.host.lost(this.name, answer.error);
      this.listeners.failed(answer.error);
      return;
    }
    const wasLost = this.failures > 0;
    this.failures = 0;
    this.dueAt = now + useMs(answer, intervalMs);
    if (wasLost) this.host.back(this.name);
    const changed = this.instances.take(answer, now);
    if (changed || wasLost || !this.answered) this.listeners.update(() => this.instances.all);
    this.answered = true;
  }
}
