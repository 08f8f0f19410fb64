/** So many buckets for each doubling: a span of time is known to a quarter of itself or better. */
const SHARE_BITS = 2;
const SHARES = 1 << SHARE_BITS;
/** Spans from 2^27 µs, some two minutes, on are in the last bucket. */
const MAX_BIT = 27;
const LAST = bucketOf(2 ** MAX_BIT);

/** Upper bounds of all buckets but the last, in microseconds: 1 to 8, then four for each doubling. */
export const LATENCY_BOUNDS_US: readonly number[] = Array.from({ length: LAST }, (_, index) =>
  boundOf(index),
);

const none: readonly number[] = new Array(LAST + 1).fill(0);

/** How often each span of time was met, as it was when it was asked for. */
export interface LatencyCounts {
  /** Growing, and the same for all: a bucket holds what is below its bound, and not below the one before. */
  readonly boundsUs: readonly number[];
  /** One more than there are bounds. */
  readonly counts: readonly number[];
  readonly sumUs: number;
  readonly maxUs: number;
}

/**
 * Counts spans of time in buckets that grow with them. Adding one allocates nothing, but the first, and takes some
 * nanoseconds. An empty one takes next to no memory, as most methods of most nodes are never called.
 */
export class LatencyHistogram {
  private buckets: Float64Array | undefined;
  private sumMs = 0;
  private maxMs = 0;

  /** @param times how often it was met */
  add(ms: number, times: number): void {
    this.sumMs += ms * times;
    if (ms > this.maxMs) this.maxMs = ms;
    const us = ms * 1000;
    const bucket = us < 2 ** MAX_BIT ? bucketOf(us) : LAST;
    this.buckets ??= new Float64Array(LAST + 1);
    this.buckets[bucket]! += times;
  }

  counts(): LatencyCounts {
    return {
      boundsUs: LATENCY_BOUNDS_US,
      counts: this.buckets === undefined ? none : [...this.buckets],
      sumUs: this.sumMs * 1000,
      maxUs: this.maxMs * 1000,
    };
  }

  reset(): void {
    this.buckets = undefined;
    this.sumMs = 0;
    this.maxMs = 0;
  }
}

/** Of a number below 2^31. */
function bucketOf(us: number): number {
  const whole = us | 0;
  if (whole < SHARES) return whole;
  const bit = 31 - Math.clz32(whole);
  return ((bit - SHARE_BITS + 1) << SHARE_BITS) + ((whole >> (bit - SHARE_BITS)) & (SHARES - 1));
}

/** The first whole number that belongs to a later bucket. */
function boundOf(bucket: number): number {
  const next = bucket + 1;
  if (next < SHARES) return next;
  const bit = (next >> SHARE_BITS) + SHARE_BITS - 1;
  return (SHARES + (next & (SHARES - 1))) * 2 ** (bit - SHARE_BITS);
}
