import type { Clock } from "../../core/clock.js";
import { Code } from "../../core/code.js";
import { HeliographError } from "../../core/error.js";
import { EventFeed } from "../../core/event-feed.js";
import { Metadata } from "../../core/metadata.js";
import { Level, type Open, type PublishedTopic } from "../../gen/heliograph/pubsub/v1/topic.js";
import type { Peer } from "../../rpc/context.js";
import type { Init, Topic } from "../../wire/definition.js";
import { fillMessage } from "../../wire/fill-message.js";
import type { PayloadType } from "../../wire/payload-codec.js";
import { schemaHash } from "../../wire/schema-hash.js";
import { DeadlineAlarm } from "../deadline-alarm.js";
import { drops } from "../overflow.js";
import { Waits } from "../waits.js";
import { BlockedPublications } from "./blocked-publications.js";
import { wishOf } from "./feed-wish.js";
import { nextTurn } from "./next-turn.js";
import { type Counted, describePublisher, publisherStats } from "./publisher-counts.js";
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
import type { Subscriber, SubscriberHost } from "./subscriber.js";
import { Subscribers } from "./subscribers.js";
import { TopicLog } from "./topic-log.js";
import { tellUnhandled } from "./unhandled.js";

/** So much is published before the loop gets its turn. */
const TURN_MESSAGES = 1_024;
const TURN_BYTES = 64 * 1024;
const CLOSE_MS = 1_000;

const published = Promise.resolve();

/** What a publisher needs of its node. */
export interface PublisherParts {
  readonly clock: Clock;
  /** Who publishes. */
  readonly self: Peer;
  /** Of this life of the topic. */
  readonly epoch: number;
  /** A name that no other subscription has. */
  newId(): string;
  /** A subscriber does not keep up. */
  slow(topic: string, peer: Peer, dropped: number): void;
  /** What a user has hooked in threw. */
  hookFailed(topic: string, error: unknown): void;
  /** The topic is taken away. */
  closed(publisher: TopicPublisher<unknown>): void;
}

