import type { Clock } from "../../core/clock.js";
import { Code } from "../../core/code.js";
import { HeliographError } from "../../core/error.js";
import { EventFeed } from "../../core/event-feed.js";
import { Metadata } from "../../core/metadata.js";
import {
  Level,
  type Offered,
  type Open,
  type PublishedTopic,
  Reliability,
  type Requested,
} from "../../gen/heliograph/pubsub/v1/topic.js";
import { matcherOf } from "../../naming/subject-pattern.js";
import type { Peer } from "../../rpc/context.js";
import type { Init, Topic } from "../../wire/definition.js";
import { fillMessage } from "../../wire/fill-message.js";
import type { PayloadType } from "../../wire/payload-codec.js";
import { schemaHash } from "../../wire/schema-hash.js";
import { drops, overflowValue } from "../overflow.js";
import { explainMismatch } from "../qos.js";
import { Waits } from "../waits.js";
import { BlockedPublications } from "./blocked-publications.js";
import { Feed, type FeedWish } from "./feed.js";
import { type PublisherSettings, whole } from "./publisher-options.js";
import type {
  FlushOptions,
  Publisher,
  PublisherEvent,
  PublisherLeft,
  PublisherStats,
  PublishOptions,
  ReadyOptions,
} from "./publisher-types.js";
import type { ResponseStream } from "./response-stream.js";
import { Subscriber, type SubscriberHost } from "./subscriber.js";
import { TopicLog } from "./topic-log.js";

/** So much is published before the loop gets its turn. */
const TURN_MESSAGES = 1_024;
const TURN_BYTES = 64 * 1024;
const CLOSE_MS = 1_000;

const published = Promise.resolve();

/** What a publisher needs of its node. */
export interface PublisherParts {
  readonly clock: Clock;
  /** Of this life of the topic. */
  readonly epoch: number;
  /** A name that no other subscription has. */
  newId(): string;
  /** A subscriber does not keep up. */
  slow(topic: string, peer: Peer, dropped: number): void;
  /** The topic is taken away. */
  closed(publisher: TopicPublisher<unknown>): void;
}

/** See `Publisher`. */
export class TopicPublisher<T> implements Publisher<T>, SubscriberHost {
  readonly topic: string;
  readonly clock: Clock;
  private readonly parts: PublisherParts;
  private readonly settings: PublisherSettings;
  private readonly definition: Topic<T>;
  private readonly type: PayloadType<T>;
  private readonly log: TopicLog;
  private readonly subscribers = new Map<string, Subscriber>();
  private readonly waits: Waits;
  private readonly feed = new EventFeed<PublisherEvent>((count) => ({ kind: "missed", count }));
  /** Those that dropped something and have not kept up since. */
  private readonly slow = new Set<Subscriber>();
  /** Of those that have left. */
  private droppedBefore = 0;
  private expiredBefore = 0;
  private refused = 0;
  private refusal = "";
  private flushDue = false;
  /** How much may be published before it has to be looked who has room. */
  private allowance = TURN_MESSAGES;
  /** Somebody has no room, of those for whom publishing waits or fails. */
  private full: Subscriber | undefined;
  private readonly blocked = new BlockedPublications();
  private asked = 0;
  private isOver = false;
  private hasEnded = false;
  private closing: Promise<PublisherLeft> | undefined;

  constructor(definition: Topic<T>, settings: PublisherSettings, parts: PublisherParts) {
    this.definition = definition;
    this.topic = definition.path;
    this.settings = settings;
    this.parts = parts;
    this.clock = parts.clock;
    this.waits = new Waits(parts.clock);
    this.type = { message: definition.output, schema: definition.schema, role: "request" };
    this.log = new TopicLog(definition, parts.clock, {
      depth: settings.history,
      subjects: settings.maxSubjects,
    });
  }

  publish(message: Init<T>, options?: PublishOptions): Promise<void> {
    return this.publishTo(undefined, message, options);
  }

