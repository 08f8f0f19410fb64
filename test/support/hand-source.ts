import { Code, HeliographError } from "../../src/index.js";
import type { InstanceInfo } from "../../src/naming/instance.js";
import type { InstanceListener, InstanceSource } from "../../src/naming/resolver.js";

/** A source of instances that says what a test tells it. */
export class HandSource implements InstanceSource {
  readonly watched: string[] = [];
  private readonly listeners = new Set<InstanceListener>();
  private known: readonly InstanceInfo[] | undefined;

  watch(service: string, listener: InstanceListener): () => void {
    this.watched.push(service);
    this.listeners.add(listener);
    if (this.known !== undefined) queueMicrotask(() => this.known && listener.update(this.known));
    return () => this.listeners.delete(listener);
  }

  /** How many follow it now. */
  get listening(): number {
    return this.listeners.size;
  }

  say(...instances: readonly InstanceInfo[]): void {
    this.known = instances;
    for (const listener of this.listeners) listener.update(instances);
  }

  fail(text: string): void {
    const error = new HeliographError(Code.Unavailable, text, { reason: "NO_INSTANCE" });
    for (const listener of this.listeners) listener.failed(error);
  }
}

/** An instance as a source would give it, of which only the endpoint is known. */
export function at(endpoint: string, rest: Partial<InstanceInfo> = {}): InstanceInfo {
  return {
    node: "",
    instance: "",
    epoch: 0,
    version: 1,
    endpoints: [endpoint],
    services: [],
    labels: {},
    host: "",
    condition: "serving",
    kit: "",
    processId: 0,
    state: "alive",
    load: undefined,
    ...rest,
  };
}
