import { Resolver } from "node:dns/promises";
import { Code } from "../../core/code.js";
import { HeliographError } from "../../core/error.js";
import { Semaphore } from "../../core/semaphore.js";
import type { DnsAnswer, DnsPlace } from "./dns-answer.js";
import type { DnsSettings } from "./dns-options.js";

/** Until a question is sent again, to the next server if there are several. It grows with each time. */
const RESEND_MS = 1_000;
const TRIES = 3;
/** Questions at a time: an SRV answer may name hundreds of hosts. */
const MOST_QUESTIONS = 16;

interface Addresses {
  readonly addresses: readonly string[];
  readonly ttlMs: number;
}

interface Target {
  readonly name: string;
  readonly port: number;
  readonly labels: Readonly<Record<string, string>>;
}

/** One round of questions. It has a resolver of its own: c-ares would learn from earlier rounds what is not so any more. */
export class DnsLookup {
  private readonly settings: DnsSettings;
  private readonly resolver: Resolver;
  private readonly places = new Semaphore(MOST_QUESTIONS);
  /** Why it was ended. */
  private ended: HeliographError | undefined;

  constructor(settings: DnsSettings) {
    this.settings = settings;
    this.resolver = new Resolver({ timeout: RESEND_MS, tries: TRIES });
    if (settings.servers !== undefined) this.resolver.setServers(settings.servers);
  }

  /** Never rejects. */
  async run(): Promise<DnsAnswer> {
    try {
      return await this.ask();
    } catch (error) {
      return { kind: "failed", error: this.failure(error) };
    }
  }

  /** There is no time left: what is under way fails at once. */
  expire(ms: number): void {
    this.ended = failed(this.settings.host, `no answer within ${ms} ms`);
    this.resolver.cancel();
  }

  private async ask(): Promise<DnsAnswer> {
    const { host, port } = this.settings;
    const targets = port === undefined ? await this.targets() : [{ name: host, port, labels: {} }];
    const names = [...new Set(targets.map(({ name }) => name))];
    const outcomes = await Promise.allSettled(names.map((name) => this.addresses(name)));
    const found = new Map<string, Addresses>();
    const failures: unknown[] = [];
    outcomes.forEach((outcome, index) => {
      if (outcome.status === "fulfilled") found.set(names[index] ?? "", outcome.value);
      else failures.push(outcome.reason);
    });
    const places = placesOf(targets, found);
    if (places.length > 0) {
      const ttlMs = Math.min(...[...found.values()].map((each) => each.ttlMs));
      return { kind: "found", places, whole: failures.length === 0, ttlMs };
    }
    if (failures.length > 0) throw failures[0];
    return { kind: "none" };
  }

  /** The best first. */
  private async targets(): Promise<readonly Target[]> {
    const records = await this.question(() => this.resolver.resolveSrv(this.settings.host));
    return records
      .filter(({ name }) => name !== "" && name !== ".")
      .sort((a, b) => a.priority - b.priority)
      .map(({ name, port, priority, weight }) => ({
        name,
        port,
        labels: { priority: String(priority), weight: String(weight) },
      }));
  }

  private async addresses(name: string): Promise<Addresses> {
    for (const family of this.settings.families) {
      const records = await this.question(() =>
        family === 4
          ? this.resolver.resolve4(name, { ttl: true })
          : this.resolver.resolve6(name, { ttl: true }),
      );
      if (records.length === 0) continue;
      const ttlMs = 1_000 * Math.min(...records.map(({ ttl }) => ttl));
      return { addresses: records.map(({ address }) => address), ttlMs };
    }
    return { addresses: [], ttlMs: Number.POSITIVE_INFINITY };
  }

  /** The records; none when DNS says that there are none. */
  private question<T>(ask: () => Promise<T[]>): Promise<T[]> {
    return this.places.run(async () => {
      if (this.ended !== undefined) throw this.ended;
      try {
        return await ask();
      } catch (error) {
        if (saysNone(error)) return [];
        throw error;
      }
    });
  }

  private failure(error: unknown): HeliographError {
    if (this.ended !== undefined) return this.ended;
    if (error instanceof HeliographError) return error;
    return failed(this.settings.host, error instanceof Error ? error.message : String(error), error);
  }
}

/** Each place once, as the best target has it. */
function placesOf(targets: readonly Target[], found: ReadonlyMap<string, Addresses>): readonly DnsPlace[] {
  const places = new Map<string, DnsPlace>();
  for (const { name, port, labels } of targets) {
    for (const address of found.get(name)?.addresses ?? []) {
      const endpoint = endpointOf(address, port);
      if (!places.has(endpoint)) places.set(endpoint, { endpoint, labels });
    }
  }
  return [...places.values()];
}

function endpointOf(address: string, port: number): string {
  return address.includes(":") ? `tcp://[${address}]:${port}` : `tcp://${address}:${port}`;
}

/** NXDOMAIN, or a name without records of this kind. */
function saysNone(error: unknown): boolean {
  return (
    error instanceof Error && "code" in error && (error.code === "ENOTFOUND" || error.code === "ENODATA")
  );
}

function failed(host: string, text: string, cause?: unknown): HeliographError {
  return new HeliographError(Code.Unavailable, `DNS can't say where ${host} is: ${text}`, {
    reason: "RESOLVER_FAILED",
    cause,
  });
}
