import { Code } from "../../core/code.js";
import { HeliographError } from "../../core/error.js";
import { type Offered, type Open, Reliability } from "../../gen/heliograph/pubsub/v1/topic.js";
import type { Peer } from "../../rpc/context.js";
import { drops, overflowValue } from "../overflow.js";
import { explainMismatch } from "../qos.js";
import { Feed } from "./feed.js";
import { wishOf } from "./feed-wish.js";
import type { PublisherSettings } from "./publisher-options.js";
import type { SubjectState } from "./subject-state.js";
import { Subscriber, type SubscriberHost } from "./subscriber.js";

/** Who subscribes to one publisher, and who was refused. */
export class Subscribers implements Iterable<Subscriber> {
  readonly offered: Offered;
  /** Of subscribers that have left. */
  droppedBefore = 0;
  expiredBefore = 0;
  /** How many were refused, and why the last one was. */
  refused = 0;
  refusal = "";
  private readonly topic: string;
  private readonly settings: PublisherSettings;
  private readonly host: SubscriberHost;
  private readonly newId: () => string;
  private readonly byId = new Map<string, Subscriber>();

  constructor(topic: string, settings: PublisherSettings, host: SubscriberHost, newId: () => string) {
    this.topic = topic;
    this.settings = settings;
    this.host = host;
    this.newId = newId;
    this.offered = offeredBy(settings);
  }

  [Symbol.iterator](): Iterator<Subscriber> {
    return this.byId.values();
  }

  /** As they are now. */
  all(): Subscriber[] {
    return [...this.byId.values()];
  }

  has(subscriber: Subscriber): boolean {
    return this.byId.get(subscriber.id) === subscriber;
  }

  /** The one that goes on, if it can; one that can't is over. */
  resumed(open: Open, peer: Peer): Subscriber | undefined {
    const { resume } = open;
    const known = resume && this.byId.get(resume.subscription);
    if (known === undefined || known.peer.instance !== peer.instance) return undefined;
    const received = Number(resume?.received ?? 0n);
    if (known.canResume(received)) {
      known.confirm(received);
      known.patterns = open.patterns;
      return known;
    }
    known.leave();
    return undefined;
  }

  /**
   * One more.
   *
   * @param states of all subjects: it gets what it wants of their history
   * @throws HeliographError RESOURCE_EXHAUSTED; FAILED_PRECONDITION, reason QOS_INCOMPATIBLE
   */
  admit(open: Open, peer: Peer, states: Iterable<SubjectState>): Subscriber {
    const refusal = this.whyNot(open);
    if (refusal !== undefined) {
      this.refused++;
      this.refusal = refusal.rawMessage;
      throw refusal;
    }
    const { overflow, bufferSize, bufferBytes, resumeMs } = this.settings;
    const { patterns, requested } = open;
    const wish = wishOf(patterns, requested);
    const feed = new Feed({ overflow, messages: bufferSize, bytes: bufferBytes }, wish);
    if (wish.history > 0) feed.begin(states);
    const subscriber = new Subscriber(this.host, this.newId(), peer, patterns, feed, resumeMs);
    this.byId.set(subscriber.id, subscriber);
    return subscriber;
  }

  /** @returns whether it was one of them */
  remove(subscriber: Subscriber): boolean {
    if (!this.byId.delete(subscriber.id)) return false;
    this.droppedBefore += subscriber.feed.dropped;
    this.expiredBefore += subscriber.feed.expired;
    return true;
  }

  private whyNot({ requested }: Open): HeliographError | undefined {
    const { size } = this.byId;
    if (size >= this.settings.maxSubscribers)
      return new HeliographError(
        Code.ResourceExhausted,
        `${this.topic} has ${size} subscribers, and takes no more (maxSubscribers)`,
        { reason: "QUEUE_FULL" },
      );
    const mismatch = requested && explainMismatch(this.topic, this.offered, requested);
    if (mismatch === undefined) return undefined;
    return new HeliographError(Code.FailedPrecondition, mismatch, { reason: "QOS_INCOMPATIBLE" });
  }
}

function offeredBy({ overflow, history, deadlineMs, ttlMs, bufferSize }: PublisherSettings): Offered {
  return {
    reliability: drops(overflow) ? Reliability.RELIABILITY_BEST_EFFORT : Reliability.RELIABILITY_RELIABLE,
    history,
    deadlineMs,
    lifespanMs: ttlMs,
    overflow: overflowValue(overflow),
    buffer: bufferSize,
  };
}
