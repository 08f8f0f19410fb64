import type { Clock } from "../../core/clock.js";
import { Code } from "../../core/code.js";
import type { HeliographError } from "../../core/error.js";
import type { InstanceInfo } from "../../naming/instance.js";
import type { InstanceListener, InstanceSource } from "../../naming/resolver.js";

/** The system's timers may fire so much too early: a call that has waited for its time must find that it is over. */
const EARLY_MS = 1;

/** What a watch is made of. */
export interface SourceWatchParts {
  readonly source: InstanceSource;
  /** Its full name; empty for all instances. */
  readonly service: string;
  readonly clock: Clock;
  /** How long the first word of who there is may take before it counts as none, in milliseconds. */
  readonly patienceMs: number;
  told(instances: readonly InstanceInfo[]): void;
  failed(): void;
}

/** A channel's watch of who is there: whether anybody has said so, and what to make of it when nobody does. */
export class SourceWatch implements InstanceListener {
  private readonly parts: SourceWatchParts;
  /** Somebody has said who there is. */
  resolved = false;
  /** Why the source can't be asked at present. */
  failure: HeliographError | undefined;
  private since = 0;
  private stop: (() => void) | undefined;
  /** Of those who wait until it is known who there is. */
  private readonly resolutions = new Set<() => void>();

  constructor(parts: SourceWatchParts) {
    this.parts = parts;
  }

  /** Does nothing when it has begun. */
  begin(): void {
    if (this.stop !== undefined) return;
    const { source, service, clock } = this.parts;
    this.since = clock.now();
    this.stop = source.watch(service, this);
  }

  /** Nothing of what was said is known any more; it may begin again. */
  end(): void {
    this.stop?.();
    this.stop = undefined;
    this.resolved = false;
    this.failure = undefined;
    this.tellResolved();
  }

  /** Resolves when it is known who there is, or for as long as a call would wait for that. */
  async resolution(): Promise<void> {
    if (this.resolved || this.unanswered) return;
    await new Promise<void>((resolve) => {
      const told = () => {
        timer.clear();
        this.resolutions.delete(told);
        resolve();
      };
      const timer = this.parts.clock.after(this.parts.patienceMs, told);
      this.resolutions.add(told);
    });
  }

  update(instances: readonly InstanceInfo[]): void {
    if (this.stop === undefined) return;
    this.failure = undefined;
    this.resolved = true;
    this.parts.told(instances);
    this.tellResolved();
  }

  failed(error: HeliographError): void {
    if (this.stop === undefined) return;
    this.failure = error;
    this.parts.failed();
  }

  /** Nobody has said who there is in the time that a call waits for it. */
  get unanswered(): boolean {
    const { clock, patienceMs } = this.parts;
    return !this.resolved && this.failure !== undefined && clock.now() - this.since >= patienceMs - EARLY_MS;
  }

  /** There is nobody to ask, now or later. */
  get isFutile(): boolean {
    return !this.resolved && this.failure?.code === Code.FailedPrecondition;
  }

  private tellResolved(): void {
    for (const told of [...this.resolutions]) told();
  }
}
