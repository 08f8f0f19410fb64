/** Something that is looked at when its time comes. The fields belong to the queue that it is in. */
export interface Due {
  dueAt: number;
  /** Where it is in the queue; negative when it is in none. */
  place: number;
}

/** Who is due first, out of very many: a binary heap whose entries know their places, so that any can be taken out. */
export class DueQueue<T extends Due> {
  private readonly heap: T[] = [];

  get size(): number {
    return this.heap.length;
  }

  /** The one that is due first. */
  get first(): T | undefined {
    return this.heap[0];
  }

  /** Adds an entry, or gives it another time. */
  set(entry: T, dueAt: number): void {
    entry.dueAt = dueAt;
    if (entry.place < 0) {
      entry.place = this.heap.length;
      this.heap.push(entry);
    }
    this.settle(entry);
  }

  /** Takes an entry out; does nothing when it is not in. */
  remove(entry: T): void {
    const { place } = entry;
    if (place < 0) return;
    entry.place = -1;
    const last = this.heap.pop();
    if (last === undefined || last === entry) return;
    this.heap[place] = last;
    last.place = place;
    this.settle(last);
  }

  private settle(entry: T): void {
    this.rise(entry);
    this.sink(entry);
  }

  private rise(entry: T): void {
    const { heap } = this;
    while (entry.place > 0) {
      const parent = heap[(entry.place - 1) >> 1];
      if (parent === undefined || parent.dueAt <= entry.dueAt) return;
      this.swap(entry, parent);
    }
  }

  private sink(entry: T): void {
    const { heap } = this;
    for (;;) {
      const left = heap[entry.place * 2 + 1];
      const right = heap[entry.place * 2 + 2];
      if (left === undefined) return;
      const child = right !== undefined && right.dueAt < left.dueAt ? right : left;
      if (entry.dueAt <= child.dueAt) return;
      this.swap(entry, child);
    }
  }

  private swap(a: T, b: T): void {
    const { place } = a;
    a.place = b.place;
    b.place = place;
    this.heap[a.place] = a;
    this.heap[b.place] = b;
  }
}
