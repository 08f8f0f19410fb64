import { createNode, createPublisher, insecure, type Node, serve } from "heliograph";
import { text } from "../../driver/payload.js";
import { nowUs, type Publications, pixels, readingText, timedText } from "../../driver/publications.js";
import { type OpenPublisher, publisherProgram } from "../../driver/publisher-program.js";
import { BenchService } from "../../gen/heliograph/bench/v1/bench_heliograph.js";
import { BenchTopics } from "../../gen/heliograph/bench/v1/topics_heliograph.js";

/** It waits for its slowest subscriber, so that nothing is lost. */
const options = { overflow: "block" } as const;

/** Makes a node's publisher, and gives what publishes with it. */
function publishOn(node: Node, publications: Publications): OpenPublisher["publish"] {
  switch (publications) {
    case "ticks": {
      const ticks = createPublisher(node, BenchTopics.ticks, options);
      return (_subject, sequence) => ticks.publish({ sequence, text });
    }
    case "readings": {
      const readings = createPublisher(node, BenchTopics.readings, options);
      return (sensor, sequence) => readings.publish({ sequence, sensor, text: readingText });
    }
    case "pictures": {
      const pictures = createPublisher(node, BenchTopics.pictures, options);
      return (_subject, sequence) => pictures.publish({ sequence, pixels });
    }
    case "timed": {
      const timed = createPublisher(node, BenchTopics.timedTicks, options);
      return (_subject, sequence) => timed.publish({ sequence, publishedUs: nowUs(), text: timedText });
    }
  }
}

/** Heliograph: a publisher on a node, which serves as well, because that tells when and where it listens. */
await publisherProgram(async (publications) => {
  const node = createNode({ name: "bench", security: insecure() });
  const publish = publishOn(node, publications);
  const served = await serve(
    node,
    BenchService,
    { echo: (request) => request },
    { endpoint: "tcp://127.0.0.1:*" },
  );
  return { endpoint: served.endpoints[0]!, publish, close: () => node.close() };
});
