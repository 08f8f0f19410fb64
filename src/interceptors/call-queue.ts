/** Something that waits for a place. */
export interface Waiter {
  /** It has a place, and will leave it. */
  enter(): void;
}

/** So many places, and a line of those who wait for one, first come, first served. */
export class CallQueue {
  private readonly max: number;
  private readonly maxWaiting: number;
  private readonly line = new Set<Waiter>();
  private taken = 0;

  constructor(max: number, maxWaiting: number) {
    this.max = max;
    this.maxWaiting = maxWaiting;
  }

  get running(): number {
    return this.taken;
  }

  get waiting(): number {
    return this.line.size;
  }

  /** Gives it a place, now or when one is free. False when the line is full. */
  join(waiter: Waiter): boolean {
    if (this.taken < this.max) {
      this.taken++;
      waiter.enter();
      return true;
    }
    if (this.line.size >= this.maxWaiting) return false;
    this.line.add(waiter);
    return true;
  }

  /** It waits no longer. False when it has a place already. */
  quit(waiter: Waiter): boolean {
    return this.line.delete(waiter);
  }

  /** A place is free. */
  leave(): void {
    const [first] = this.line;
    if (first === undefined) {
      this.taken--;
      return;
    }
    this.line.delete(first);
    first.enter();
  }
}
