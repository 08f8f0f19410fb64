import type { HeliographError } from "../../core/error.js";
import type { Peer } from "../../rpc/context.js";
import type { Overflow } from "../overflow.js";
import type { Key } from "../topic-key.js";
import type { WaitOptions } from "../waits.js";
import type { Delivery } from "./delivery.js";
import type { Selection } from "./subscribe-options.js";

/** What a publisher that was found promises. */
export interface MatchedPublisher {
  readonly peer: Peer;
  readonly reliability: "best-effort" | "reliable";
  readonly overflow: Overflow;
  /** Publications of each subject that it keeps. */
  readonly history: number;
  /** 0 for none. */
  readonly deadlineMs: number;
  /** It has said that nothing more comes. */
  readonly ended: boolean;
}

/** Counts of one subscription, as they are when they are asked for. */
export interface SubscriptionStats {
  /** Publications that have arrived. */
  readonly received: number;
  /** Of those: dropped here by the overflow policy. */
  readonly dropped: number;
  /** Of those: dropped here because their time was over. */
  readonly expired: number;
  /** Of those: waiting to be read. */
  readonly pending: number;
  /** Publications that did not arrive, as far as it is known: each is counted once. */
  readonly missed: number;
  readonly publishers: readonly MatchedPublisher[];
}

/** What happens to a subscription. */
export type SubscriptionEvent =
  /** A publisher was found, or found again; without `resumed` what was published meanwhile may be lost. */
  | { readonly kind: "matched"; readonly publisher: Peer; readonly resumed: boolean }
  /** The connection to a publisher broke, or it went. */
  | { readonly kind: "lost"; readonly publisher: Peer; readonly error: HeliographError | undefined }
  /** A publisher can't give what is asked for, or its messages would be misread here, and why. */
  | { readonly kind: "incompatible"; readonly publisher: Peer; readonly error: HeliographError }
  /** Publications of a subject did not arrive and will not. */
  | {
      readonly kind: "missed";
      readonly publisher: Peer;
      readonly subject: string;
      readonly count: number;
    }
  /** A publication could not be read. */
  | {
      readonly kind: "unreadable";
      readonly publisher: Peer;
      readonly subject: string;
      readonly error: HeliographError;
    }
  /** Nothing came of a subject for longer than `deadlineMs` says. */
  | { readonly kind: "deadline-missed"; readonly publisher: Peer; readonly subject: string }
  /** A publisher has said that nothing more comes. */
  | { readonly kind: "ended"; readonly publisher: Peer }
  /** So many events were not read in time. */
  | { readonly kind: "events-missed"; readonly count: number };

/** What `ready` waits for. */
export interface SubscriptionReadyOptions extends WaitOptions {
  /** How many there have to be at least. Default 1. */
  readonly publishers?: number | undefined;
  /** Whether what was known at the beginning has to be here, too. Default false. */
  readonly snapshot?: boolean | undefined;
}

/**
 * Publications of one topic, from all its publishers. Of one subject and publisher they come in order, each at most once.
 * Leaving the loop ends the subscription.
 */
export interface Subscription<T, K = Key>
  extends AsyncIterableIterator<Delivery<T, K>, undefined>,
    AsyncDisposable {
  /** `package.Service/Topic`. */
  readonly topic: string;
  /**
   * Resolves when so many publishers have accepted the subscription: what they publish from then on arrives.
   *
   * @throws HeliographError DEADLINE_EXCEEDED that says how many there were, and why others were not taken; CANCELLED
   */
  ready(options?: SubscriptionReadyOptions): Promise<void>;
  /**
   * From now on other subjects are wanted. Resolves when all publishers that are connected know it; nothing that both the
   * old and the new selection mean is lost or comes twice.
   */
  change(selection: Selection<K>): Promise<void>;
  readonly stats: SubscriptionStats;
  /** What happens from now on. */
  events(): AsyncIterableIterator<SubscriptionEvent, undefined>;
  /** Ends the subscription: a loop over it ends, and what waits is dropped. */
  close(): Promise<void>;
}
