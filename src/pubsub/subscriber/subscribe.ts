import { backoffFrom } from "../../core/backoff.js";
import type { InstanceSource } from "../../naming/resolver.js";
import { type Transport, type TransportHost, transportOf } from "../../rpc/transport.js";
import type { Topic } from "../../wire/definition.js";
import { checkTopic } from "../publisher/create-publisher.js";
import { type KeyOf, TopicKey } from "../topic-key.js";
import { connectedPublisher, foundPublishers } from "./publisher-sources.js";
import { checkSubscribeOptions, type SubscribeOptions } from "./subscribe-options.js";
import type { Subscription } from "./subscription-types.js";
import { TopicSubscription } from "./topic-subscription.js";

/** Where topics are subscribed to: a node, which finds publishers, or a connection, which leads to one. */
export type SubscriberHost =
  | Transport
  | (TransportHost & { readonly directory?: InstanceSource | undefined } & Owner);

/** What ends subscriptions when it ends itself. */
interface Owner {
  own?(resource: AsyncDisposable): () => void;
}

/**
 * Subscribes to a topic, at all its publishers, those that come later too. Begins at once, in the background.
 *
 * Publications of one subject and publisher arrive in order, each at most once. Nothing is lost from `ready` on without
 * being counted: a delivery says how many were missed before it, `stats` how many in all. A broken connection loses
 * nothing that its publisher still keeps (`resumeMs`, `history`).
 *
 * @throws HeliographError INVALID_ARGUMENT for an option
 */
export function subscribe<T, Field extends string>(
  where: SubscriberHost,
  topic: Topic<T, Field>,
  options: SubscribeOptions<KeyOf<T, Field>> = {},
): Subscription<T, KeyOf<T, Field>> {
  const usage = "subscribe(node, RobotService.temperature)";
  const transport = transportOf(where, usage);
  checkTopic(topic, usage);
  const settings = checkSubscribeOptions(options as SubscribeOptions, new TopicKey(topic));
  const directory = "directory" in where ? where.directory : undefined;
  const owner = "own" in where ? where.own?.bind(where) : undefined;
  let disown: (() => void) | undefined;
  const subscription = new TopicSubscription(topic, settings, options.signal, {
    clock: transport.clock,
    backoff: backoffFrom({}),
    source:
      directory === undefined
        ? connectedPublisher(transport)
        : foundPublishers(transport, directory, topic.path),
    closed: () => disown?.(),
  });
  disown = owner?.(subscription);
  // Its keys are made of the topic's fields, from which the type is computed.
  return subscription as unknown as Subscription<T, KeyOf<T, Field>>;
}
