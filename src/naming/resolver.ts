import type { Clock } from "../core/clock.js";
import type { HeliographError } from "../core/error.js";
import type { Logger } from "../core/logger.js";
import type { Announcement, InstanceInfo, Load } from "./instance.js";

/** Told of what a source of instances knows. */
export interface InstanceListener {
  /** All instances that are known now. Called with the first answer, and after each change. */
  update(instances: readonly InstanceInfo[]): void;
  /** The source can't be asked at present: what it said last may be old, and stays as it is. */
  failed(error: HeliographError): void;
}

/** Where instances are looked up. */
export interface InstanceSource {
  /**
   * Follows who serves a service; with an empty name, all instances. The listener is not called from within `watch`.
   *
   * @returns ends it
   */
  watch(service: string, listener: InstanceListener): () => void;
}

/** What a resolver is given by the node that uses it. */
export interface ResolverHost {
  readonly clock: Clock;
  readonly logger: Logger;
  /** See `Announcement.host`. */
  readonly host: string;
  /** Called for each heartbeat. */
  load(): Load;
  /** The source can't be reached, or can be again. Told once for each change; shown by `node.status()`. */
  lost(resolver: string, error: HeliographError): void;
  back(resolver: string): void;
}

/** A resolver at work for one node. */
export interface OpenResolver extends InstanceSource {
  /**
   * Makes the node known, or what has changed of it, and keeps it known. Resolves when others can see it. A source
   * without it can only be asked.
   */
  announce?(announcement: Announcement): Promise<void>;
  /** Takes the node away. Never rejects; ends soon, whether or not the source can be reached: 3 s are waited for it. */
  withdraw?(): Promise<void>;
  /** An instance can't be reached: a source that is only asked now and then is asked soon. */
  recheck?(): void;
  /** Ends all watches without another call of their listeners, and frees everything. Always ends: 3 s are waited for it. */
  close(): Promise<void>;
}

/**
 * A way to find instances: a registry, DNS, etcd, a list. A plain value that does no I/O until a node opens it; one
 * value may be given to several nodes.
 */
export interface Resolver {
  /** How logs and `node.status()` name it, such as `dns greeter.default.svc`. */
  readonly name: string;
  /** Starts to work; does no I/O in the caller's way, and throws nothing. */
  open(host: ResolverHost): OpenResolver;
}
