import { type Abortable, unwatchAbort, watchAbort } from "../../core/abort-watch.js";
import { done } from "../../core/done.js";
import { callCancelled } from "../call-options.js";
import type { AnsweringCall } from "../responses.js";
import type { ScatterCall } from "./scatter-call.js";

type Answer = IteratorResult<unknown, undefined>;

/** A call to all instances that waits until they are known. */
export class LateScatterCall implements AnsweringCall, Abortable {
  private readonly made: Promise<ScatterCall>;
  /** As `made`, unless it is given up before. */
  private readonly starting: Promise<ScatterCall>;
  private readonly path: string;
  /** Ends the waiting before the instances are known. */
  private giveUp: (reason: unknown) => void = () => {};

  /** @param signals those that end everything; none has fired */
  constructor(made: Promise<ScatterCall>, signals: readonly AbortSignal[], path: string) {
    this.made = made;
    this.path = path;
    const aborted = new Promise<never>((_, reject) => {
      this.giveUp = reject;
    });
    for (const signal of signals) watchAbort(signal, this);
    this.starting = Promise.race([made, aborted]);
    const settled = () => {
      for (const signal of signals) unwatchAbort(signal, this);
    };
    this.starting.then(settled, settled);
    // Whoever left early does not want to know.
    made.catch(() => {});
  }

  nextAnswer(): Promise<Answer> {
    return this.starting.then((call) => call.nextAnswer());
  }

  leave(): Promise<Answer> {
    this.made.then((call) => call.leave()).catch(() => {});
    this.giveUp(new Error("no more answers are wanted"));
    return Promise.resolve(done);
  }

  aborted(reason: unknown): void {
    this.giveUp(callCancelled(this.path, reason, true));
  }
}
