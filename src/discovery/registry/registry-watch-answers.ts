import type { WatchResponse } from "../../gen/heliograph/discovery/v1/registry.js";
import { Answers } from "./registry-answers.js";
import type { RegistryWatcher, WatchUpdate } from "./registry-watcher.js";

/** What watches need of the registry that serves them. */
export interface WatchAnswersHost {
  /** There is something to tell: `stir` is called when the turn ends. */
  wake(answers: WatchAnswers): void;
  update(update: WatchUpdate): WatchResponse;
  unwatch(answers: WatchAnswers, watcher: RegistryWatcher): void;
}

/** The answers of one watch. */
export class WatchAnswers extends Answers<WatchResponse> {
  private readonly host: WatchAnswersHost;
  private readonly watcher: RegistryWatcher;

  /** @param open makes the watcher, with what wakes it */
  constructor(host: WatchAnswersHost, open: (wake: () => void) => RegistryWatcher) {
    super();
    this.host = host;
    this.watcher = open(() => host.wake(this));
  }

  protected take(): WatchResponse | undefined {
    return this.watcher.ready ? this.host.update(this.watcher.take()) : undefined;
  }

  protected ended(): void {
    this.host.unwatch(this, this.watcher);
  }
}
