/** What is known of a peer's life; see `Liveness`. */
export type LivenessState = "alive" | "stalled" | "suspect" | "dead";

/** Silence after which the peer's link is probed, and counts, in intervals. */
const PROBE_AFTER = 1.5;
const SUSPECT_AFTER = 2;
const DEAD_AFTER = 3;
/** Between probes, in intervals. */
const PROBE_EVERY = 0.5;

/**
 * Judges whether a peer lives, by two of the three clocks: its event loop, which says something in every interval, and
 * its link, which is probed when the loop says nothing. Pure: time and what happened come in from outside.
 *
 * - a peer that is heard is `alive`
 * - one that is silent for 1.5 intervals, and whose link answers a probe, is `stalled`, for as long as the link answers
 * - one whose link is silent, too, is `suspect` after 2 intervals and `dead` after 3, counted from its last sign of life
 * - one whose connection broke is `suspect` at once, and `dead` at the same time as if it had not
 *
 * Whatever it is, it is `alive` again when it is heard. One that is `dead` is nothing else until then.
 */
export class Liveness {
  private intervalMs: number;
  private heardAt: number;
  /** The last sign of life of loop or link. */
  private signAt: number;
  private broken = false;

  constructor(intervalMs: number, now: number) {
    this.intervalMs = intervalMs;
    this.heardAt = now;
    this.signAt = now;
  }

  /** How often the peer has to say something from now on. */
  setInterval(intervalMs: number): void {
    this.intervalMs = intervalMs;
  }

  /** The peer's loop has said something. */
  heard(now: number): void {
    this.heardAt = now;
    this.signAt = now;
    this.broken = false;
  }

  /** The connection over which it was heard broke. */
  broke(): void {
    this.broken = true;
  }

  /** A probe of its link was answered. Too late for one that is dead: something else may listen there by now. */
  linkAnswered(now: number): void {
    if (this.state(now) !== "dead") this.signAt = now;
  }

  /** The observer itself did not look for so long, until now: what it has missed is not the peer's silence. */
  excuse(ms: number, now: number): void {
    // What was heard after the observer went on, and before it noticed, needs no excuse.
    this.heardAt = Math.min(this.heardAt + ms, now);
    this.signAt = Math.min(this.signAt + ms, now);
  }

  /** How long its loop has said nothing. */
  silentMs(now: number): number {
    return now - this.heardAt;
  }

  state(now: number): LivenessState {
    if (now >= this.deadAt) return "dead";
    if (this.broken || now >= this.suspectAt) return "suspect";
    // Only a probe is a sign of life that is not heard.
    return this.signAt > this.heardAt && now >= this.probeAt ? "stalled" : "alive";
  }

  /** Whether it is time to ask the link; how often is for the observer to decide. */
  wantsProbe(now: number): boolean {
    return !this.broken && now >= this.probeAt && now < this.deadAt;
  }

  /**
   * When to look again, in milliseconds from `now`: the state may be another one then, or a probe is due. `Infinity` for
   * one that is dead. Whatever is told in between makes it later, unless it makes the state another one at once: a peer
   * that broke is not looked at for long, and one that is heard after that has all its marks before it again.
   */
  nextLookMs(now: number): number {
    const marks = this.broken ? [this.deadAt] : [this.probeAt, this.suspectAt, this.deadAt];
    const next = Math.min(...marks.filter((at) => at > now).map((at) => at - now));
    return this.wantsProbe(now) ? Math.min(next, PROBE_EVERY * this.intervalMs) : next;
  }

  // A state and the time of its look have to agree to the last bit, so both are made of the same sums.

  private get probeAt(): number {
    return this.heardAt + PROBE_AFTER * this.intervalMs;
  }

  private get suspectAt(): number {
    return this.signAt + SUSPECT_AFTER * this.intervalMs;
  }

  private get deadAt(): number {
    return this.signAt + DEAD_AFTER * this.intervalMs;
  }
}
