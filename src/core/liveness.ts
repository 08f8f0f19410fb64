/** What is known of a peer's life; see `Liveness`. */
export type LivenessState = "alive" | "stalled" | "suspect" | "dead";

/** Silence after which the peer's link is probed, and counts, in intervals. */
const PROBE_AFTER = 1.5;
const SUSPECT_AFTER = 2;
const DEAD_AFTER = 3;

/**
 * Judges whether a peer lives, by two of the three clocks: its event loop, which says something in every interval, and
 * its link, which is probed when the loop says nothing. Pure: time and what happened come in from outside.
 *
 * - a peer that is heard is `alive`
 * - one that is silent for 1.5 intervals, and whose link answers a probe, is `stalled`, for as long as the link answers
 * - one whose link is silent, too, is `suspect` after 2 intervals and `dead` after 3, counted from its last sign of life
 * - one whose connection broke is `suspect` at once, until it is heard again, and `dead` after 3 intervals
 */
export class Liveness {
  private intervalMs: number;
  private heardAt: number;
  /** The last sign of life of loop or link. */
  private signAt: number;
  private brokeAt: number | undefined;

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
    this.brokeAt = undefined;
  }

  /** The connection over which it was heard broke. */
  broke(now: number): void {
    this.brokeAt ??= now;
  }

  /** A probe of its link was answered. */
  linkAnswered(now: number): void {
    this.signAt = now;
  }

  /** The observer itself did not look for so long: what it has missed is not the peer's silence. */
  excuse(ms: number): void {
    this.heardAt += ms;
    this.signAt += ms;
    if (this.brokeAt !== undefined) this.brokeAt += ms;
  }

  /** How long its loop has said nothing. */
  silentMs(now: number): number {
    return now - this.heardAt;
  }

  state(now: number): LivenessState {
    const { intervalMs } = this;
    if (this.brokeAt !== undefined) return now - this.brokeAt >= DEAD_AFTER * intervalMs ? "dead" : "suspect";
    const linkSilentMs = now - this.signAt;
    if (linkSilentMs >= DEAD_AFTER * intervalMs) return "dead";
    if (linkSilentMs >= SUSPECT_AFTER * intervalMs) return "suspect";
    // Only a probe is a sign of life that is not heard.
    return this.signAt > this.heardAt && this.silentMs(now) >= PROBE_AFTER * intervalMs ? "stalled" : "alive";
  }

  /** Whether it is time to ask the link. */
  wantsProbe(now: number): boolean {
    return this.brokeAt === undefined && this.silentMs(now) >= PROBE_AFTER * this.intervalMs;
  }

  /** When to look again, in milliseconds from `now`: the state may be another one then, or a probe is due. */
  nextLookMs(now: number): number {
    const { intervalMs } = this;
    const base = this.brokeAt ?? this.signAt;
    const marks =
      this.brokeAt === undefined
        ? [this.heardAt + PROBE_AFTER * intervalMs, base + SUSPECT_AFTER * intervalMs]
        : [];
    const next = [...marks, base + DEAD_AFTER * intervalMs].filter((at) => at > now);
    return Math.min(intervalMs / 2, ...next.map((at) => at - now));
  }
}
