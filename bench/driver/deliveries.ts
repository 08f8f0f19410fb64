import type { Delivered } from "./protocol.js";
import { endMark, greeting, nowUs } from "./publications.js";

/** What reaches one subscriber: checks every delivery, and sums up each round at the mark that ends it. */
export class Deliveries {
  private readonly lossy: boolean;
  /** By subject. */
  private sequences: number[] = [];
  private messages = 0;
  private beganUs = 0;
  private delaysUs: number[] = [];
  private readonly rounds: Delivered[] = [];
  private waiting: ((round: Delivered) => void) | undefined;
  private greet: () => void = () => {};
  /** Resolves when the subscriber has heard from its publisher. */
  readonly greeted = new Promise<void>((resolve) => {
    this.greet = resolve;
  });

  /** @param lossy the peer promises order alone, not that everything arrives */
  constructor(lossy: boolean) {
    this.lossy = lossy;
  }

  /**
   * Takes what has arrived of a subject, counted from 1.
   *
   * @param publishedUs when it was published; 0 where that is not measured
   * @throws Error when it came twice, out of turn, or, unless the peer may lose, when one is missing before it
   */
  take(subject: number, sequence: number, publishedUs: number): void {
    if (sequence === greeting) {
      this.greet();
      return;
    }
    if (sequence === endMark) {
      this.finish();
      return;
    }
    const now = publishedUs > 0 || this.messages === 0 ? nowUs() : 0;
    const expected = (this.sequences[subject] ?? 0) + 1;
    if (sequence < expected || (sequence > expected && !this.lossy))
      throw new Error(`of subject ${subject} came ${sequence}, where ${expected} was to come`);
    this.sequences[subject] = sequence;
    if (this.messages === 0) this.beganUs = now;
    this.messages++;
    if (publishedUs > 0) this.delaysUs.push(now - publishedUs);
  }

  /** The next round that ends, or that has ended and was not asked for. */
  round(): Promise<Delivered> {
    const ended = this.rounds.shift();
    if (ended !== undefined) return Promise.resolve(ended);
    return new Promise((resolve) => {
      this.waiting = resolve;
    });
  }

  private finish(): void {
    const sorted = this.delaysUs.sort((a, b) => a - b);
    const times =
      sorted.length === 0
        ? {}
        : { p50us: sorted[sorted.length >> 1]!, p99us: sorted[Math.floor(sorted.length * 0.99)]! };
    const round = { messages: this.messages, beganUs: this.beganUs, endedUs: nowUs(), ...times };
    this.sequences = [];
    this.messages = 0;
    this.delaysUs = [];
    if (this.waiting === undefined) this.rounds.push(round);
    else this.waiting(round);
    this.waiting = undefined;
  }
}
