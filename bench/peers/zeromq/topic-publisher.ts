import { Publisher } from "zeromq";
import { plainPublications } from "../../driver/plain-publications.js";
import { publisherProgram } from "../../driver/publisher-program.js";

/**
 * Plain zeromq.js: a PUB, one message of one part for each publication. Where its messages are small it has no high-water
 * mark, so that nothing is dropped.
 */
await publisherProgram(async (publications) => {
  const { encode } = plainPublications(publications);
  const socket = new Publisher({ sendHighWaterMark: 0, linger: 0 });
  await socket.bind("tcp://127.0.0.1:*");
  return {
    endpoint: socket.lastEndpoint!,
    publish: (subject, sequence) => socket.send(encode(subject, sequence)),
    close: () => socket.close(),
  };
});
