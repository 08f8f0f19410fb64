import type { Clock, Timer } from "../core/clock.js";
import { DeadlineWatch } from "./deadline-watch.js";

/** Tells of subjects that are silent for too long, with one timer for all of them. */
export class DeadlineAlarm<Source> {
  private readonly clock: Clock;
  private readonly watch: DeadlineWatch<Source>;
  private readonly silent: (source: Source, subject: string) => void;
  private timer: Timer | undefined;

  /** @param most subjects that are watched at a time */
  constructor(
    clock: Clock,
    deadlineMs: number,
    most: number,
    silent: (source: Source, subject: string) => void,
  ) {
    this.clock = clock;
    this.watch = new DeadlineWatch(deadlineMs, most);
    this.silent = silent;
  }

  heard(source: Source, subject: string): void {
    this.watch.heard(source, subject, this.clock.now());
    // One that is set goes off too early then, and is set anew: cheaper than to set it with everything that is heard.
    if (this.timer === undefined) this.set();
  }

  /** See `DeadlineWatch.forget`. */
  forget(source: Source): void {
    this.watch.forget(source);
  }

  /** See `DeadlineWatch.keep`. */
  keep(isMeant: (subject: string) => boolean): void {
    this.watch.keep(isMeant);
  }

  close(): void {
    this.watch.keep(() => false);
    this.timer?.clear();
    this.timer = undefined;
  }

  private set(): void {
    const { dueAt } = this.watch;
    if (dueAt === Number.POSITIVE_INFINITY) return;
    this.timer = this.clock.after(Math.max(0, dueAt - this.clock.now()), () => {
      this.timer = undefined;
      for (const { source, subject } of this.watch.take(this.clock.now())) this.silent(source, subject);
      this.set();
    });
  }
}
