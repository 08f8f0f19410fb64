import { Deliveries } from "./deliveries.js";
import { answer, fail, orders } from "./lines.js";
import { type Publications, publicationsArgument } from "./publications.js";

/** What a contender's subscriber program opens, and how to let go of it. */
export interface OpenSubscriber {
  /** Reads in the background; rejects with what went wrong. */
  readonly reading: Promise<void>;
  close(): unknown;
}

/**
 * Runs a contender's subscriber program: subscribes at the endpoint that is its last argument, tells that it is ready when
 * it has heard from the publisher, then answers each order for a round with what arrived in it, until its standard input
 * ends. Any failure ends it with status 1.
 *
 * @param lossy the peer promises order alone, not that everything arrives
 */
export async function subscriberProgram(
  open: (publications: Publications, endpoint: string, take: Deliveries["take"]) => Promise<OpenSubscriber>,
  { lossy = false }: { readonly lossy?: boolean } = {},
): Promise<void> {
  process.once("uncaughtException", fail);
  try {
    const deliveries = new Deliveries(lossy);
    const take = deliveries.take.bind(deliveries);
    const subscriber = await open(publicationsArgument(), process.argv.at(-1)!, take);
    let closing = false;
    subscriber.reading.catch((error) => closing || fail(error));
    await deliveries.greeted;
    answer({ ready: true });
    for await (const _ of orders()) answer(await deliveries.round());
    closing = true;
    await subscriber.close();
  } catch (error) {
    fail(error);
  }
}
