import type { Buffer } from "node:buffer";
import type { Clock, Timer } from "../../core/clock.js";
import type { HeliographError } from "../../core/error.js";
import type { Level, Offered, Progress, SubscribeResponse } from "../../gen/heliograph/pubsub/v1/topic.js";
import type { Peer } from "../../rpc/context.js";
import type { Feed } from "./feed.js";
import type { FeedWish } from "./feed-wish.js";
import { runsResponse, type Said, saidResponse } from "./response.js";
import { ResponseStream } from "./response-stream.js";

/** Runs of one response, unless one is larger. */
const RESPONSE_BYTES = 64 * 1024;
/** What is kept of responses that the subscriber has not confirmed. */
const UNCONFIRMED_BYTES = 4 * 1024 * 1024;

/** What a publisher wants to know of its subscribers. */
export interface SubscriberHost {
  readonly clock: Clock;
  /** Its stream broke: it may come back within `resumeMs`. */
  away(subscriber: Subscriber): void;
  /** It will not come back. */
  gone(subscriber: Subscriber): void;
  /** It has taken something, or said how far it is. */
  moved(subscriber: Subscriber): void;
}

/** Somebody asks how far a subscriber is. */
interface Question {
  readonly number: number;
  readonly level: Level;
  /** It is asked once so many slices of the feed have been taken. */
  readonly after: number;
}

/** One subscription as its publisher knows it, from its beginning to its end, over the streams that it has had. */
export class Subscriber {
  readonly id: string;
  readonly feed: Feed;
  readonly peer: Peer;
  patterns: readonly string[];
  /** As it says. */
  droppedThere = 0;
  pendingThere = 0;
  /** The last question that it has answered. */
  answered = 0;
  private readonly host: SubscriberHost;
  private readonly resumeMs: number;
  private stream: ResponseStream | undefined;
  private said: Said[] = [];
  private snapshotDue = true;
  private questions: Question[] = [];
  /** Those that it was asked and has not answered. */
  private asked: Question[] = [];
  private lastChange: Said | undefined;
  /** Responses with runs that it may not have received, the oldest first, and how many came before them. */
  private unconfirmed: (readonly Buffer[])[] = [];
  private unconfirmedBytes = 0;
  /** How many publications had been sent with each of them, and with the last that is confirmed. */
  private readonly sentWith: number[] = [];
  private sentConfirmed = 0;
  private confirmed = 0;
  /** How many of them are to be sent once more. */
  private again = 0;
  private expiry: Timer | undefined;
  private due: Timer | undefined;
  private dueAt = Number.POSITIVE_INFINITY;
  /** Nothing more is published; and it has left. */
  private isEnding = false;
  private isOver = false;

  constructor(
    host: SubscriberHost,
    id: string,
    peer: Peer,
    patterns: readonly string[],
    feed: Feed,
    resumeMs: number,
  ) {
    this.host = host;
    this.id = id;
    this.peer = peer;
    this.patterns = patterns;
    this.feed = feed;
    this.resumeMs = resumeMs;
  }

  /** It has no stream at present. */
  get isAway(): boolean {
    return this.stream === undefined;
  }

  /** Publications that wait for it, or that it may not have received. */
  get left(): number {
    return this.feed.pending + this.feed.sent - this.sentConfirmed;
  }

  /** Everything that was published for it has left. */
  get isIdle(): boolean {
    return !this.feed.hasMore && this.feed.pending === 0 && !this.feed.hasHistory && this.again === 0;
  }

  /**
   * Begins with a stream, or goes on with another one. What a broken stream may have lost is said once more.
   *
   * @param wish as it is by now, of one that goes on
   */
  attach(
    wish: FeedWish | undefined,
    accepted: {
      readonly epoch: number;
      readonly topicSequence: number;
      readonly offered: Offered;
      readonly schemaHash: string;
      readonly publisher: Peer;
    },
  ): ResponseStream {
    const resumed = wish !== undefined;
    this.expiry?.clear();
    if (wish !== undefined) this.feed.change(wish);
    this.again = this.unconfirmed.length;
    this.snapshotDue = true;
    this.questions = [...this.asked, ...this.questions];
    this.asked = [];
    this.said = [];
    if (this.lastChange !== undefined) this.said.push(this.lastChange);
    if (this.isEnding) this.said.push(ENDED);
    const before = this.stream;
    this.said.unshift({
      $case: "accepted",
      value: {
        subscription: this.id,
        epoch: BigInt(accepted.epoch),
        topicSequence: BigInt(accepted.topicSequence),
        offered: accepted.offered,
        schemaHash: accepted.schemaHash,
        node: accepted.publisher.node,
        instance: accepted.publisher.instance,
        resumeMs: this.resumeMs,
        resumed,
      },
    });
    const stream: ResponseStream = new ResponseStream({
      pull: () => this.pull(),
      left: () => this.detach(stream),
    });
    this.stream = stream;
    before?.end();
    return stream;
  }

  /** Whether what it has not received can be sent once more. */
  canResume(received: number): boolean {
    return !this.isOver && received >= this.confirmed && received <= this.confirmed + this.unconfirmed.length;
  }

