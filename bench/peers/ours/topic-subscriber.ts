import { type ClientConnection, connectTo, insecure, type Subscription, subscribe } from "heliograph";
import type { Deliveries } from "../../driver/deliveries.js";
import { text } from "../../driver/payload.js";
import { type Publications, pixels, readingText, timedText } from "../../driver/publications.js";
import { subscriberProgram } from "../../driver/subscriber-program.js";
import { BenchTopics } from "../../gen/heliograph/bench/v1/topics_heliograph.js";

/** Reads a subscription to its end. Rejects when a delivery says that something is missing, or is not `whole`. */
async function read<T>(
  subscription: Subscription<T>,
  whole: (message: T) => boolean,
  take: (message: T) => void,
): Promise<void> {
  for await (const { message, missed } of subscription) {
    if (missed !== 0) throw new Error(`${missed} were missed before ${JSON.stringify(message)}`);
    if (!whole(message)) throw new Error(`this was not published: ${JSON.stringify(message)}`);
    take(message);
  }
}

function readFrom(
  connection: ClientConnection,
  publications: Publications,
  take: Deliveries["take"],
): Promise<void> {
  switch (publications) {
    case "ticks":
      return read(
        subscribe(connection, BenchTopics.ticks),
        (tick) => tick.text === text,
        ({ sequence }) => take(1, sequence, 0),
      );
    case "readings":
      return read(
        subscribe(connection, BenchTopics.readings),
        (reading) => reading.text === readingText,
        ({ sensor, sequence }) => take(sensor, sequence, 0),
      );
    case "pictures":
      return read(
        subscribe(connection, BenchTopics.pictures),
        (picture) => pixels.equals(picture.pixels),
        ({ sequence }) => take(1, sequence, 0),
      );
    case "timed":
      return read(
        subscribe(connection, BenchTopics.timedTicks),
        (timed) => timed.text === timedText,
        ({ sequence, publishedUs }) => take(1, sequence, publishedUs),
      );
  }
}

/** Heliograph: a typed subscription on a connection, in a loop. */
await subscriberProgram(async (publications, endpoint, take) => {
  const connection = connectTo([endpoint], { security: insecure() });
  const reading = readFrom(connection, publications, take);
  return {
    reading,
    close: () => connection.close(),
  };
});
