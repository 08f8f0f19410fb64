/** Something that gathers output during a turn of the event loop and sends it when the turn ends. */
export interface Flushable {
  flush(): void;
}

/**
 * Flushes whatever has output once the current callback and all promise reactions that follow from it have run:
 * so calls and answers of one turn share a packet, and nothing waits for more to come.
 */
export class Turn {
  private waiting: Flushable[] = [];
  private scheduled = false;

  /** Call it once per turn and object: the object keeps its own mark. */
  add(flushable: Flushable): void {
    this.waiting.push(flushable);
    if (this.scheduled) return;
    this.scheduled = true;
    process.nextTick(this.run);
  }

  private readonly run = (): void => {
    const due = this.waiting;
    this.waiting = [];
    this.scheduled = false;
    let flushed = 0;
    try {
      for (const flushable of due) {
        flushed++;
        flushable.flush();
      }
    } finally {
      // One that throws does not keep the others from being sent.
      for (const flushable of due.slice(flushed)) this.add(flushable);
    }
  };
}
