import type { Clock, Timer } from "./clock.js";

const SLOTS = 2048;
const SLOT_MS = 4;

/** Something with a deadline. The fields belong to the wheel it is in. */
export class Deadline {
  due = 0;
  previous: Deadline | undefined;
  next: Deadline | undefined;
  /** Called when the deadline has passed; the entry has left the wheel then. */
  expire(): void {}
}

/**
 * Deadlines of very many short-lived entries: adding and removing cost a few instructions each, whatever their
 * number, and one timer serves all (Varghese and Lauck, "Hashed and hierarchical timing wheels", 1987, scheme 6).
 * An entry expires at its deadline or up to 4 ms later, never before.
 */
export class DeadlineWheel {
  private readonly slots: Deadline[] = [];
  /** Entries of the slot that is being read whose time has come. */
  private readonly expiring = emptyList();
  private count = 0;
  private readTick: number;
  private timer: Timer | undefined;
  private timerDue = Number.POSITIVE_INFINITY;
  private readonly clock: Clock;

  constructor(clock: Clock) {
    this.clock = clock;
    this.readTick = tickOf(clock.now());
  }

  get size(): number {
    return this.count;
  }

  /** Adds an entry that is in no wheel. `due` is a time of the clock. */
  add(entry: Deadline, due: number): void {
    entry.due = due;
    // A deadline in the past goes into the next slot that will be read.
    const tick = Math.max(tickOf(due), this.readTick);
    const slot = tick % SLOTS;
    let list = this.slots[slot];
    if (list === undefined) {
      list = emptyList();
      this.slots[slot] = list;
    }
    append(list, entry);
    this.count++;
    if (due < this.timerDue) this.schedule(due);
  }

  /** True when the entry is in this wheel, given that it is in no other. */
  has(entry: Deadline): boolean {
    return entry.next !== undefined;
  }

  /** Removes an entry; does nothing when it isn't in the wheel. */
  remove(entry: Deadline): void {
    if (entry.next === undefined) return;
    unlink(entry);
    this.count--;
  }

  /** Drops the timer if the wheel is empty: it would hold the process until the last deadline that was removed. */
  rest(): void {
    if (this.count > 0) return;
    this.timer?.clear();
    this.timer = undefined;
    this.timerDue = Number.POSITIVE_INFINITY;
  }

  /** Drops the timer and all entries, without expiring them. */
  close(): void {
    this.timer?.clear();
    this.timer = undefined;
    this.timerDue = Number.POSITIVE_INFINITY;
    for (const list of [this.expiring, ...this.slots]) {
      if (list !== undefined) while (list.next !== list) unlink(list.next!);
    }
    this.slots.length = 0;
    this.count = 0;
  }

  private schedule(due: number): void {
    this.timer?.clear();
    this.timerDue = due;
    // One slot later, so that the slot of `due` is over when the timer fires.
    this.timer = this.clock.after(Math.max(0, (tickOf(due) + 1) * SLOT_MS - this.clock.now()), () =>
      this.turn(),
    );
  }

  private turn(): void {
    this.timer = undefined;
    this.timerDue = Number.POSITIVE_INFINITY;
    const now = this.clock.now();
    const tick = tickOf(now);
    const slots = Math.min(tick - this.readTick, SLOTS);
    const first = tick - slots;
    this.readTick = tick;
    for (let i = 0; i < slots; i++) this.expireSlot((first + i) % SLOTS, now);
    if (this.count === 0) return;
    const due = this.firstDue(tick);
    if (due < this.timerDue) this.schedule(due);
  }

  private expireSlot(slot: number, now: number): void {
    const list = this.slots[slot];
    if (list === undefined) return;
    // First apart, then expired: what one entry does when it expires may remove another, or add new ones.
    const due = this.expiring;
    for (let entry = list.next!; entry !== list; ) {
      const next = entry.next!;
      if (entry.due <= now) {
        unlink(entry);
        append(due, entry);
      }
      entry = next;
    }
    for (let entry = due.next!; entry !== due; entry = due.next!) {
      this.remove(entry);
      entry.expire();
    }
  }

  /** A time at or before the earliest deadline: the first slot that holds anything. */
  private firstDue(tick: number): number {
    for (let i = 0; i < SLOTS; i++) {
      const head = this.slots[(tick + i) % SLOTS];
      if (head !== undefined && head.next !== head) return (tick + i) * SLOT_MS;
    }
    return Number.POSITIVE_INFINITY;
  }
}

/** A ring of entries with one that stands for its ends. */
function emptyList(): Deadline {
  const list = new Deadline();
  list.previous = list;
  list.next = list;
  return list;
}

function append(list: Deadline, entry: Deadline): void {
  const last = list.previous!;
  entry.previous = last;
  entry.next = list;
  last.next = entry;
  list.previous = entry;
}

function unlink(entry: Deadline): void {
  entry.previous!.next = entry.next;
  entry.next!.previous = entry.previous;
  entry.previous = undefined;
  entry.next = undefined;
}

function tickOf(time: number): number {
  return Math.floor(time / SLOT_MS);
}