  /** As `publish`, to a subject that the message doesn't say. */
  publishTo(subject: string | undefined, message: Init<T>, options?: PublishOptions): Promise<void> {
    try {
      if (this.isOver) throw this.over();
      const whole = fillMessage(this.type, message);
      if (options !== undefined) return this.publishWith(subject, whole, options);
      if (this.isBlocked) return this.whenRoom(subject, whole, this.settings.ttlMs, undefined, undefined);
      return this.add(subject, whole, this.settings.ttlMs, undefined);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  ready({ subscribers = 1, ...wait }: ReadyOptions = {}): Promise<void> {
    whole("subscribers", subscribers, 0, 10_000_000, 1);
    const there = () => [...this.subscribers.values()].filter(({ isAway }) => !isAway).length;
    return this.waits.until(
      () => there() >= subscribers,
      wait,
      () => `${this.topic}: ${there()} of ${subscribers} subscribers were there`,
    );
  }

  async flush({ level = "received", subscribers, ...wait }: FlushOptions = {}): Promise<void> {
    this.flushNow();
    const meant = [...this.subscribers.values()];
    const number = ++this.asked;
    if (level !== "sent")
      for (const each of meant)
        each.ask(number, level === "taken" ? Level.LEVEL_TAKEN : Level.LEVEL_RECEIVED);
    const left = () => meant.filter((each) => this.subscribers.get(each.id) === each && !isThere(each));
    const isThere = (each: Subscriber) => (level === "sent" ? each.isIdle : each.answered >= number);
    const isOver = () =>
      subscribers === undefined ? left().length === 0 : meant.filter(isThere).length >= subscribers;
    await this.waits.until(isOver, wait, () => {
      const names = left().map(({ peer, feed }) => `${peer.node} (${feed.pending} waiting)`);
      return `${this.topic}: what was published was not ${level} by ${names.slice(0, 5).join(", ")}${names.length > 5 ? ` and ${names.length - 5} more` : ""}`;
    });
  }

  end(): void {
    if (this.hasEnded) return;
    this.stop();
    this.hasEnded = true;
    for (const subscriber of this.subscribers.values()) subscriber.end();
    this.waits.check();
  }

  close({ timeoutMs = CLOSE_MS }: { readonly timeoutMs?: number | undefined } = {}): Promise<PublisherLeft> {
    this.closing ??= this.shutDown(timeoutMs);
    return this.closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  get stats(): PublisherStats {
    const subscribers = [...this.subscribers.values()];
    return {
      published: this.log.published + this.log.messages,
      publishedBytes: this.log.publishedBytes,
      dropped: subscribers.reduce((sum, { feed }) => sum + feed.dropped, this.droppedBefore),
      expired: subscribers.reduce((sum, { feed }) => sum + feed.expired, this.expiredBefore),
      subjects: this.log.subjects.size,
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

  events(): AsyncIterableIterator<PublisherEvent, undefined> {
    return this.feed.follow();
  }

  // What subscribers ask for.

  /** @throws HeliographError when it can't be given */
  subscribe(open: Open, peer: Peer): { readonly subscriber: Subscriber; readonly stream: ResponseStream } {
    this.flushNow();
    const offered = this.offered();
    const known = open.resume && this.subscribers.get(open.resume.subscription);
    const received = Number(open.resume?.received ?? 0n);
    const resumed = known?.canResume(received) === true && known.peer.instance === peer.instance;
    let subscriber: Subscriber;
    if (known !== undefined && resumed) {
      subscriber = known;
      subscriber.confirm(received);
    } else {
      known?.leave();
      subscriber = this.admit(open, peer, offered);
    }
    const { topicSequence } = this.log;
    const stream = subscriber.attach({ epoch: this.parts.epoch, topicSequence, offered });
    if (this.hasEnded) subscriber.end();
    this.feed.tell({ kind: "subscribed", peer, patterns: subscriber.patterns, resumed });
    this.waits.check();
    return { subscriber, stream };
  }

  describe(): PublishedTopic {
    const { published: count, publishedBytes, dropped, expired, subjects } = this.stats;
    return {
      topic: this.topic,
      schemaHash: schemaHash(this.definition.schema),
      offered: this.offered(),
      published: BigInt(count),
      bytes: BigInt(publishedBytes),
      dropped: BigInt(dropped),
      expired: BigInt(expired),
      subjects,
      subscribers: [...this.subscribers.values()].map(
        ({ peer, patterns, feed, droppedThere, pendingThere, isAway }) => ({
          node: peer.node,
          instance: peer.instance,
          patterns: [...patterns],
          sent: BigInt(feed.sent),
          dropped: BigInt(feed.dropped),
          droppedThere: BigInt(droppedThere),
          pending: feed.pending,
          pendingThere,
          away: isAway,
        }),
      ),
      ended: this.hasEnded,
      refused: BigInt(this.refused),
      refusal: this.refusal,
    };
  }

  // What subscribers do.

  away({ peer }: Subscriber): void {
    this.feed.tell({ kind: "unsubscribed", peer, away: true });
    this.waits.check();
  }

  gone(subscriber: Subscriber): void {
    if (!this.subscribers.delete(subscriber.id)) return;
    this.droppedBefore += subscriber.feed.dropped;
    this.expiredBefore += subscriber.feed.expired;
    this.slow.delete(subscriber);
    this.feed.tell({ kind: "unsubscribed", peer: subscriber.peer, away: false });
    this.look();
    this.waits.check();
  }

  moved(subscriber: Subscriber): void {
    if (subscriber === this.full) this.look();
    this.waits.check();
  }

  private admit(open: Open, peer: Peer, offered: Offered): Subscriber {
    const refusal = this.whyNot(open, offered);
    if (refusal !== undefined) {
      this.refused++;
      this.refusal = refusal.rawMessage;
      this.feed.tell({ kind: "refused", peer, error: refusal });
      throw refusal;
    }
    const { overflow, bufferSize, bufferBytes, resumeMs } = this.settings;
    const { patterns, requested } = open;
    const wish = wishOf(patterns, requested);
    const feed = new Feed({ overflow, messages: bufferSize, bytes: bufferBytes }, wish);
    if (wish.history > 0) feed.begin(this.log.subjects.all());
    const subscriber = new Subscriber(this, this.parts.newId(), peer, patterns, feed, resumeMs);
    this.subscribers.set(subscriber.id, subscriber);
    return subscriber;
  }

  private whyNot({ requested, schemaHash: theirs }: Open, offered: Offered): HeliographError | undefined {
    if (this.subscribers.size >= this.settings.maxSubscribers)
      return new HeliographError(
        Code.ResourceExhausted,
        `${this.topic} has ${this.subscribers.size} subscribers, and takes no more (maxSubscribers)`,
        { reason: "QUEUE_FULL" },
      );
    const mismatch = requested && explainMismatch(this.topic, offered, requested);
    if (mismatch !== undefined)
      return new HeliographError(Code.FailedPrecondition, mismatch, { reason: "QOS_INCOMPATIBLE" });
    void theirs;
    return undefined;
  }

  private offered(): Offered {
    const { overflow, history, deadlineMs, ttlMs, bufferSize } = this.settings;
    return {
      reliability: drops(overflow) ? Reliability.RELIABILITY_BEST_EFFORT : Reliability.RELIABILITY_RELIABLE,
      history,
      deadlineMs,
      lifespanMs: ttlMs,
      overflow: overflowValue(overflow),
      buffer: bufferSize,
    };
  }

  private publishWith(subject: string | undefined, message: T, { ttlMs, metadata, signal }: PublishOptions): Promise<void> {
    if (signal?.aborted)
      throw new HeliographError(Code.Cancelled, `${this.topic}: the publication was cancelled`, {
        reason: "CALL_CANCELLED",
        cause: signal.reason,
      });
    const ttl = whole("ttlMs", ttlMs, 1, 0x7fffffff, this.settings.ttlMs);
    const carried = metadata === undefined ? undefined : new Metadata(metadata);
    if (this.isBlocked) return this.whenRoom(subject, message, ttl, carried, signal);
    return this.add(subject, message, ttl, carried);
  }

  private add(
    subject: string | undefined,
    message: T,
    ttlMs: number,
    metadata: Metadata | undefined,
  ): Promise<void> {
    const { log } = this;
    log.add(message, ttlMs, metadata, subject);
    if (log.messages >= this.allowance || log.bytes >= TURN_BYTES) {
      this.flushNow();
      return nextTurn();
    }
    if (!this.flushDue) {
      this.flushDue = true;
      process.nextTick(this.flushLater);
    }
    return published;
  }

  /** Those that came before wait for room, or this one has to. */
  private get isBlocked(): boolean {
    return this.full !== undefined || this.blocked.size > 0;
  }

  private whenRoom(
    subject: string | undefined,
    message: T,
    ttlMs: number,
    metadata: Metadata | undefined,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    if (this.settings.overflow === "fail") throw this.queueFull();
    return this.blocked.add(() => this.add(subject, message, ttlMs, metadata), signal, this.topic);
  }

  private readonly flushLater = (): void => {
    this.flushNow();
  };

  /** Gives what was published to all who want it. */
  private flushNow(): void {
    this.flushDue = false;
    const runs = this.log.flush();
    if (runs.length === 0) return;
    const now = this.clock.now();
    for (const subscriber of this.subscribers.values()) {
      const { feed } = subscriber;
      for (const { run, state } of runs) if (feed.matches(run.subject)) feed.offer(run, state, now);
      subscriber.stir();
      if (feed.isOver) this.overflowed(subscriber);
      else if (feed.pending === 0) this.slow.delete(subscriber);
    }
    this.look();
  }

  private overflowed(subscriber: Subscriber): void {
    const { feed, peer } = subscriber;
    if (this.settings.overflow === "evict") {
      subscriber.leave(
        new HeliographError(
          Code.ResourceExhausted,
          `${this.topic}: the subscription was ended, since ${feed.pending} publications waited for it (overflow "evict", bufferSize ${this.settings.bufferSize})`,
          { reason: "SUBSCRIBER_EVICTED" },
        ),
      );
      return;
    }
    feed.enforce();
    if (!drops(this.settings.overflow) || this.slow.has(subscriber)) return;
    this.slow.add(subscriber);
    this.feed.tell({ kind: "slow-subscriber", peer, dropped: feed.dropped, pending: feed.pending });
    this.parts.slow(this.topic, peer, feed.dropped);
  }

  /** Looks who has room, of those for whom publishing waits or fails. */
  private look(): void {
    this.full = undefined;
    this.allowance = TURN_MESSAGES;
    const { overflow, bufferSize } = this.settings;
    if (overflow !== "block" && overflow !== "fail") return;
    for (const subscriber of this.subscribers.values()) {
      const { feed } = subscriber;
      if (feed.isFull) this.full = subscriber;
      else this.allowance = Math.min(this.allowance, bufferSize - feed.pending);
    }
    while (this.full === undefined && this.allowance > this.log.messages && this.blocked.size > 0)
      this.blocked.next();
  }

  /** Nothing more can be published. */
  private stop(): void {
    this.flushNow();
    this.isOver = true;
    this.blocked.fail(this.over());
  }

  private async shutDown(timeoutMs: number): Promise<PublisherLeft> {
    this.stop();
    const meant = [...this.subscribers.values()];
    let left: Subscriber[] = [];
    try {
      await this.flush({ timeoutMs });
    } catch {
      left = meant.filter((each) => this.subscribers.get(each.id) === each && each.answered < this.asked);
    }
    const publications = left.reduce((sum, { feed }) => sum + feed.pending, 0);
    for (const subscriber of [...this.subscribers.values()]) subscriber.leave();
    this.parts.closed(this as TopicPublisher<unknown>);
    this.feed.close();
    this.waits.fail(this.over());
    return { publications, subscribers: left.map(({ peer }) => peer) };
  }

  private queueFull(): HeliographError {
    const { full, settings } = this;
    return new HeliographError(
      Code.ResourceExhausted,
      `${this.topic}: ${full?.feed.pending ?? 0} publications wait for ${full?.peer.node ?? "a subscriber"} (overflow "fail", bufferSize ${settings.bufferSize})`,
      { reason: "QUEUE_FULL" },
    );
  }

  private over(): HeliographError {
    return new HeliographError(
      Code.FailedPrecondition,
      `${this.topic}: nothing can be published after the end`,
      {
        reason: "TOPIC_ENDED",
      },
    );
  }
}

/** What a subscriber wants of subjects and time. */
export function wishOf(patterns: readonly string[], requested: Requested | undefined): FeedWish {
  const { history = 0, lifespanMs = 0, intervalMs = 0 } = requested ?? {};
  return { matcher: matcherOf(patterns), intervalMs, history, lifespanMs };
}

/** Resolves when the loop has had its turn. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
