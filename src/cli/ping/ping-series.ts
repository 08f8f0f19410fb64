/** One ping that was answered. Wall-clock times are in microseconds since 1970. */
export interface PingSample {
  readonly roundTripMs: number;
  readonly sentUs: number;
  /** On the clock of the node that was asked. */
  readonly answeredUs: number;
  readonly receivedUs: number;
}

/** How far the clock of a node is ahead of that of this machine. */
export interface ClockOffset {
  readonly ms: number;
  /** The truth is within so much of it: half of what the round trip took. */
  readonly errorMs: number;
}

/** What many pings of one instance come to. */
export interface PingSummary {
  readonly sent: number;
  readonly lost: number;
  /** Undefined when nothing was answered. */
  readonly roundTripMs:
    | { readonly min: number; readonly p50: number; readonly p99: number; readonly max: number }
    | undefined;
  readonly clockOffset: ClockOffset | undefined;
}

/**
 * How far the other clock is ahead, as NTP reckons it (RFC 5905, section 8): as if request and answer took equally long.
 */
export function clockOffset({ sentUs, answeredUs, receivedUs }: PingSample): ClockOffset {
  return {
    ms: (answeredUs - (sentUs + receivedUs) / 2) / 1000,
    errorMs: Math.max(0, receivedUs - sentUs) / 2000,
  };
}

/** @param samples those that were answered, of `sent` */
export function summarize(samples: readonly PingSample[], sent: number): PingSummary {
  const times = samples.map(({ roundTripMs }) => roundTripMs).sort((a, b) => a - b);
  const [min] = times;
  // The fastest round trip leaves the least to doubt.
  const surest = samples
    .map(clockOffset)
    .reduce<ClockOffset | undefined>(
      (best, each) => (best !== undefined && best.errorMs <= each.errorMs ? best : each),
      undefined,
    );
  const max = times.at(-1);
  return {
    sent,
    lost: sent - samples.length,
    roundTripMs:
      min === undefined || max === undefined
        ? undefined
        : { min, p50: quantile(times, 0.5), p99: quantile(times, 0.99), max },
    clockOffset: surest,
  };
}

/** The smallest value that is not below so large a share of all (nearest rank). */
function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}
