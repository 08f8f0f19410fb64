const LIMIT_MS = 20_000;

/** Lets the story wait for what has come about, rather than for time to pass. */
export class Happenings {
  readonly #conditions = new Set<() => void>();
  readonly #signal: AbortSignal;

  /** @param signal ends all waits */
  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /** Something has: looks at what is waited for. */
  tell(): void {
    for (const look of this.#conditions) look();
  }

  async until(what: string, isSo: () => boolean): Promise<void> {
    const { promise, resolve, reject } = deferred();
    const look = () => isSo() && resolve();
    const ended = () => reject(this.#signal.reason);
    const timer = setTimeout(
      () => reject(new Error(`${LIMIT_MS / 1_000} s passed, and not: ${what}`)),
      LIMIT_MS,
    );
    this.#conditions.add(look);
    this.#signal.addEventListener("abort", ended);
    try {
      this.#signal.throwIfAborted();
      look();
      await promise;
    } finally {
      clearTimeout(timer);
      this.#conditions.delete(look);
      this.#signal.removeEventListener("abort", ended);
    }
  }
}

function deferred() {
  let resolve: () => void = () => {};
  let reject: (error: unknown) => void = () => {};
  const promise = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
