import type { HeliographError } from "../../core/error.js";

/**
 * Services that are paused and drained together: those of the node's user, or those of the kit, which are neither. Counts
 * the calls that are in flight, of services that were taken away meanwhile, too.
 */
export class ServiceGroup {
  /** Makes the error with which new calls are refused; undefined while they are taken. */
  refusal: (() => HeliographError) | undefined;
  private inFlight = 0;
  private attached = 0;
  private readonly waiting = new Set<() => void>();

  /** Calls for which a handler runs, or will: all calls with one idempotency key are one. */
  get calls(): number {
    return this.inFlight - this.attached;
  }

  /** Nothing is in flight. */
  get idle(): boolean {
    return this.inFlight === 0;
  }

  /** @throws HeliographError when no new call is taken */
  admit(): void {
    if (this.refusal !== undefined) throw this.refusal();
  }

  begun(): void {
    this.inFlight++;
  }

  ended(): void {
    if (--this.inFlight === 0 && this.waiting.size > 0) this.wake();
  }

  /** The call that was begun has no run of its own: it waits for one. */
  attach(): void {
    this.attached++;
  }

  detach(): void {
    this.attached--;
  }

  /** Tells once nothing is in flight, or when `wake` is called. Returns what ends the waiting. */
  whenIdle(tell: () => void): () => void {
    this.waiting.add(tell);
    return () => this.waiting.delete(tell);
  }

  /** Tells all that wait. */
  wake(): void {
    const waiting = [...this.waiting];
    this.waiting.clear();
    for (const tell of waiting) tell();
  }
}
