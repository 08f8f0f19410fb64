import { connect } from "@nats-io/transport-node";
import { plainPublications } from "../../driver/plain-publications.js";
import { publisherProgram } from "../../driver/publisher-program.js";
import { startBroker } from "./broker.js";

/** Publications between two flushes, each of which waits until the broker has taken everything before it. */
const publicationsPerFlush = 1_024;

/** NATS: nats-server, and a publisher that is flushed now and then, without which a loop would fill its memory. */
await publisherProgram(async (publications) => {
  const { encode } = plainPublications(publications);
  const broker = await startBroker();
  const connection = await connect({ servers: broker.address, noEcho: true });
  const subjects: string[] = [];
  let published = 0;
  return {
    endpoint: broker.address,
    publish: (subject, sequence) => {
      subjects[subject] ??= `bench.topic.${subject}`;
      connection.publish(subjects[subject], encode(subject, sequence));
      published++;
      return published % publicationsPerFlush === 0 ? connection.flush() : undefined;
    },
    close: async () => {
      await connection.close();
      broker.close();
    },
  };
});
