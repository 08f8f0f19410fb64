import type { PublisherOptions } from "../../../src/pubsub/publisher/publisher-options.js";
import type { SubscribeOptions } from "../../../src/pubsub/subscriber/subscribe-options.js";
import type { Line } from "./sequence-check.js";

/** What a process of a test can be told to do, and what it answers; see `startTopicProcess`. */
export interface TopicCommands {
  /** Makes a node that publishes to its rooms, one after another, so often in each second. */
  publish(options: PublishCommand): Publishing;
  /** Makes a node that subscribes in these ways. */
  subscribe(options: SubscribeCommand): object;
  /** How far the publisher is. */
  progress(options: object): Progress;
  /** Publishes no more, and waits until all has been taken. */
  finish(options: object): Progress;
  /** What each subscription has had. */
  tally(options: object): readonly SubscriptionTally[];
  /** Closes what was made, so that something else can be. */
  close(options: object): object;
  /** Begins to measure anew how long deliveries take. */
  measure(options: object): object;
}

interface Where {
  readonly name: string;
  readonly registries: readonly string[];
  readonly stallMs?: number | undefined;
}

export interface PublishCommand extends Where {
  readonly options: PublisherOptions;
  readonly rooms: readonly string[];
  readonly perSecond: number;
  /** A file that outlives the process: how many were published to each room, as 32 bit numbers. */
  readonly log: string;
}

export interface SubscribeCommand extends Where {
  /** Of the one publisher; default: all that are found. */
  readonly endpoint?: string | undefined;
  readonly subscriptions: readonly SubscribeOptions[];
}

export interface Publishing {
  readonly instance: string;
  readonly endpoint: string;
}

export interface Progress {
  readonly published: number;
  readonly dropped: number;
  /** Publications that were refused. */
  readonly refused: number;
  /** Subscriptions that have a stream, and those that may come back. */
  readonly connected: number;
  readonly away: number;
  /** How long the latest publication has been waiting for room. */
  readonly waitingMs: number;
  readonly rss: number;
}

export interface SubscriptionTally {
  readonly faults: readonly string[];
  /** By publisher's instance and subject. */
  readonly lines: Readonly<Record<string, Line>>;
  readonly received: number;
  readonly missed: number;
  readonly dropped: number;
  readonly pending: number;
  /** Why it is over. */
  readonly error?: string | undefined;
  /** From publication to delivery: of a hundred the slowest, and of all. */
  readonly p99Ms: number;
  readonly slowestMs: number;
}
