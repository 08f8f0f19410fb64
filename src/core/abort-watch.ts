/** Something that ends when a signal fires. */
export interface Abortable {
  aborted(reason: unknown): void;
}

/** Everything that waits for one signal, behind one listener. */
class Watch {
  readonly waiting = new Set<Abortable>();
  readonly #signal: AbortSignal;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener("abort", this.#fire);
  }

  release(): void {
    this.#signal.removeEventListener("abort", this.#fire);
  }

  readonly #fire = (): void => {
    for (const each of [...this.waiting]) each.aborted(this.#signal.reason);
  };
}

const watches = new WeakMap<AbortSignal, Watch>();

/**
 * Tells `abortable` when the signal, which has not fired yet, does. However many wait for a signal, it has one
 * listener: Node warns of a leak at eleven, and thousands of calls may share one.
 */
export function watchAbort(signal: AbortSignal, abortable: Abortable): void {
  let watch = watches.get(signal);
  if (watch === undefined) {
    watch = new Watch(signal);
    watches.set(signal, watch);
  }
  watch.waiting.add(abortable);
}

/** Undoes `watchAbort`. The last to go takes the listener along. */
export function unwatchAbort(signal: AbortSignal, abortable: Abortable): void {
  const watch = watches.get(signal);
  if (watch === undefined || !watch.waiting.delete(abortable) || watch.waiting.size > 0) return;
  watch.release();
  watches.delete(signal);
}
