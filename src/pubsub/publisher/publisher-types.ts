import type { HeliographError } from "../../core/error.js";
import type { MetadataInit } from "../../core/metadata.js";
import type { Peer } from "../../rpc/context.js";
import type { Init } from "../../wire/definition.js";
import type { WaitOptions } from "../waits.js";

/** What goes along with one publication. */
export interface PublishOptions {
  /** How long it is of any use, in milliseconds: it is dropped and counted then, wherever it waits. */
  readonly ttlMs?: number | undefined;
  readonly metadata?: MetadataInit | undefined;
  /** Gives up waiting for room. The publication is not published then. */
  readonly signal?: AbortSignal | undefined;
}

/** What `ready` waits for. */
export interface ReadyOptions extends WaitOptions {
  /** How many there have to be at least. Default 1. */
  readonly subscribers?: number | undefined;
}

/**
 * How far publications have to have come.
 *
 * - `sent`: they are on their way to each subscriber that is connected
 * - `received`: they are in the subscribers' queues
 * - `taken`: whoever reads the subscriptions has taken them
 */
export type FlushLevel = "sent" | "received" | "taken";

/** What `flush` waits for. */
export interface FlushOptions extends WaitOptions {
  /** Default `received`. */
  readonly level?: FlushLevel | undefined;
  /** By how many subscribers at least. Default: by all that there are when it begins, and have not left meanwhile. */
  readonly subscribers?: number | undefined;
}

/** What was left when a publisher was closed. */
export interface PublisherLeft {
  /** Publications that wait for subscribers, or whose arrival they have not confirmed, summed up over them. */
  readonly publications: number;
  readonly subscribers: readonly Peer[];
}

/** One subscription, as its publisher sees it. */
export interface SubscriberInfo {
  readonly peer: Peer;
  /** Of the subjects that it wants; none means all. */
  readonly patterns: readonly string[];
  /** Publications that were sent to it. */
  readonly sent: number;
  /** Dropped by the policy of its queue here. */
  readonly dropped: number;
  /** Dropped by its own queue, as it said last. */
  readonly droppedThere: number;
  /** Waiting here. */
  readonly pending: number;
  /** Its connection broke; it may come back. */
  readonly away: boolean;
}

/** Counts of one publisher, as they are when they are asked for. */
export interface PublisherStats {
  readonly published: number;
  /** Encoded messages. */
  readonly publishedBytes: number;
  /** Dropped by the overflow policy, summed up over subscribers, those that have left too. */
  readonly dropped: number;
  /** Dropped because their time was over, likewise. */
  readonly expired: number;
  /** Subjects that are remembered. */
  readonly subjects: number;
  readonly subscribers: readonly SubscriberInfo[];
}

/** What happens to a publisher. */
export type PublisherEvent =
  | {
      readonly kind: "subscribed";
      readonly peer: Peer;
      readonly patterns: readonly string[];
      readonly resumed: boolean;
    }
  /** `away`: its connection broke, and it may come back; otherwise the subscription is over. */
  | { readonly kind: "unsubscribed"; readonly peer: Peer; readonly away: boolean }
  /** What it asked for can't be given. */
  | { readonly kind: "refused"; readonly peer: Peer; readonly error: HeliographError }
  /** Publications were dropped for it, for the first time or once more after it had kept up. */
  | {
      readonly kind: "slow-subscriber";
      readonly peer: Peer;
      readonly dropped: number;
      readonly pending: number;
    }
  /** A subject was not published for longer than `deadlineMs` says. */
  | { readonly kind: "deadline-missed"; readonly subject: string }
  /** So many events were not read in time. */
  | { readonly kind: "missed"; readonly count: number };

/** Publishes to one topic. */
export interface Publisher<T> extends AsyncDisposable {
  /** `package.Service/Topic`. */
  readonly topic: string;
  /**
   * Publishes a message to all who subscribe to its subject. Publications of one subject arrive in order, each at most
   * once; what is lost, because a queue was full or a connection broke for too long, is counted on both sides.
   *
   * Resolves when it has been queued for each subscriber under the overflow policy; with `block` that may take as long as
   * the slowest takes. It rests at the end of a turn in which much was published, so that the loop can send it: await it.
   *
   * @param message a missing field is its proto3 default
   * @throws HeliographError INVALID_ARGUMENT, reason MALFORMED_MESSAGE, that names the field; RESOURCE_EXHAUSTED, reason
   *   QUEUE_FULL, with the policy `fail`; FAILED_PRECONDITION, reason TOPIC_ENDED, after `end`. Nothing was published then
   */
  publish(message: Init<T>, options?: PublishOptions): Promise<void>;
  /**
   * Resolves when so many subscribers are there: what is published from then on reaches them.
   *
   * @throws HeliographError DEADLINE_EXCEEDED that says how many there were; CANCELLED
   */
  ready(options?: ReadyOptions): Promise<void>;
  /**
   * Waits until what was published so far has come so far.
   *
   * @throws HeliographError DEADLINE_EXCEEDED that says what was left; CANCELLED
   */
  flush(options?: FlushOptions): Promise<void>;
  /** Nothing more is published: the loops of all subscribers end after the last publication, those of later ones too. */
  end(): void;
  /**
   * Ends all subscriptions and takes the topic away. Waits until what was published has been received, for a second at
   * most unless `timeoutMs` says otherwise, and tells what was left.
   */
  close(options?: { readonly timeoutMs?: number | undefined }): Promise<PublisherLeft>;
  readonly stats: PublisherStats;
  /** What happens from now on. */
  events(): AsyncIterableIterator<PublisherEvent, undefined>;
}