/** See `Publisher`. */
export class TopicPublisher<T> implements Publisher<T>, SubscriberHost {
  readonly topic: string;
  readonly clock: Clock;
  private readonly parts: PublisherParts;
  private readonly settings: PublisherSettings;
  readonly definition: Topic<T>;
  private readonly type: PayloadType<T>;
  private readonly log: TopicLog;
  private readonly subscribers: Subscribers;
  private readonly waits: Waits;
  private readonly feed = new EventFeed<PublisherEvent>((count) => ({ kind: "missed", count }));
  /** Those that dropped something and have not kept up since. */
  private readonly slow = new Set<Subscriber>();
  private readonly alarm: DeadlineAlarm<"here"> | undefined;
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
    this.subscribers = new Subscribers(this.topic, settings, this, parts.newId);
    this.log = new TopicLog(definition, parts.clock, {
      depth: settings.history,
      subjects: settings.maxSubjects,
    });
    if (settings.deadlineMs > 0)
      this.alarm = new DeadlineAlarm(parts.clock, settings.deadlineMs, settings.maxSubjects, (_, subject) =>
        this.feed.tell({ kind: "deadline-missed", subject }),
      );
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
    const there = () => this.subscribers.all().filter(({ isAway }) => !isAway).length;
    return this.waits.until(
      () => there() >= subscribers,
      wait,
      () => `${this.topic}: ${there()} of ${subscribers} subscribers were there`,
    );
  }

  async flush({ level = "received", subscribers, ...wait }: FlushOptions = {}): Promise<void> {
    this.flushNow();
    const meant = this.subscribers.all();
    const number = ++this.asked;
    if (level !== "sent")
      for (const each of meant)
        each.ask(number, level === "taken" ? Level.LEVEL_TAKEN : Level.LEVEL_RECEIVED);
    const left = () => meant.filter((each) => this.subscribers.has(each) && !isThere(each));
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
    for (const subscriber of this.subscribers) subscriber.end();
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
    return publisherStats(this.counted());
  }

  events(): AsyncIterableIterator<PublisherEvent, undefined> {
    return this.feed.follow();
  }

  // What subscribers ask for.

  /** @throws HeliographError when it can't be given */
  subscribe(open: Open, peer: Peer): { readonly subscriber: Subscriber; readonly stream: ResponseStream } {
    this.flushNow();
    const { subscribers } = this;
    const known = subscribers.resumed(open, peer);
    const subscriber = known ?? this.admit(open, peer);
    const stream = subscriber.attach(known && wishOf(open.patterns, open.requested), {
      epoch: this.parts.epoch,
      topicSequence: this.log.topicSequence,
      offered: subscribers.offered,
      schemaHash: schemaHash(this.definition.schema),
      publisher: this.parts.self,
    });
    if (this.hasEnded) subscriber.end();
    this.feed.tell({ kind: "subscribed", peer, patterns: subscriber.patterns, resumed: known !== undefined });
    this.waits.check();
    return { subscriber, stream };
  }

  describe(): PublishedTopic {
    return describePublisher(this.counted(), {
      topic: this.topic,
      schemaHash: schemaHash(this.definition.schema),
      offered: this.subscribers.offered,
      ended: this.hasEnded,
      refused: BigInt(this.subscribers.refused),
      refusal: this.subscribers.refusal,
    });
  }

  // What subscribers do.

  away({ peer }: Subscriber): void {
    this.feed.tell({ kind: "unsubscribed", peer, away: true });
    this.waits.check();
  }

  gone(subscriber: Subscriber): void {
    if (!this.subscribers.remove(subscriber)) return;
    this.slow.delete(subscriber);
    this.feed.tell({ kind: "unsubscribed", peer: subscriber.peer, away: false });
    this.look();
    this.waits.check();
  }

  moved(subscriber: Subscriber): void {
    if (subscriber === this.full) this.look();
    this.waits.check();
  }

  private counted(): Counted {
    const { droppedBefore, expiredBefore } = this.subscribers;
    return { log: this.log, subscribers: this.subscribers.all(), droppedBefore, expiredBefore };
  }

  private admit(open: Open, peer: Peer): Subscriber {
    try {
      return this.subscribers.admit(open, peer, this.log.subjects.all());
    } catch (thrown) {
      const error = HeliographError.from(thrown);
      this.feed.tell({ kind: "refused", peer, error });
      throw error;
    }
  }

  private publishWith(
    subject: string | undefined,
    message: T,
    { ttlMs, metadata, signal }: PublishOptions,
  ): Promise<void> {
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
    for (const subscriber of this.subscribers) {
      const { feed } = subscriber;
      for (const { run, state } of runs) if (feed.matches(run.subject)) feed.offer(run, state, now);
      subscriber.stir();
      if (feed.isOver) this.overflowed(subscriber);
      else if (feed.pending === 0) this.slow.delete(subscriber);
    }
    if (this.alarm !== undefined) for (const { run } of runs) this.alarm.heard("here", run.subject);
    this.look();
    const { onUnhandled } = this.settings;
    if (onUnhandled !== undefined)
      tellUnhandled(runs, this.subscribers, onUnhandled, (e) => this.parts.hookFailed(this.topic, e));
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
    for (const subscriber of this.subscribers) {
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
    this.alarm?.close();
    this.isOver = true;
    this.blocked.fail(this.over());
  }

  private async shutDown(timeoutMs: number): Promise<PublisherLeft> {
    this.stop();
    const meant = this.subscribers.all();
    let left: Subscriber[] = [];
    try {
      await this.flush({ timeoutMs });
    } catch {
      left = meant.filter((each) => this.subscribers.has(each) && each.answered < this.asked);
    }
    const publications = left.reduce((sum, each) => sum + each.left, 0);
    for (const subscriber of this.subscribers.all()) subscriber.leave();
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
