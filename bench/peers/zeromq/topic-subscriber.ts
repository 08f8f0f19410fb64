import { Subscriber } from "zeromq";
import { plainPublications } from "../../driver/plain-publications.js";
import { subscriberProgram } from "../../driver/subscriber-program.js";

/** Plain zeromq.js: a SUB that takes everything, as its README's loop does. */
await subscriberProgram(async (publications, endpoint, take) => {
  const plain = plainPublications(publications);
  const socket = new Subscriber({ receiveHighWaterMark: 0, linger: 0 });
  socket.connect(endpoint);
  socket.subscribe();
  const reading = (async () => {
    for await (const [message] of socket) {
      const bytes = message!;
      if (!plain.isWhole(bytes)) throw new Error(`this was not published: ${bytes.toString("hex")}`);
      take(plain.subject(bytes), plain.sequence(bytes), plain.publishedUs(bytes));
    }
  })();
  return { reading, close: () => socket.close() };
});
