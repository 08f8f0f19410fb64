import { systemClock } from "../../core/clock.js";
import { sleep } from "../../core/sleep.js";
import type { Reached } from "../lookup/reach.js";
import { type PingSample, type PingSummary, summarize } from "./ping-series.js";

/** How often an instance is pinged. */
export interface PingPlan {
  /** How many times; `Infinity` until the signal fires. */
  readonly count: number;
  /** From the beginning of one to that of the next; or to its answer, if that takes longer. */
  readonly intervalMs: number;
  /** Ends it: what was answered until then counts. */
  readonly signal: AbortSignal;
}

/** Told of each ping as it ends. */
export interface PingListener {
  connected(ms: number): void;
  answered(sample: PingSample): void;
  lost(error: unknown): void;
}

/** What came of it, with the time that it took to connect; undefined when that failed. */
export interface PingResult extends PingSummary {
  readonly connectMs: number | undefined;
}

/**
 * Pings an instance. The first one, which makes the connection, does not count: its time is `connectMs`. Never rejects
 * for what the network does.
 */
export async function pingInstance(
  reached: Reached,
  { count, intervalMs, signal }: PingPlan,
  listener: PingListener,
): Promise<PingResult> {
  const samples: PingSample[] = [];
  let sent = 0;
  let connectMs: number | undefined;
  try {
    const begun = systemClock.now();
    await ping(reached, signal);
    connectMs = systemClock.now() - begun;
    listener.connected(connectMs);
  } catch (error) {
    if (signal.aborted) return { ...summarize([], 0), connectMs };
    listener.lost(error);
    // The others say whether it comes to be there.
    sent++;
  }
  while (sent < count && !signal.aborted) {
    const begun = systemClock.now();
    try {
      const sample = await ping(reached, signal);
      sent++;
      samples.push(sample);
      listener.answered(sample);
    } catch (error) {
      if (signal.aborted) break;
      sent++;
      listener.lost(error);
    }
    if (sent >= count) break;
    const restMs = Math.max(0, intervalMs - (systemClock.now() - begun));
    await sleep(systemClock, restMs, signal).catch(() => undefined);
  }
  return { ...summarize(samples, sent), connectMs };
}

async function ping({ node, options }: Reached, signal: AbortSignal): Promise<PingSample> {
  const sentUs = systemClock.wallUs();
  const begun = systemClock.now();
  const { timeUs } = await node.ping({}, { ...options, signal });
  const roundTripMs = systemClock.now() - begun;
  return { roundTripMs, sentUs, answeredUs: Number(timeUs), receivedUs: sentUs + roundTripMs * 1000 };
}
