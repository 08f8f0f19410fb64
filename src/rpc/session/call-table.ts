/** A call that can be in one table at a time. */
export interface TableEntry<T> {
  readonly id: number;
  /** The table's own. */
  nextInTable: T | undefined;
}

const BUCKETS = 1024;

/**
 * The calls in flight of a session, by id: a hash table whose lists run through the calls themselves.
 *
 * Not a Map, because a Map that is written so often keeps replacing its storage, and the old storage, once V8 has
 * moved it out of the young generation, keeps all calls of its time alive until the next full collection.
 */
export class CallTable<T extends TableEntry<T>> {
  private readonly buckets: (T | undefined)[] = [];
  private count = 0;

  get size(): number {
    return this.count;
  }

  get(id: number): T | undefined {
    let entry = this.buckets[id % BUCKETS];
    while (entry !== undefined && entry.id !== id) entry = entry.nextInTable;
    return entry;
  }

  /** Adds a call whose id is not in the table. */
  add(entry: T): void {
    const bucket = entry.id % BUCKETS;
    // Filled from the front, so that the array never has holes and an idle session has none at all.
    while (this.buckets.length <= bucket) this.buckets.push(undefined);
    entry.nextInTable = this.buckets[bucket];
    this.buckets[bucket] = entry;
    this.count++;
  }

  /** Does nothing when the call is not in the table. */
  remove(entry: T): void {
    const bucket = entry.id % BUCKETS;
    let at = this.buckets[bucket];
    if (at === entry) this.buckets[bucket] = entry.nextInTable;
    else {
      while (at !== undefined && at.nextInTable !== entry) at = at.nextInTable;
      if (at === undefined) return;
      at.nextInTable = entry.nextInTable;
    }
    entry.nextInTable = undefined;
    this.count--;
  }

  /** All of them, in no order, as they are now. */
  all(): T[] {
    const all: T[] = [];
    for (let entry of this.buckets) for (; entry !== undefined; entry = entry.nextInTable) all.push(entry);
    return all;
  }
}
