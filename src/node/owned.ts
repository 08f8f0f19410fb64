import type { Logger } from "../core/logger.js";

/** What ends with a node. */
export class Owned {
  private readonly resources = new Set<Disposable | AsyncDisposable>();
  private readonly logger: Logger;
  private over = false;

  constructor(logger: Logger) {
    this.logger = logger;
  }

  /** Takes it in; once all was disposed of, it is disposed of at once. What it returns takes that back. */
  add(resource: Disposable | AsyncDisposable): () => void {
    if (this.over) void this.end(resource);
    else this.resources.add(resource);
    return () => this.resources.delete(resource);
  }

  /** Disposes of all, at the same time. Never rejects: what fails is logged. */
  async dispose(): Promise<void> {
    this.over = true;
    // What ends with the node may close it once more, and has to find that it is being closed.
    await Promise.resolve();
    const resources = [...this.resources];
    this.resources.clear();
    await Promise.all(resources.map((resource) => this.end(resource)));
  }

  private async end(resource: Disposable | AsyncDisposable): Promise<void> {
    try {
      if (Symbol.asyncDispose in resource) await resource[Symbol.asyncDispose]();
      else resource[Symbol.dispose]();
    } catch (error) {
      this.logger.error({ error }, "what ends with the node could not be disposed of");
    }
  }
}
