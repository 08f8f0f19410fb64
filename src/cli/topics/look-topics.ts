import type { PublishedTopic } from "../../gen/heliograph/pubsub/v1/topic.js";
import { TopicService } from "../../gen/heliograph/pubsub/v1/topic_heliograph.js";
import { createClient } from "../../rpc/client/client.js";
import { nameOf } from "../lookup/instance-name.js";
import type { KnownInstance } from "../lookup/known-instance.js";
import type { Lookup } from "../lookup/lookup.js";

/** A topic as one of its publishers has it at one moment. */
export interface SeenTopic {
  readonly instance: KnownInstance;
  readonly topic: PublishedTopic;
  /** When it answered, in milliseconds, on the clock of this process. */
  readonly atMs: number;
}

/** What all who were asked said. */
export interface TopicLook {
  readonly seen: readonly SeenTopic[];
  /** Why others said nothing, a line for each. */
  readonly failed: readonly string[];
}

/** Asks instances for what they publish. Never rejects for those that don't answer. */
export async function lookTopics(
  instances: readonly KnownInstance[],
  topics: readonly string[],
  lookup: Lookup,
): Promise<TopicLook> {
  const failed: string[] = [];
  const asked = instances.map(async (instance) => {
    try {
      const { connection, options } = lookup.reach(instance);
      const answer = await createClient(connection, TopicService).listTopics(
        { topics: [...topics] },
        options,
      );
      const atMs = performance.now();
      return answer.topics.map((topic) => ({ instance, topic, atMs }));
    } catch (error) {
      failed.push(`${nameOf(instance)}: ${lookup.explain(error)}`);
      return [];
    }
  });
  return { seen: (await Promise.all(asked)).flat(), failed };
}
