import { HeliographError } from "../../core/error.js";
import type { Publisher } from "../../pubsub/publisher/publisher-types.js";
import { Failure } from "../failure.js";
import { printable } from "../output/printable.js";
import type { Terminal } from "../output/terminal.js";
import { counted } from "../output/units.js";

/** What came of publishing. */
export interface Published {
  readonly published: number;
  /** Subscribers that were there at the end. */
  readonly subscribers: number;
  /** Dropped by overflow policies, or because their time was over, summed up over subscribers. */
  readonly dropped: number;
  /** Whose arrival was not confirmed in time, likewise. */
  readonly left: number;
}

/** Closes a publisher when what was published has arrived, or so much time is over. */
export async function closePublishing<T>(publisher: Publisher<T>, timeoutMs: number): Promise<Published> {
  const { published, subscribers, dropped, expired } = publisher.stats;
  const { publications: left } = await publisher.close({ timeoutMs });
  return { published, subscribers: subscribers.length, dropped: dropped + expired, left };
}

/** @throws Failure when something did not arrive */
export function tellPublished(what: string, result: Published, json: boolean, terminal: Terminal): void {
  const { published, subscribers, dropped, left } = result;
  if (json) terminal.json({ topic: what, ...result });
  else
    terminal.print(
      printable(
        `published ${published === 1 ? "once" : `${published} times`} on ${what}, to ${counted(subscribers, "subscriber")}`,
      ),
    );
  if (dropped > 0)
    terminal.note(`dropped ${counted(dropped, "publication")} for subscribers that did not keep up`);
  if (left > 0)
    throw new Failure(`${counted(left, "publication")} did not arrive in time; --timeout-ms waits longer`);
}

/** What publishing failed with, in words for a user. */
export function publishFailure(thrown: unknown): Failure {
  return thrown instanceof Failure ? thrown : new Failure(printable(HeliographError.from(thrown).rawMessage));
}
