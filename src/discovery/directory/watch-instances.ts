import { Code } from "../../core/code.js";
import { done } from "../../core/done.js";
import type { HeliographError } from "../../core/error.js";
import { checkOptionNames } from "../../core/option-names.js";
import type { InstanceInfo } from "../../naming/instance.js";
import type { InstanceListener, InstanceSource } from "../../naming/resolver.js";
import type { ServiceDefinition } from "../../wire/definition.js";
import { InstanceChanges, type InstanceEvent } from "./instance-changes.js";
import { type DiscoveringNode, requireService } from "./list-instances.js";

/** How instances are watched. */
export interface WatchInstancesOptions {
  /** Ends the events, without an error. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Who serves a service, or all nodes when none is named: an event for each instance that is known, then one for each
 * that comes, changes or goes. Of what happens to an instance while nobody reads, the last counts; so a slow reader
 * costs nobody anything. The load of an instance changes without an event.
 *
 * While nobody can be asked there are no events, and the node's status says why. The events end when `signal` fires,
 * when the loop is left, and when the node is closed.
 *
 * @throws HeliographError FAILED_PRECONDITION, reason DISCOVERY_OFF, when the node asks nobody
 */
export function watchInstances(
  node: DiscoveringNode,
  service?: ServiceDefinition,
  options: WatchInstancesOptions = {},
): AsyncIterableIterator<InstanceEvent> {
  const name = requireService(node, service, "watchInstances(node, GreeterService)");
  checkOptionNames("watchInstances()", options, ["signal"]);
  return new InstanceEvents(node.directory, name, options.signal);
}

/** Somebody who waits for the next event. */
interface Reader {
  resolve(result: IteratorResult<InstanceEvent, undefined>): void;
  reject(error: HeliographError): void;
}

class InstanceEvents implements AsyncIterableIterator<InstanceEvent, undefined>, InstanceListener {
  private readonly directory: InstanceSource;
  private readonly service: string;
  private readonly signal: AbortSignal | undefined;
  private readonly changes = new InstanceChanges();
  private readonly readers: Reader[] = [];
  private stop: (() => void) | undefined;
  private over = false;
  private error: HeliographError | undefined;

  constructor(directory: InstanceSource, service: string, signal: AbortSignal | undefined) {
    this.directory = directory;
    this.service = service;
    this.signal = signal;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<InstanceEvent, undefined>> {
    this.begin();
    const event = this.readers.length === 0 && !this.over ? this.changes.next() : undefined;
    if (event !== undefined) return Promise.resolve({ done: false, value: event });
    const { error } = this;
    this.error = undefined;
    if (error !== undefined) return Promise.reject(error);
    if (this.over) return Promise.resolve(done);
    return new Promise((resolve, reject) => this.readers.push({ resolve, reject }));
  }

  async return(): Promise<IteratorResult<InstanceEvent, undefined>> {
    this.end(undefined);
    return done;
  }

  update(instances: readonly InstanceInfo[]): void {
    this.changes.update(instances);
    while (this.readers.length > 0) {
      const event = this.changes.next();
      if (event === undefined) return;
      this.readers.shift()?.resolve({ done: false, value: event });
    }
  }

  failed(error: HeliographError): void {
    if (error.reason === "DISCOVERY_OFF") this.end(error);
    else if (error.reason === "CONNECTION_CLOSED" && error.code === Code.Cancelled) this.end(undefined);
  }

  private begin(): void {
    if (this.over || this.stop !== undefined) return;
    if (this.signal?.aborted) {
      this.over = true;
      return;
    }
    this.stop = this.directory.watch(this.service, this);
    this.signal?.addEventListener("abort", this.onAbort, { once: true });
  }

  private readonly onAbort = (): void => this.end(undefined);

  private end(error: HeliographError | undefined): void {
    if (this.over) return;
    this.over = true;
    this.stop?.();
    this.signal?.removeEventListener("abort", this.onAbort);
    const [first, ...others] = this.readers.splice(0);
    if (first === undefined) this.error = error;
    else if (error === undefined) first.resolve(done);
    else first.reject(error);
    for (const reader of others) reader.resolve(done);
  }
}
