import { invalidArgument } from "../../core/error.js";
import type { Topic } from "../../wire/definition.js";
import { showValue } from "../../wire/show-value.js";
import { checkPublisherOptions, type PublisherOptions } from "./publisher-options.js";
import type { Publisher } from "./publisher-types.js";
import type { TopicHub } from "./topic-hub.js";

/** Where topics are published: a node. */
export interface PublisherHost {
  readonly topics: TopicHub;
}

/**
 * Makes a publisher of a topic, for all its subjects. Returns at once: the node begins to listen and is announced in the
 * background. One node publishes a topic through one publisher.
 *
 * @throws HeliographError INVALID_ARGUMENT for an option; ALREADY_EXISTS, reason TOPIC_TAKEN
 */
export function createPublisher<T>(
  where: PublisherHost,
  topic: Topic<T>,
  options: PublisherOptions = {},
): Publisher<T> {
  const usage = "createPublisher(node, RobotService.temperature)";
  if (typeof where?.topics?.add !== "function")
    throw invalidArgument(`the first argument must be a node, as in ${usage}, got ${showValue(where)}`);
  checkTopic(topic, usage);
  return where.topics.add(topic, checkPublisherOptions(options), options.endpoint);
}

/** @throws HeliographError INVALID_ARGUMENT unless it is a topic of a generated service */
export function checkTopic(topic: Topic, usage: string): void {
  if (topic?.kind === "topic") return;
  const what =
    typeof topic?.path === "string" ? `${topic.path}, which is ${String(topic.kind)}` : showValue(topic);
  throw invalidArgument(
    `the second argument must be a topic of a generated service, as in ${usage}, got ${what}`,
  );
}
