import type { PublishedTopic } from "../../gen/heliograph/pubsub/v1/topic.js";
import type { PublisherStats } from "./publisher-types.js";
import type { Subscriber } from "./subscriber.js";
import type { TopicLog } from "./topic-log.js";

/** What a publisher's counts are taken from. */
export interface Counted {
  readonly log: TopicLog;
  readonly subscribers: readonly Subscriber[];
  /** Of subscribers that have left. */
  readonly droppedBefore: number;
  readonly expiredBefore: number;
}

/** As a user is told. */
export function publisherStats({ log, subscribers, droppedBefore, expiredBefore }: Counted): PublisherStats {
  return {
    published: log.published + log.messages,
    publishedBytes: log.publishedBytes,
    dropped: subscribers.reduce((sum, { feed }) => sum + feed.dropped, droppedBefore),
    expired: subscribers.reduce((sum, { feed }) => sum + feed.expired, expiredBefore),
    subjects: log.subjects.size,
    subscribers: subscribers.map(({ peer, patterns, feed, droppedThere, isAway }) => ({
      peer,
      patterns,
      sent: feed.sent,
      dropped: feed.dropped,
      droppedThere,
      pending: feed.pending,
      away: isAway,
    })),
  };
}

/** As other nodes are told. */
export function describePublisher(
  counted: Counted,
  facts: Pick<PublishedTopic, "topic" | "schemaHash" | "offered" | "ended" | "refused" | "refusal">,
): PublishedTopic {
  const { published, publishedBytes, dropped, expired, subjects } = publisherStats(counted);
  return {
    ...facts,
    published: BigInt(published),
    bytes: BigInt(publishedBytes),
    dropped: BigInt(dropped),
    expired: BigInt(expired),
    subjects,
    subscribers: counted.subscribers.map(({ peer, patterns, feed, droppedThere, pendingThere, isAway }) => ({
      node: peer.node,
      instance: peer.instance,
      patterns: [...patterns],
      sent: BigInt(feed.sent),
      dropped: BigInt(feed.dropped),
      droppedThere: BigInt(droppedThere),
      pending: feed.pending,
      pendingThere,
      away: isAway,
    })),
  };
}
