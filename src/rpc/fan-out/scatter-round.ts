/** When a round of calls to all instances ends before each has answered. */
export interface RoundLimits {
  /** After so many answers. */
  readonly maxAnswers: number;
  /** When none came for so long after the last one, in milliseconds. */
  readonly gapMs: number;
}

/** Decides when a round is over. Time is told to it. */
export class ScatterRound {
  private readonly limits: RoundLimits;
  /** Instances that have neither answered nor failed. */
  private pending: number;
  private answers = 0;
  private answeredAt = Number.POSITIVE_INFINITY;

  constructor(instances: number, limits: RoundLimits) {
    this.pending = instances;
    this.limits = limits;
  }

  /** One has answered. */
  answered(now: number): void {
    this.pending--;
    this.answers++;
    this.answeredAt = now;
  }

  /** One has failed: that is no answer, so it neither counts nor keeps the round going. */
  failed(): void {
    this.pending--;
  }

  /** Clock time at which the round ends unless an answer comes before; `Infinity` while there is no such time. */
  get gapEndsAt(): number {
    return this.answeredAt + this.limits.gapMs;
  }

  over(now: number): boolean {
    return this.pending === 0 || this.answers >= this.limits.maxAnswers || now >= this.gapEndsAt;
  }
}
