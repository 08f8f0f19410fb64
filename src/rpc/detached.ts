import type { HeliographError } from "../core/error.js";

/** A run of a handler. */
export interface DetachedCall {
  /** The handler has been given the request. */
  readonly started: boolean;
  cancel(reason: HeliographError): void;
}

/** Runs of handlers that belong to no session, since they go on when that of their caller is over. */
export class Detached {
  private readonly calls = new Set<DetachedCall>();
  /** Who wants to hear that one of them has ended. */
  readonly watchers = new Set<() => void>();

  get size(): number {
    return this.calls.size;
  }

  get idle(): boolean {
    return this.calls.size === 0;
  }

  add(call: DetachedCall): void {
    this.calls.add(call);
  }

  delete(call: DetachedCall): void {
    if (!this.calls.delete(call)) return;
    for (const watcher of this.watchers) watcher();
  }

  /** Ends all of them: those that no handler has seen, or every one. */
  cancel(reason: HeliographError, which: "waiting" | "all"): void {
    for (const call of [...this.calls]) if (which === "all" || !call.started) call.cancel(reason);
  }
}
