import type { HeliographError } from "../core/error.js";
import type { Logger } from "../core/logger.js";
import type { InstanceInfo } from "../naming/instance.js";
import type { InstanceListener } from "../naming/resolver.js";

/** One who listens, and what it has not been told yet. */
interface Entry {
  readonly listener: InstanceListener;
  updateDue: boolean;
  failureDue: boolean;
}

/**
 * Those who listen to one source. They are told once per turn of the event loop, however much happens in it, and never
 * from within a call of theirs. One that comes later is told what is known.
 */
export class InstanceListeners {
  private readonly logger: Logger;
  private readonly entries = new Set<Entry>();
  private read: (() => readonly InstanceInfo[]) | undefined;
  private failure: HeliographError | undefined;
  private turn: NodeJS.Immediate | undefined;

  constructor(logger: Logger) {
    this.logger = logger;
  }

  get size(): number {
    return this.entries.size;
  }

  /** @returns ends it */
  add(listener: InstanceListener): () => void {
    const entry = { listener, updateDue: this.read !== undefined, failureDue: this.failure !== undefined };
    this.entries.add(entry);
    if (entry.updateDue || entry.failureDue) this.schedule();
    return () => {
      this.entries.delete(entry);
    };
  }

  /** There is something new, and the source can be asked. `read` is called once for all listeners. */
  update(read: () => readonly InstanceInfo[]): void {
    this.read = read;
    this.failure = undefined;
    for (const entry of this.entries) {
      entry.updateDue = true;
      entry.failureDue = false;
    }
    this.schedule();
  }

  /** The source can't be asked. What was read last stays. */
  failed(error: HeliographError): void {
    this.failure = error;
    for (const entry of this.entries) entry.failureDue = true;
    this.schedule();
  }

  /** The last that they hear. */
  end(error: HeliographError): void {
    const listeners = [...this.entries].map(({ listener }) => listener);
    this.close();
    for (const listener of listeners) this.guarded(() => listener.failed(error));
  }

  /** None is called any more. */
  close(): void {
    this.entries.clear();
    clearImmediate(this.turn);
  }

  private schedule(): void {
    this.turn ??= setImmediate(() => {
      this.turn = undefined;
      this.tell();
    });
  }

  private tell(): void {
    let instances: readonly InstanceInfo[] | undefined;
    for (const entry of [...this.entries]) {
      const { listener, updateDue, failureDue } = entry;
      entry.updateDue = false;
      entry.failureDue = false;
      // One that was told before may have ended it for this one.
      if (updateDue && this.read !== undefined && this.entries.has(entry)) {
        const known = instances ?? this.read();
        instances = known;
        this.guarded(() => listener.update(known));
      }
      const { failure } = this;
      if (failureDue && failure !== undefined && this.entries.has(entry))
        this.guarded(() => listener.failed(failure));
    }
  }

  private guarded(tell: () => void): void {
    try {
      tell();
    } catch (error) {
      this.logger.error({ error }, "a listener for instances threw");
    }
  }
}
