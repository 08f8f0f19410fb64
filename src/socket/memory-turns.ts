/**
 * Runs what the sockets of a memory network do to each other, in the order in which they did it, one turn of the
 * event loop later. What is added during a turn waits for the next one, so no exchange starves the process.
 */
export class MemoryTurns {
  readonly #onError: (error: unknown) => void;
  #waiting: (() => void)[] = [];

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  add(step: () => void): void {
    if (this.#waiting.length === 0) setImmediate(() => this.#run());
    this.#waiting.push(step);
  }

  /** Resolves after everything that was added before. */
  settled(): Promise<void> {
    return new Promise((resolve) => {
      this.add(resolve);
    });
  }

  #run(): void {
    const steps = this.#waiting;
    this.#waiting = [];
    for (const step of steps) {
      try {
        step();
      } catch (error) {
        this.#onError(error);
      }
    }
  }
}
