import { Code } from "../../core/code.js";
import { HeliographError } from "../../core/error.js";
import { readAnnouncement, readInstance, readLoad } from "../../discovery/announcement-message.js";
import type { Instance as InstanceMessage } from "../../gen/heliograph/discovery/v1/registry.js";
import { RegistryService } from "../../gen/heliograph/discovery/v1/registry_heliograph.js";
import { NodeService } from "../../gen/heliograph/node/v1/node_heliograph.js";
import type { ClientConnection } from "../../node/connect.js";
import { createClient } from "../../rpc/client/client.js";
import type { ConnectSettings } from "../connect-options.js";
import { Failure } from "../failure.js";
import { printable } from "../output/printable.js";
import { explain } from "./explain.js";
import { type KnownInstance, type Listing, mergeInstances, type RegistryAnswer } from "./known-instance.js";
import { connect, type Reached, reach } from "./reach.js";
import { ambiguousText, findTarget, type NoTarget, type Target } from "./target.js";

/** What a verb finds nodes by, and reaches them through. Takes part in nothing: it is not announced, and serves nothing. */
export class Lookup implements AsyncDisposable {
  readonly settings: ConnectSettings;
  private readonly connections = new Set<ClientConnection>();
  private readonly reached = new Map<KnownInstance, Reached>();

  constructor(settings: ConnectSettings) {
    this.settings = settings;
  }

  /** Asks all registries, or each of the nodes that the settings name. Never rejects for those that don't answer. */
  async survey(): Promise<Listing & { readonly silent: readonly string[] }> {
    const { registries, endpoints } = this.settings;
    const [answers, nodes] = await Promise.all([
      Promise.all(registries.map((endpoint) => this.askRegistry(endpoint))),
      Promise.all(endpoints.map((endpoint) => this.askNode(endpoint))),
    ]);
    const known = nodes.flatMap(({ instance }) => instance ?? []);
    return {
      registries: answers.map(({ answer }) => answer),
      instances: mergeInstances([...answers.map(({ instances }) => instances), known]),
      silent: nodes.flatMap(({ error }) => error ?? []),
    };
  }

  /**
   * As `survey`.
   *
   * @throws Failure when no registry, or one of the nodes that were asked themselves, did not answer
   */
  async list(): Promise<Listing> {
    const { silent, ...listing } = await this.survey();
    if (silent.length > 0) throw new Failure(silent);
    const { registries } = listing;
    if (registries.length > 0 && registries.every(({ registry }) => registry === undefined)) {
      throw noRegistry(registries);
    }
    return listing;
  }

  /**
   * What a name on the command line stands for; all instances without one.
   *
   * @throws Failure that says where was looked, and what may have been meant
   */
  find({ registries, instances }: Listing, name: string | undefined): Target {
    const found = findTarget(instances, name);
    if ("instances" in found) return found;
    throw notFound(found, name ?? "", registries, instances.length);
  }

  /** The way to an instance; the same for the same. Throws as `reach` does. */
  reach(instance: KnownInstance): Reached {
    const known = this.reached.get(instance);
    if (known !== undefined) return known;
    const made = reach(instance, this.settings);
    this.connections.add(made.connection);
    this.reached.set(instance, made);
    return made;
  }

  /** Why a call failed, in a few words. */
  explain(error: unknown): string {
    return error instanceof Failure ? printable(error.message) : explain(error, this.settings.timeoutMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.connections].map((connection) => connection.close()));
  }

  private async askRegistry(
    endpoint: string,
  ): Promise<{ answer: RegistryAnswer; instances: readonly KnownInstance[] }> {
    try {
      const client = createClient(this.connect(endpoint), RegistryService);
      const { registry, instances } = await client.list({}, { timeoutMs: this.settings.timeoutMs });
      const read = instances.flatMap((message) => readKnown(message, endpoint) ?? []);
      if (registry === undefined) throw new Failure("it does not say who it is");
      const identity = {
        instance: registry.instance,
        epoch: Number(registry.epoch),
        revision: Number(registry.revision),
        complete: registry.complete,
      };
      return {
        answer: { endpoint, registry: identity, instances: read.length, error: undefined },
        instances: read,
      };
    } catch (error) {
      const why =
        HeliographError.from(error).code === Code.Unimplemented
          ? `a node listens at ${endpoint}, but it serves no registry`
          : this.explain(error);
      return { answer: { endpoint, registry: undefined, instances: 0, error: why }, instances: [] };
    }
  }

  private async askNode(endpoint: string): Promise<{ instance?: KnownInstance; error?: string }> {
    try {
      const client = createClient(this.connect(endpoint), NodeService);
      const { announcement, load } = await client.info({}, { timeoutMs: this.settings.timeoutMs });
      if (announcement === undefined) return { error: `what listens at ${endpoint} does not say who it is` };
      return {
        instance: {
          ...readAnnouncement(announcement, Code.Internal),
          // It may be reached here by another name than it gives itself.
          endpoints: [endpoint],
          state: "alive",
          load: load && readLoad(load, Code.Internal),
          heardMsAgo: 0,
          registries: [],
        },
      };
    } catch (error) {
      return { error: `no node answers at ${endpoint}: ${this.explain(error)}` };
    }
  }

  private connect(endpoint: string): ClientConnection {
    const connection = connect([endpoint], this.settings);
    this.connections.add(connection);
    return connection;
  }
}

/** Undefined for one that can't be read: it is passed over, and the others are taken. */
function readKnown(message: InstanceMessage, registry: string): KnownInstance | undefined {
  try {
    return { ...readInstance(message), heardMsAgo: message.heardMsAgo, registries: [registry] };
  } catch {
    return undefined;
  }
}

function noRegistry(registries: readonly RegistryAnswer[]): Failure {
  return new Failure([
    ...registries.map(({ endpoint, error }) => `no registry answers at ${endpoint}: ${error}`),
    "start a node on this machine, which serves a registry there if nobody does, or run helio registry;",
    "or name another registry with --registry, or a node itself with --endpoint",
  ]);
}

function notFound(
  found: NoTarget,
  name: string,
  registries: readonly RegistryAnswer[],
  count: number,
): Failure {
  const quoted = JSON.stringify(name);
  if (found.kind === "ambiguous") return new Failure(ambiguousText(name, found));
  const where =
    registries.length === 0
      ? "the nodes that were asked"
      : registries.map(({ endpoint }) => endpoint).join(", ");
  const meant = found.candidates.length === 0 ? "" : `did you mean ${found.candidates.join(" or ")}? `;
  return new Failure([
    `no node, instance or service ${quoted} among the ${count} ${count === 1 ? "instance" : "instances"} that ${where} ${registries.length > 1 || registries.length === 0 ? "know" : "knows"}`,
    `${meant}helio ls shows what there is`,
  ]);
}
