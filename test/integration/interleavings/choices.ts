import type { Random } from "../../support/random.js";

/**
 * Every decision of a run, one number after the other: those of an earlier run first, then chance if there is any, else
 * 0. So a run can be repeated, and made shorter by taking decisions away.
 */
export class Choices {
  /** What was decided so far. */
  readonly made: number[] = [];
  readonly #earlier: readonly number[];
  readonly #random: Random | undefined;

  constructor(earlier: readonly number[], random?: Random) {
    this.#earlier = earlier;
    this.#random = random;
  }

  /** A whole number from 0 to `below` - 1. */
  below(below: number): number {
    const earlier = this.#earlier[this.made.length];
    const choice = earlier === undefined ? (this.#random?.below(below) ?? 0) : earlier % below;
    this.made.push(choice);
    return choice;
  }

  /** True in so many of a hundred cases; not when nothing decides. */
  percent(percent: number): boolean {
    return this.below(100) >= 100 - percent;
  }

  pick<T>(from: readonly T[]): T {
    const picked = from[this.below(from.length)];
    if (picked === undefined) throw new Error("there is nothing to choose from");
    return picked;
  }
}