  /** The stream is over, though the subscription is not. */
  detach(stream: ResponseStream): void {
    if (this.stream !== stream) return;
    this.stream = undefined;
    this.again = 0;
    this.expiry?.clear();
    this.expiry = this.host.clock.after(this.resumeMs, () => this.leave());
    this.host.away(this);
  }

  /** The subscriber wants no more, unless it goes on with another stream. */
  cancelled(stream: ResponseStream): void {
    if (this.stream === undefined || this.stream === stream) this.leave();
  }

  /** What the subscriber has said on this stream can't be taken. */
  refused(stream: ResponseStream, error: HeliographError): void {
    if (this.stream === stream) this.leave(error);
  }

  /** It is over: the subscriber wants no more, or there is nobody to publish. */
  leave(error?: HeliographError): void {
    const { stream } = this;
    this.expiry?.clear();
    this.due?.clear();
    this.isOver = true;
    this.stream = undefined;
    this.host.gone(this);
    stream?.end(error);
  }

  change(number: number, patterns: readonly string[], wish: FeedWish): void {
    this.patterns = patterns;
    this.feed.change(wish);
    this.lastChange = { $case: "changed", value: { number: BigInt(number) } };
    this.said.push(this.lastChange);
    this.stir();
  }

  progress({ received, dropped, pending, answer }: Progress): void {
    this.confirm(Number(received));
    this.droppedThere = Number(dropped);
    this.pendingThere = pending;
    // Who answers what was not asked is not believed.
    for (const { number } of this.asked)
      if (answer >= number) this.answered = Math.max(this.answered, number);
    this.asked = this.asked.filter(({ number }) => number > answer);
    this.host.moved(this);
  }

  confirm(received: number): void {
    while (this.confirmed < received && this.unconfirmed.length > this.again) {
      this.confirmOne();
    }
  }

  private confirmOne(): void {
    this.unconfirmedBytes -= bytesOf(this.unconfirmed.shift()!);
    this.sentConfirmed = this.sentWith.shift() ?? this.sentConfirmed;
    this.confirmed++;
  }

  /** Asks how far it is, once it has been sent all that was published until now. */
  ask(number: number, level: Level): void {
    // What waits for its interval has been published, too.
    this.feed.release(Number.POSITIVE_INFINITY);
    this.questions.push({ number, level, after: this.feed.pushed });
    this.stir();
  }

  /** Nothing more is published. */
  end(): void {
    if (this.isEnding || this.isOver) return;
    this.isEnding = true;
    this.said.push(ENDED);
    this.stir();
  }

  /** There may be something to send. */
  stir(): void {
    this.stream?.stir();
    this.schedule();
  }

  private pull(): SubscribeResponse | undefined {
    const { feed, said } = this;
    if (said[0]?.$case === "accepted") return saidResponse(said.shift()!);
    if (this.again > 0) {
      const parts = this.unconfirmed[this.unconfirmed.length - this.again]!;
      this.again--;
      return runsResponse(parts);
    }
    const now = this.host.clock.now();
    const history = feed.takeHistory(RESPONSE_BYTES, now);
    if (history !== undefined) return this.send(history);
    if (this.snapshotDue) {
      this.snapshotDue = false;
      return saidResponse({ $case: "snapshot", value: {} });
    }
    const question = this.questions[0];
    if (question !== undefined && feed.shifted >= Math.min(question.after, feed.pushed)) {
      this.questions.shift();
      this.asked.push(question);
      return saidResponse({
        $case: "ask",
        value: { number: BigInt(question.number), level: question.level },
      });
    }
    if (said[0]?.$case === "changed") return saidResponse(said.shift()!);
    const parts = feed.take(RESPONSE_BYTES, now, question?.after);
    if (parts !== undefined) return this.send(parts);
    const last = feed.pending > 0 ? undefined : said.shift();
    if (last === undefined) return undefined;
    // It leaves when it has heard that: until then it may have to be told once more.
    if (last.$case === "ended") {
      this.expiry?.clear();
      this.expiry = this.host.clock.after(this.resumeMs, () => this.leave());
    }
    return saidResponse(last);
  }

  private send(parts: readonly Buffer[]): SubscribeResponse {
    this.unconfirmed.push(parts);
    this.sentWith.push(this.feed.sent);
    this.unconfirmedBytes += bytesOf(parts);
    while (this.unconfirmedBytes > UNCONFIRMED_BYTES && this.unconfirmed.length > 1) {
      this.confirmOne();
    }
    this.host.moved(this);
    return runsResponse(parts);
  }

  /** What is held for its interval goes when that is over. */
  private schedule(): void {
    const { feed, host } = this;
    const at = feed.nextDueAt;
    if (at >= this.dueAt || this.isOver) return;
    this.due?.clear();
    this.dueAt = at;
    const now = host.clock.now();
    this.due = host.clock.after(Math.max(0, at - now), () => {
      this.dueAt = Number.POSITIVE_INFINITY;
      feed.release(host.clock.now());
      this.stir();
    });
  }
}

const ENDED: Said = { $case: "ended", value: {} };

function bytesOf(parts: readonly Buffer[]): number {
  let bytes = 0;
  for (const part of parts) bytes += part.length;
  return bytes;
}
