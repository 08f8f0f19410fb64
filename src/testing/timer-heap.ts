import type { Timer } from "../core/clock.js";

/** A timer that is set on a clock that is moved by hand. */
export class HeapTimer implements Timer {
  readonly due: number;
  readonly fn: () => void;
  /** The order of setting. */
  readonly number: number;
  /** Where it is in the heap; -1 once it is not. */
  index = -1;
  readonly #heap: TimerHeap;

  constructor(heap: TimerHeap, due: number, number: number, fn: () => void) {
    this.#heap = heap;
    this.due = due;
    this.number = number;
    this.fn = fn;
  }

  clear(): void {
    this.#heap.remove(this);
  }
}

/** Timers by the time at which they are due, then by the order in which they were set. Each operation is O(log n). */
export class TimerHeap {
  readonly #timers: HeapTimer[] = [];
  #count = 0;

  get size(): number {
    return this.#timers.length;
  }

  /** The one that fires next. */
  get first(): HeapTimer | undefined {
    return this.#timers[0];
  }

  add(due: number, fn: () => void): HeapTimer {
    const timer = new HeapTimer(this, due, this.#count++, fn);
    this.#rise(timer, this.#timers.length);
    return timer;
  }

  /** Does nothing when it is not in the heap any more. */
  remove(timer: HeapTimer): void {
    const { index } = timer;
    if (index === -1) return;
    timer.index = -1;
    const last = this.#timers.pop();
    if (last === undefined || last === timer) return;
    const parent = this.#timers[parentOf(index)];
    if (index > 0 && parent !== undefined && isBefore(last, parent)) this.#rise(last, index);
    else this.#sink(last, index);
  }

  /** Puts the timer there, or as far up as it belongs. */
  #rise(timer: HeapTimer, from: number): void {
    let index = from;
    while (index > 0) {
      const parent = this.#timers[parentOf(index)];
      if (parent === undefined || !isBefore(timer, parent)) break;
      this.#put(parent, index);
      index = parentOf(index);
    }
    this.#put(timer, index);
  }

  /** Puts the timer there, or as far down as it belongs. */
  #sink(timer: HeapTimer, from: number): void {
    let index = from;
    for (;;) {
      const left = this.#timers[2 * index + 1];
      const right = this.#timers[2 * index + 2];
      const child = left !== undefined && right !== undefined && isBefore(right, left) ? right : left;
      if (child === undefined || !isBefore(child, timer)) break;
      const to = child.index;
      this.#put(child, index);
      index = to;
    }
    this.#put(timer, index);
  }

  #put(timer: HeapTimer, index: number): void {
    this.#timers[index] = timer;
    timer.index = index;
  }
}

function parentOf(index: number): number {
  return (index - 1) >> 1;
}

function isBefore(a: HeapTimer, b: HeapTimer): boolean {
  return a.due < b.due || (a.due === b.due && a.number < b.number);
}
