import { systemClock } from "../../core/clock.js";
import { HeliographError } from "../../core/error.js";
import { sleep } from "../../core/sleep.js";
import type { Subscription } from "../../pubsub/subscriber/subscription-types.js";
import { Failure } from "../failure.js";
import { printable } from "../output/printable.js";
import type { Terminal } from "../output/terminal.js";
import { counted, timeOfDay } from "../output/units.js";
import { rateText } from "../topics/topic-rows.js";
import type { AnyDelivery } from "./delivery-text.js";
import { RateCount, type RateSample } from "./rate-count.js";
import { subscriptionNote } from "./subscription-notes.js";

/** How publications are followed. */
export interface FollowPlan {
  /** Ends after so many; undefined for as long as it goes on. */
  readonly count: number | undefined;
  /** Shows how many come, in the place of what they are, each so many milliseconds; undefined to show what they are. */
  readonly rateMs: number | undefined;
  readonly json: boolean;
  /** Who is waited for, in words; undefined when somebody is there already. */
  readonly awaited: string | undefined;
}

/**
 * Prints deliveries as they come, and tells on standard error what happens to the subscription, until so many have come,
 * all publishers have ended, or Ctrl+C.
 *
 * @throws Failure when the subscription fails
 */
export async function follow<D extends AnyDelivery>(
  deliveries: AsyncIterable<D>,
  subscription: Pick<Subscription<unknown>, "events" | "close">,
  { count, rateMs, json, awaited }: FollowPlan,
  terminal: Terminal,
  print: (delivery: D) => void,
): Promise<void> {
  const signal = terminal.interrupted();
  const notes = tellEvents(subscription, awaited === undefined, terminal);
  const stop = () => void subscription.close();
  signal.addEventListener("abort", stop);
  const done = new AbortController();
  const rates = new RateCount(performance.now());
  const show = () => showRate(rates.take(performance.now()), json, terminal);
  const ticking = rateMs === undefined ? undefined : tick(rateMs, done.signal, show);
  try {
    if (signal.aborted) stop();
    if (awaited !== undefined) terminal.note(printable(`waiting for ${awaited}; Ctrl+C ends it`));
    let left = count ?? Number.POSITIVE_INFINITY;
    for await (const delivery of deliveries) {
      if (rateMs === undefined) print(delivery);
      else rates.add(delivery);
      if (--left === 0) break;
    }
  } catch (thrown) {
    throw new Failure(printable(HeliographError.from(thrown).rawMessage));
  } finally {
    signal.removeEventListener("abort", stop);
    done.abort();
    await ticking;
    if (!rates.isEmpty) show();
    await subscription.close();
    await notes;
  }
}

async function tellEvents(
  subscription: Pick<Subscription<unknown>, "events">,
  isExpected: boolean,
  terminal: Terminal,
): Promise<void> {
  let isNews = !isExpected;
  for await (const event of subscription.events()) {
    // Whoever was there to begin with is no news.
    if (event.kind === "matched" && !isNews) continue;
    if (event.kind === "lost") isNews = true;
    const warns = event.kind === "missed" || event.kind === "lost" || event.kind === "incompatible";
    const text = printable(subscriptionNote(event));
    terminal.note(warns ? terminal.noteColours.yellow(text) : text);
  }
}

async function tick(ms: number, signal: AbortSignal, show: () => void): Promise<void> {
  while (!signal.aborted) {
    await sleep(systemClock, ms, signal).catch(() => undefined);
    if (!signal.aborted) show();
  }
}

function showRate(sample: RateSample, json: boolean, terminal: Terminal): void {
  const time = new Date();
  if (json) {
    terminal.json({ time: time.toISOString(), ...sample });
    return;
  }
  const { rate, received, missed, subjects } = sample;
  const lost = missed === 0 ? "" : `, ${terminal.colours.yellow(`${missed} missed`)}`;
  terminal.print(
    `${terminal.colours.dim(timeOfDay(time))}  ${rateText(rate)}  ${counted(received, "publication")} of ${counted(subjects, "subject")}${lost}`,
  );
}
