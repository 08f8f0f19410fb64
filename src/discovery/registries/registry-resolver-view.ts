import { Code } from "../../core/code.js";
import { HeliographError } from "../../core/error.js";
import type { WatchRequest, WatchResponse } from "../../gen/heliograph/discovery/v1/registry.js";
import type { InstanceInfo } from "../../naming/instance.js";
import { readInstance } from "../announcement-message.js";
import { MAX_INSTANCES } from "../registry-limits.js";

/**
 * What one registry has said of one service, over all of its lives. A registry that has just begun knows few: what
 * another life of it had told stays until the new one is complete. Pure.
 */
export class RegistryView {
  private readonly service: string;
  private readonly known = new Map<string, InstanceInfo>();
  /** Those that were told before the last snapshot began, and not since. */
  private unconfirmed = new Set<string>();
  private epoch = 0n;
  private revision = 0n;
  /** The instance that served the registry last. */
  private server = "";
  /** Instances that served it until the connection broke, and were not heard of since. */
  private readonly lostServers = new Set<string>();

  /** @param service empty for all instances */
  constructor(service: string) {
    this.service = service;
  }

  get instances(): readonly InstanceInfo[] {
    const all = [...this.known.values()];
    return this.lostServers.size === 0 ? all : all.map((info) => this.seen(info));
  }

  /** Asks for what has changed since. */
  get request(): WatchRequest {
    return { service: this.service, epoch: this.epoch, revision: this.revision };
  }

  /** Nothing of what was said can be built upon: the next request asks for everything. */
  doubt(): void {
    this.epoch = 0n;
    this.revision = 0n;
  }

  /**
   * The connection to the registry broke: whoever served it may be gone, and can't say so any more.
   *
   * @returns whether that changes anything
   */
  broke(): boolean {
    if (!this.known.has(this.server) || this.lostServers.has(this.server)) return false;
    this.lostServers.add(this.server);
    return true;
  }

  /**
   * Takes what a registry has said.
   *
   * @param unreadable called for each instance that makes no sense; the others are taken
   * @throws HeliographError INTERNAL, reason MALFORMED_MESSAGE, when it makes no sense as a whole; nothing was taken
   */
  take(response: WatchResponse, unreadable: (error: HeliographError) => void): void {
    const { registry, snapshot, changed, removed } = response;
    if (registry === undefined) throw nonsense("WatchResponse.registry is missing");
    const { epoch, revision, complete } = registry;
    if (!snapshot && epoch !== this.epoch)
      throw nonsense(`changes since revision ${this.revision} of registry ${this.epoch} came from ${epoch}`);
    if (!snapshot && revision < this.revision)
      throw nonsense(`after revision ${this.revision} came ${revision}`);
    this.server = registry.instance;
    this.lostServers.delete(this.server);
    // It may come in parts, and of a young registry it is not all there is.
    if (snapshot) this.unconfirmed = new Set(this.known.keys());
    this.epoch = epoch;
    this.revision = revision;
    for (const instance of removed) this.remove(instance);
    for (const message of changed) {
      try {
        this.set(readInstance(message));
      } catch (error) {
        unreadable(HeliographError.from(error));
      }
    }
    if (complete) for (const instance of this.unconfirmed) this.remove(instance);
  }

  private set(info: InstanceInfo): void {
    const { instance } = info;
    if (instance === "") throw nonsense("Announcement.instance is empty");
    const serves = this.service === "" || info.services.some(({ name }) => name === this.service);
    if (!serves) this.remove(instance);
    else if (this.known.size < MAX_INSTANCES || this.known.has(instance)) this.known.set(instance, info);
    this.unconfirmed.delete(instance);
    this.lostServers.delete(instance);
  }

  private seen(info: InstanceInfo): InstanceInfo {
    const isLost = this.lostServers.has(info.instance) && info.state !== "dead";
    return isLost ? { ...info, state: "suspect" } : info;
  }

  private remove(instance: string): void {
    this.known.delete(instance);
    this.unconfirmed.delete(instance);
    this.lostServers.delete(instance);
  }
}

function nonsense(problem: string): HeliographError {
  return new HeliographError(Code.Internal, problem, { reason: "MALFORMED_MESSAGE" });
}
