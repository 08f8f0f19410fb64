import { connect } from "@nats-io/transport-node";
import { plainPublications } from "../../driver/plain-publications.js";
import { subscriberProgram } from "../../driver/subscriber-program.js";

/** NATS: one subscription to all subjects, with a callback, the faster of nats.js's two ways. It may lose what is published. */
await subscriberProgram(
  async (publications, endpoint, take) => {
    const plain = plainPublications(publications);
    const connection = await connect({ servers: endpoint, noEcho: true });
    const reading = new Promise<void>((resolve, reject) => {
      connection.closed().then((error) => (error instanceof Error ? reject(error) : resolve()), reject);
      connection.subscribe("bench.topic.*", {
        callback: (error, { data }) => {
          if (error !== null) return reject(error);
          try {
            const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
            if (!plain.isWhole(bytes)) throw new Error(`this was not published: ${bytes.toString("hex")}`);
            take(plain.subject(bytes), plain.sequence(bytes), plain.publishedUs(bytes));
          } catch (thrown) {
            reject(thrown);
          }
        },
      });
    });
    return { reading, close: () => connection.close() };
  },
  { lossy: true },
);
