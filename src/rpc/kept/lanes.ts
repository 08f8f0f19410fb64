/** Something that wants to run in a lane. */
export interface Runnable {
  /** Starts. True when it goes on after this, and will `leave`; false when it is over already. */
  run(): boolean;
  /** Ended before it ran: it need not be kept. */
  readonly over: boolean;
}

/** What may have to wait until its peer has read more. */
export interface Postponable {
  readonly over: boolean;
  /** Goes on. */
  enter(): void;
}

/** Below this many, those that are over are not worth looking for. */
const MANY = 64;

/** At most so many calls of a service at a time; the others wait, first come, first served. */
export class Lanes {
  private readonly max: number;
  private running = 0;
  private waiting: Runnable[] = [];
  private first = 0;
  /** At most as many of those that wait are over. */
  private gone = 0;

  constructor(max: number) {
    this.max = max;
  }

  /** Runs it now, or when a lane is free. */
  enter(runnable: Runnable): void {
    if (this.running >= this.max) this.waiting.push(runnable);
    else if (runnable.run()) this.running++;
  }

  /** One that waits may be over. They are swept out when they are many, so that no caller can make them pile up. */
  dropped(): void {
    this.gone++;
    if (this.gone < MANY || this.gone * 2 < this.waiting.length - this.first) return;
    this.waiting = this.waiting.slice(this.first).filter(({ over }) => !over);
    this.first = 0;
    this.gone = 0;
  }

  /** One that went on is over. */
  leave(): void {
    this.running--;
    while (this.running < this.max && this.first < this.waiting.length) {
      if (this.waiting[this.first++]!.run()) this.running++;
    }
    if (this.first === this.waiting.length || this.first > 1024) {
      this.waiting = this.waiting.slice(this.first);
      this.first = 0;
    }
  }
}
