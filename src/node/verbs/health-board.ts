import { invalidArgument } from "../../core/error.js";
import type { Condition } from "../../naming/instance.js";
import type { ServiceDefinition } from "../../wire/definition.js";
import { showValue } from "../../wire/show-value.js";

/** Whether something takes calls, by its own word. */
export type HealthStatus = "serving" | "not-serving";

/** How a service of a node is, or the node as a whole. */
export interface Health {
  readonly status: HealthStatus;
  /** Why it does not serve; may be empty. `paused` and `draining` when that is so. */
  readonly reason: string;
}

/** What a board reads of the node's serving side. */
export interface HealthSource {
  readonly services: readonly string[];
  readonly condition: Condition;
  /** Tells when one of these has changed. */
  onChange(listener: () => void): () => void;
}

const well: Health = { status: "serving", reason: "" };

/**
 * How a node and its services are: as their owner said last, `serving` until then. While the node is paused or drains
 * nothing of it serves.
 */
export class HealthBoard {
  private readonly source: HealthSource;
  /** What is not well, by service; under the empty name the node as a whole. */
  private readonly ills = new Map<string, Health>();
  private readonly listeners = new Set<() => void>();

  constructor(source: HealthSource) {
    this.source = source;
    source.onChange(() => this.tell());
  }

  /** Kept for a service that is not served, too: it counts once it is. */
  set(service: string, health: Health): void {
    if (health.status === "serving") this.ills.delete(service);
    else this.ills.set(service, health);
    this.tell();
  }

  /** @returns undefined for a service that is not served */
  get(service: string): Health | undefined {
    const { services, condition } = this.source;
    if (service !== "" && !services.includes(service)) return undefined;
    if (condition !== "serving") return { status: "not-serving", reason: condition };
    return this.ills.get(service) ?? well;
  }

  /** The node as a whole under the empty name, and each of its services. */
  all(): Map<string, Health> {
    return new Map(["", ...this.source.services].map((service) => [service, this.get(service) ?? well]));
  }

  /**
   * Tells when something may have changed.
   *
   * @returns ends it
   */
  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private tell(): void {
    for (const listener of [...this.listeners]) listener();
  }
}

/** What `setHealth` needs of a node. */
export interface HealthNode {
  /** For the kit's own functions. */
  readonly health: HealthBoard;
}

/**
 * Says how a service of a node is, or with `""` how the node is as a whole: who asks its HealthService learns that. It
 * changes nothing else; calls are still taken. What is said of the node as a whole is not said of its services.
 *
 * @param reason why it does not serve, for people. Default: none.
 * @throws HeliographError INVALID_ARGUMENT that quotes the value
 */
export function setHealth(
  node: HealthNode,
  service: ServiceDefinition | "",
  status: HealthStatus,
  reason = "",
): void {
  if (typeof node?.health?.set !== "function") {
    throw invalidArgument(
      `the first argument of setHealth() must be a node, as createNode() makes it, got ${showValue(node)}`,
    );
  }
  const name = service === "" ? "" : service?.$service;
  if (typeof name !== "string") {
    throw invalidArgument(
      `the second argument of setHealth() must be a generated service, or "" for the node as a whole, got ${showValue(service)}`,
    );
  }
  if (status !== "serving" && status !== "not-serving") {
    throw invalidArgument(`the status must be "serving" or "not-serving", got ${showValue(status)}`);
  }
  if (typeof reason !== "string")
    throw invalidArgument(`the reason must be a text, got ${showValue(reason)}`);
  node.health.set(name, { status, reason });
}
