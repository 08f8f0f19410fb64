/** Something that gathers output during a turn of the event loop and sends it when the turn ends. */
export interface Flushable {
  /** No other one has the same. */
  readonly id: number;
  flush(): void;
}

/** So many flushes after two in a row had output it is taken that several still do. */
const CROWDED_FLUSHES = 64;

/**
 * Flushes whatever has output once the current callback and all promise reactions that follow from it have run:
 * so calls and answers of one turn share a packet, and nothing waits for more to come.
 *
 * Where several have output, one callback's is spread over them, and what comes back of it in as many packets would be
 * spread further, until each packet had one call. So then only the first callback in a round of the event loop is
 * flushed at its end; what the others have to say waits for the end of the round.
 */
export class Turn {
  private waiting: Flushable[] = [];
  private scheduled = false;
  /** Who had output last. */
  private latest = -1;
  /** Flushes for which it is taken that several have output. */
  private crowded = 0;
  /** Something was flushed in this round, and the rest waits for its end. */
  private held = false;

  /** Call it once per turn and object: the object keeps its own mark. */
  add(flushable: Flushable): void {
    this.waiting.push(flushable);
    if (flushable.id !== this.latest) {
      this.latest = flushable.id;
      this.crowded = CROWDED_FLUSHES;
    }
    if (this.scheduled) return;
    this.scheduled = true;
    if (!this.held) process.nextTick(this.endCallback);
  }

  private readonly endCallback = (): void => {
    if (this.crowded > 0) {
      this.crowded--;
      this.held = true;
      setImmediate(this.endRound);
    }
    this.flush();
  };

  private readonly endRound = (): void => {
    this.held = false;
    if (this.scheduled) this.flush();
  };

  private flush(): void {
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
  }
}
