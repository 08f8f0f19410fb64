import { unwatchAbort, watchAbort } from "../../core/abort-watch.js";
import type { Backoff } from "../../core/backoff.js";
import type { Clock } from "../../core/clock.js";
import { Code } from "../../core/code.js";
import { HeliographError } from "../../core/error.js";
import { EventFeed } from "../../core/event-feed.js";
import type { Offered } from "../../gen/heliograph/pubsub/v1/topic.js";
import { matcherOf } from "../../naming/subject-pattern.js";
import type { UsedService } from "../../rpc/transport.js";
import type { Topic } from "../../wire/definition.js";
import type { PayloadType } from "../../wire/payload-codec.js";
import { protobufCodec } from "../../wire/protobuf-codec.js";
import { DeadlineAlarm } from "../deadline-alarm.js";
import { whole } from "../publisher/publisher-options.js";
import { type Key, TopicKey } from "../topic-key.js";
import { Waits } from "../waits.js";
import { type Delivery, ReceivedDelivery } from "./delivery.js";
import { DeliveryQueue, type QueueHost, type SeenSubject, type WaitingRun } from "./delivery-queue.js";
import { KnownPublishers } from "./known-publishers.js";
import { type LinkHost, PublisherLink, type PublisherPlace } from "./publisher-link.js";
import { usedByTopic } from "./publisher-schema.js";
import type { ReceivedRun } from "./received-run.js";
import { patternsOf, type Selection, type SubscribeSettings } from "./subscribe-options.js";
import type {
  Subscription,
  SubscriptionEvent,
  SubscriptionReadyOptions,
  SubscriptionStats,
} from "./subscription-types.js";

/** Subjects of all publishers that may be silent for too long. */
const MAX_WATCHED = 65_536;

/** Where publishers are found. */
export interface PublisherSource {
  /** Tells of publishers, each with a key of its own, from now on. */
  watch(listener: PublisherListener): () => void;
}

/** Told of publishers. */
export interface PublisherListener {
  found(key: string, place: PublisherPlace): void;
  gone(key: string): void;
}

/** What a subscription needs of where it is made. */
export interface SubscriptionParts {
  readonly clock: Clock;
  readonly backoff: Backoff;
  readonly source: PublisherSource;
  /** It is over. */
  closed(): void;
}

