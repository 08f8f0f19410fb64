import { systemClock } from "../../core/clock.js";
import { sleep } from "../../core/sleep.js";
import type {
  PublisherEvent,
  PublisherStats,
  SubscriberInfo,
} from "../../pubsub/publisher/publisher-types.js";
import { Failure } from "../failure.js";
import { counted } from "../output/units.js";

/** Whom is waited for, and how long. */
export interface SubscriberWait {
  /** How many there have to be. */
  readonly least: number;
  readonly timeoutMs: number;
  /** Which of them count. */
  readonly wanted: (subscriber: SubscriberInfo) => boolean;
  /** What they are called, in the singular. */
  readonly noun: string;
  /** Gives up. */
  readonly signal: AbortSignal;
}

/** What is waited at. */
export interface Awaited {
  readonly stats: PublisherStats;
  events(): AsyncIterableIterator<PublisherEvent, undefined>;
}

/**
 * Resolves as soon as so many subscribers are there, or the signal has fired.
 *
 * @throws Failure that says how many there were in time
 */
export async function awaitSubscribers(
  publisher: Awaited,
  { least, timeoutMs, wanted, noun, signal }: SubscriberWait,
): Promise<void> {
  const there = () => publisher.stats.subscribers.filter((each) => !each.away && wanted(each)).length;
  const events = publisher.events();
  const over = new AbortController();
  const time = sleep(systemClock, timeoutMs, AbortSignal.any([over.signal, signal])).then(
    () => events.return?.(),
    () => events.return?.(),
  );
  try {
    if (there() >= least) return;
    for await (const { kind } of events) if (kind === "subscribed" && there() >= least) return;
    if (signal.aborted) return;
    throw new Failure([
      `${there()} of ${counted(least, noun)} came within ${timeoutMs} ms; nothing was published`,
      "start one first, wait longer with --wait-ms, or wait for nobody with --subscribers 0",
    ]);
  } finally {
    over.abort();
    await time;
  }
}