/** See `Subscription`. */
export class TopicSubscription<T>
  implements Subscription<T>, LinkHost, QueueHost<PublisherLink, Delivery<T>>, PublisherListener
{
  readonly topic: string;
  readonly clock: Clock;
  readonly backoff: Backoff;
  readonly service: UsedService;
  private current: SubscribeSettings;
  private readonly parts: SubscriptionParts;
  private readonly type: PayloadType<T>;
  private readonly key: TopicKey;
  private readonly queue: DeliveryQueue<PublisherLink, Delivery<T>>;
  private readonly publishers = new KnownPublishers();
  private readonly waits: Waits;
  private readonly feed = new EventFeed<SubscriptionEvent>((count) => ({ kind: "events-missed", count }));
  private readonly alarm: DeadlineAlarm<PublisherLink> | undefined;
  private readonly stopWatching: () => void;
  private readonly signal: AbortSignal | undefined;
  private readonly abortable = { aborted: () => void this.close() };
  private roomy: (() => void)[] = [];
  private missedThere = 0;
  private changes = 0;
  /** Those that are asked about messages that have not passed the queue. */
  private readonly asking = new Set<PublisherLink>();
  private readonly changedLinks = new Map<PublisherLink, number>();
  private isClosed = false;
  /** Until publishers were told: who waits for it may then close the connection to them. */
  private parting: Promise<void> | undefined;

  constructor(
    topic: Topic<T>,
    settings: SubscribeSettings,
    signal: AbortSignal | undefined,
    parts: SubscriptionParts,
  ) {
    this.topic = topic.path;
    this.current = settings;
    this.parts = parts;
    this.clock = parts.clock;
    this.backoff = parts.backoff;
    this.service = usedByTopic(topic);
    this.type = { message: topic.output, schema: topic.schema, role: "response" };
    this.key = new TopicKey(topic);
    this.waits = new Waits(parts.clock);
    const { deadlineMs } = settings.requested;
    if (deadlineMs > 0)
      this.alarm = new DeadlineAlarm(parts.clock, deadlineMs, MAX_WATCHED, ({ peer }, subject) =>
        this.feed.tell({ kind: "deadline-missed", publisher: peer, subject }),
      );
    this.queue = new DeliveryQueue(this, {
      overflow: settings.overflow,
      messages: settings.bufferSize,
      bytes: settings.bufferBytes,
    });
    this.signal = signal;
    this.stopWatching = parts.source.watch(this);
    if (signal?.aborted) void this.close();
    else if (signal !== undefined) watchAbort(signal, this.abortable);
  }

  get settings(): SubscribeSettings {
    return this.current;
  }

  get stats(): SubscriptionStats {
    const { received, dropped, expired, pending } = this.queue;
    return {
      received,
      dropped,
      expired,
      pending,
      missed: this.missedThere,
      publishers: this.publishers.matched(),
    };
  }

  next(): Promise<IteratorResult<Delivery<T>, undefined>> {
    return this.queue.next();
  }

  async return(): Promise<IteratorResult<Delivery<T>, undefined>> {
    return this.queue.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  ready({ publishers = 1, snapshot = false, ...wait }: SubscriptionReadyOptions = {}): Promise<void> {
    whole("publishers", publishers, 0, 1_000_000, 1);
    const there = () =>
      this.publishers
        .links()
        .filter((link) => (link.isMatched || link.hasEnded) && (!snapshot || link.hasSnapshot)).length;
    return this.waits.until(
      () => there() >= publishers,
      wait,
      () => {
        const refusals = this.publishers.refusals();
        const why = refusals.length === 0 ? "" : ` (${refusals.join("; ")})`;
        return `${this.topic}: ${there()} of ${publishers} publishers were there${why}`;
      },
    );
  }

  async change(selection: Selection): Promise<void> {
    const patterns = patternsOf(selection, this.key);
    const intervalMs = whole("intervalMs", selection.intervalMs, 1, 0x7fffffff, 0);
    this.current = { ...this.current, patterns, intervalMs };
    this.alarm?.keep(matcherOf(patterns));
    const number = ++this.changes;
    const asked = this.publishers.links().filter(({ isMatched }) => isMatched);
    // Who has not answered yet goes by what it is told last.
    for (const link of this.publishers.links()) link.change(number);
    const knows = (link: PublisherLink) => !link.isMatched || (this.changedLinks.get(link) ?? 0) >= number;
    await this.waits.until(
      () => asked.every(knows),
      {},
      () => `${this.topic}: not all publishers knew the change`,
    );
  }

  events(): AsyncIterableIterator<SubscriptionEvent, undefined> {
    return this.feed.follow();
  }

  async close(): Promise<void> {
    if (!this.isClosed) await this.queue.return();
    await this.parting;
  }

  // What the source says.

  found(key: string, place: PublisherPlace): void {
    if (this.isClosed) return;
    const known = this.publishers.get(key);
    if (known !== undefined) {
      known.link.hurry();
      return;
    }
    const link = new PublisherLink(place, this);
    this.publishers.add(key, link);
    void link.run();
  }

  gone(key: string): void {
    const known = this.publishers.get(key);
    if (known === undefined) return;
    this.alarm?.forget(known.link);
    // What it has sent still arrives.
    if (known.link.hasEnded) this.left(known.link);
    else known.link.retire();
  }

  // What the links say.

  get passed(): number {
    return this.queue.passed;
  }

  get pending(): number {
    return this.queue.pending;
  }

  get dropped(): number {
    return this.queue.dropped;
  }

  accepted(link: PublisherLink, offered: Offered, resumed: boolean): void {
    const known = this.publishers.of(link);
    if (known !== undefined) {
      known.offered = offered;
      known.refusal = undefined;
    }
    this.feed.tell({ kind: "matched", publisher: link.peer, resumed });
    this.waits.check();
  }

  lost({ peer }: PublisherLink, error: HeliographError | undefined): void {
    this.feed.tell({ kind: "lost", publisher: peer, error });
    this.waits.check();
  }

  refused(link: PublisherLink, error: HeliographError): void {
    const known = this.publishers.of(link);
    // One that tries again and again is refused again and again.
    if (known === undefined || known.refusal?.message === error.message) return;
    known.refusal = error;
    this.feed.tell({ kind: "incompatible", publisher: link.peer, error });
  }

  arrived(link: PublisherLink, run: ReceivedRun, seen: SeenSubject, bytes: number): void {
    const expiresAt = run.ttlMs === 0 ? Number.POSITIVE_INFINITY : this.clock.now() + run.ttlMs;
    this.alarm?.heard(link, run.subject);
    this.queue.push({ run, seen, source: link, expiresAt, bytesEach: bytes / run.count });
    if (this.current.overflow === "fail" && this.queue.isFull) this.failed(this.queueFull());
  }

  missed({ peer }: PublisherLink, subject: string, count: number): void {
    this.missedThere += count;
    this.feed.tell({ kind: "missed", publisher: peer, subject, count });
  }

  snapshot(): void {
    this.waits.check();
  }

  changed(link: PublisherLink, number: number): void {
    this.changedLinks.set(link, Math.max(number, this.changedLinks.get(link) ?? 0));
    this.waits.check();
  }

  ended(link: PublisherLink): void {
    this.alarm?.forget(link);
    this.feed.tell({ kind: "ended", publisher: link.peer });
    this.endIfAllHave();
    this.waits.check();
  }

  failed(error: HeliographError): void {
    this.finish();
    this.queue.end(error);
  }

  room(): Promise<void> | undefined {
    // Any other policy finds room, or has ended the subscription.
    if (this.current.overflow !== "block") return undefined;
    if (!this.queue.isFull || this.queue.isOver) return undefined;
    return new Promise((resolve) => {
      this.roomy.push(resolve);
    });
  }

  asked(link: PublisherLink): void {
    this.asking.add(link);
  }

  left(link: PublisherLink): void {
    this.publishers.remove(link);
    this.changedLinks.delete(link);
    this.asking.delete(link);
    if (!link.hasEnded) this.feed.tell({ kind: "lost", publisher: link.peer, error: undefined });
    this.endIfAllHave();
    this.waits.check();
  }

  // What the queue asks for.

  now(): number {
    return this.clock.now();
  }

  deliver({ run, source }: WaitingRun<PublisherLink>, missed: number): Delivery<T> | undefined {
    try {
      const message = protobufCodec.decode(this.type, run.buf, run.start, run.stop);
      return new ReceivedDelivery(message, run, source.peer, missed, this.key);
    } catch (thrown) {
      const error = HeliographError.from(thrown);
      this.feed.tell({ kind: "unreadable", publisher: source.peer, subject: run.subject, error });
      return undefined;
    }
  }

  moved(): void {
    if (this.asking.size === 0) return;
    for (const link of this.asking) {
      link.passed();
      if (!link.hasQuestions) this.asking.delete(link);
    }
  }

  roomier(): void {
    for (const resolve of this.roomy.splice(0)) resolve();
  }

  abandoned(): void {
    this.finish();
  }

  private finish(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.parting = nextTurn();
    this.alarm?.close();
    this.stopWatching();
    if (this.signal !== undefined) unwatchAbort(this.signal, this.abortable);
    for (const link of this.publishers.links()) link.close();
    this.roomier();
    this.feed.close();
    this.waits.fail(
      new HeliographError(Code.Cancelled, `${this.topic}: the subscription was closed`, {
        reason: "CONNECTION_CLOSED",
      }),
    );
    this.parts.closed();
  }

  /** The loop ends when all who publish have said that nothing more comes. */
  private endIfAllHave(): void {
    if (!this.publishers.haveEnded) return;
    this.queue.end();
    this.finish();
  }

  private queueFull(): HeliographError {
    return new HeliographError(
      Code.ResourceExhausted,
      `${this.topic}: ${this.queue.pending} publications wait to be read (overflow "fail", bufferSize ${this.current.bufferSize})`,
      { reason: "QUEUE_FULL" },
    );
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

export type { Key };
