import { type Backoff, backoffMs } from "../../core/backoff.js";
import type { Clock, Timer } from "../../core/clock.js";
import { Code } from "../../core/code.js";
import { HeliographError } from "../../core/error.js";
import {
  type Accepted,
  Level,
  type Offered,
  SubscribeResponse,
} from "../../gen/heliograph/pubsub/v1/topic.js";
import { matcherOf, type SubjectMatcher } from "../../naming/subject-pattern.js";
import type { Peer } from "../../rpc/context.js";
import type { Transport, UsedService } from "../../rpc/transport.js";
import { schemaHash } from "../../wire/schema-hash.js";
import type { SeenSubject } from "./delivery-queue.js";
import { misfitOf } from "./publisher-schema.js";
import { type ReceivedResponse, subscribeMethod } from "./received-response.js";
import { ReceivedRun, readRuns, Subject } from "./received-run.js";
import { RequestStream } from "./request-stream.js";
import type { SubscribeSettings } from "./subscribe-options.js";

/** How many responses may be unconfirmed, and for how long. */
const CONFIRM_AFTER = 32;
const CONFIRM_MS = 500;
/** A stream that stood for so long is no failure when it ends. */
const STOOD_MS = 200;
/** Subjects of one publisher that are remembered. */
const MAX_SUBJECTS = 65_536;

/** Where a link leads. */
export interface PublisherPlace {
  readonly transport: Transport;
  /** Of the instance, where there are several to choose from. */
  readonly instance: string | undefined;
  /** Who is there, as far as it is known before it answers. */
  readonly peer: Peer;
}

/** What a link tells its subscription. */
export interface LinkHost {
  readonly clock: Clock;
  readonly backoff: Backoff;
  readonly topic: string;
  /** What it uses of the topic's service. */
  readonly service: UsedService;
  readonly settings: SubscribeSettings;
  /** Messages that have passed through the queue, and those that wait or were dropped there. */
  readonly passed: number;
  readonly pending: number;
  readonly dropped: number;
  /** It is connected to a publisher, or goes on with one. */
  accepted(link: PublisherLink, offered: Offered, resumed: boolean): void;
  /** It was, and is no more; it tries again. */
  lost(link: PublisherLink, error: HeliographError | undefined): void;
  /** The publisher can't give what is wanted. */
  refused(link: PublisherLink, error: HeliographError): void;
  arrived(link: PublisherLink, run: ReceivedRun, seen: SeenSubject, bytes: number): void;
  missed(link: PublisherLink, subject: string, count: number): void;
  snapshot(link: PublisherLink): void;
  changed(link: PublisherLink, number: number): void;
  ended(link: PublisherLink): void;
  /** The subscription is over because of this. */
  failed(error: HeliographError): void;
  /** Resolves when the queue has room; undefined when it has. */
  room(): Promise<void> | undefined;
  /** It is to be told when messages have passed the queue, while it has been asked about them. */
  asked(link: PublisherLink): void;
  /** Its publisher has gone, and all that came of it has arrived. */
  left(link: PublisherLink): void;
}

interface Question {
  readonly number: bigint;
  /** How many messages have passed the queue when it is to be answered. */
  readonly passed: number;
}

/** Other subjects are wanted. */
interface Change {
  readonly number: number;
  readonly matcher: SubjectMatcher;
}

/** A subscription's way to one publisher, over the streams that it takes, one after another. */
export class PublisherLink {
  peer: Peer;
  /** A publisher has accepted the subscription on the stream there is. */
  isMatched = false;
  /** What was known at the beginning has arrived. */
  hasSnapshot = false;
  hasEnded = false;
  private readonly place: PublisherPlace;
  private readonly host: LinkHost;
  private readonly abort = new AbortController();
  private readonly subjects = new Map<string, SeenSubject>();
  private readonly latest = new Subject();
  private requests: RequestStream | undefined;
  private subscription = "";
  private epoch = 0n;
  /** Responses with runs, since the subscription began; and how many of them are confirmed. */
  private received = 0;
  private confirmed = 0;
  private confirmTimer: Timer | undefined;
  private questions: Question[] = [];
  private answer = 0n;
  /** Those that the publisher has not said it knows, and the last of which the stream began with. */
  private changes: Change[] = [];
  private changedBefore = 0;
  private failures = 0;
  private isRetired = false;
  private wake: (() => void) | undefined;

  constructor(place: PublisherPlace, host: LinkHost) {
    this.place = place;
    this.peer = place.peer;
    this.host = host;
  }

  /** Subscribes, and again whenever the stream ends, until it is closed or the publisher has ended. Never rejects. */
  async run(): Promise<void> {
    while (!this.isOver) {
      const begun = this.host.clock.now();
      let error: HeliographError | undefined;
      try {
        await this.stream();
      } catch (thrown) {
        error = HeliographError.from(thrown);
      }
      this.confirmTimer?.clear();
      this.confirmTimer = undefined;
      this.requests = undefined;
      const wasMatched = this.isMatched;
      this.isMatched = false;
      if (this.isOver) return;
      if (this.isRetired) {
        this.host.left(this);
        return;
      }
      if (error?.reason === "SUBSCRIBER_EVICTED") {
        this.host.failed(error);
        return;
      }
      if (wasMatched) this.host.lost(this, error);
      else if (error !== undefined && error.code !== Code.Unavailable) this.host.refused(this, error);
      // One that stood is resumed at once: its publisher keeps it for a while only.
      const stood = wasMatched && this.host.clock.now() - begun >= STOOD_MS;
      this.failures = stood ? 0 : this.failures + 1;
      if (this.failures > 0) await this.rest(backoffMs(this.host.backoff, this.failures, Math.random()));
      if (this.isRetired && !this.isOver) {
        this.host.left(this);
        return;
      }
    }
  }

  /** The publisher may be there again, or has changed. */
  hurry(): void {
    this.isRetired = false;
    this.failures = 0;
    this.wake?.();
  }

  /** From now on other subjects are wanted. */
  change(number: number): void {
    const { patterns, intervalMs } = this.host.settings;
    this.changes.push({ number, matcher: matcherOf(patterns) });
    this.requests?.say({
      $case: "change",
      value: { number: BigInt(number), patterns: [...patterns], intervalMs },
    });
  }

  /** Messages have passed the queue, of whichever publisher. */
  passed(): void {
    const due = this.questions.filter(({ passed }) => passed <= this.host.passed);
    if (due.length === 0) return;
    this.questions = this.questions.slice(due.length);
    this.answer = due.at(-1)!.number;
    this.confirm();
  }

  /** The publisher has gone: what has been sent still arrives, and then it is over. */
  retire(): void {
    this.isRetired = true;
    this.wake?.();
  }

  /** It has been asked about messages that have not passed yet. */
  get hasQuestions(): boolean {
    return this.questions.length > 0;
  }

  /** Ends it, and tells the publisher. */
  close(): void {
    this.requests?.end();
    this.abort.abort();
    this.wake?.();
    this.confirmTimer?.clear();
  }

  private get isOver(): boolean {
    return this.hasEnded || this.abort.signal.aborted;
  }

  private async stream(): Promise<void> {
    const { transport, instance } = this.place;
    const requests = new RequestStream();
    this.requests = requests;
    this.questions = [];
    this.changedBefore = this.changes.at(-1)?.number ?? 0;
    this.open(requests);
    const responses = transport.bidiStream(subscribeMethod, requests, {
      instance,
      signal: this.abort.signal,
    });
    let misfit: HeliographError | undefined;
    for await (const response of responses) {
      // The publisher ends the stream, since nothing more is said to it.
      if (misfit !== undefined) continue;
      const { bytes } = response as ReceivedResponse;
      let runs = 0;
      const others = readRuns(bytes, (start, end) => {
        runs++;
        this.take(new ReceivedRun(bytes, start, end, this.latest), end - start);
      });
      if (runs > 0) this.count();
      if (others) {
        const { said } = SubscribeResponse.decode(bytes);
        misfit = said?.$case === "accepted" ? await this.judge(said.value) : undefined;
        if (misfit === undefined) this.heard(said);
        else requests.end();
      }
      if (this.isOver) return;
      const room = this.host.room();
      if (room !== undefined) await room;
    }
    if (misfit !== undefined) throw misfit;
  }

  /** Why what is published there would be misread here, if it would. */
  private judge({
    schemaHash,
    node,
    instance,
  }: Accepted): HeliographError | undefined | Promise<HeliographError | undefined> {
    if (node !== "") this.peer = { node, instance };
    return misfitOf(this.host.service, { ...this.place, node, schemaHash });
  }

  private open(requests: RequestStream): void {
    const { topic, service, settings } = this.host;
    const { patterns, requested, intervalMs } = settings;
    const resume =
      this.subscription === ""
        ? undefined
        : { subscription: this.subscription, received: BigInt(this.received) };
    requests.say({
      $case: "open",
      value: {
        topic,
        schemaHash: schemaHash(service.schema),
        patterns: [...patterns],
        requested: { ...requested, intervalMs },
        resume,
      },
    });
  }

  private heard(said: SubscribeResponse["said"]): void {
    switch (said?.$case) {
      case "accepted": {
        const { subscription, epoch, offered, resumed } = said.value;
        if (!resumed) this.begin(subscription, epoch);
        this.changed(this.changedBefore);
        this.isMatched = true;
        this.failures = 0;
        this.host.accepted(this, offered!, resumed);
        break;
      }
      case "snapshot":
        this.hasSnapshot = true;
        this.host.snapshot(this);
        break;
      case "changed":
        this.changed(Number(said.value.number));
        break;
      case "ask":
        this.ask(said.value.number, said.value.level);
        break;
      case "ended":
        this.hasEnded = true;
        this.host.ended(this);
        break;
    }
  }

  private begin(subscription: string, epoch: bigint): void {
    // Of another life of the topic, sequences begin anew.
    if (epoch !== this.epoch) this.subjects.clear();
    this.epoch = epoch;
    this.subscription = subscription;
    this.received = 0;
    this.confirmed = 0;
    this.hasSnapshot = false;
    this.answer = 0n;
  }

  /** The publisher goes by this change, and by those before. */
  private changed(number: number): void {
    for (const change of this.changes.filter((each) => each.number <= number))
      for (const [subject, seen] of this.subjects) if (!change.matcher(subject)) seen.wasUnwanted = true;
    this.changes = this.changes.filter((each) => each.number > number);
    if (number > 0) this.host.changed(this, number);
  }

  private take(run: ReceivedRun, bytes: number): void {
    const { subject, sequence, topicSequence, dropped, count } = run;
    let seen = this.subjects.get(subject);
    // Its publisher had forgotten the subject: it begins anew.
    const isAnew = seen !== undefined && topicSequence > seen.topicLast && sequence - dropped <= seen.last;
    if (seen === undefined || isAnew) {
      if (this.subjects.size >= MAX_SUBJECTS && !isAnew) this.forgetSubject();
      const before = sequence - dropped - 1;
      seen = { last: before, topicLast: 0, wasUnwanted: false, delivered: before };
      this.subjects.set(subject, seen);
    }
    seen.topicLast = Math.max(seen.topicLast, topicSequence + Math.max(0, count - 1));
    if (seen.wasUnwanted) seen.last = Math.max(seen.last, sequence - dropped - 1);
    seen.wasUnwanted = false;
    const missed = sequence - seen.last - 1;
    if (missed > 0) this.host.missed(this, subject, missed);
    // What has arrived before: a history that begins with it.
    for (let surplus = seen.last + 1 - sequence; surplus > 0 && run.left > 0; surplus--) run.take();
    seen.last = Math.max(seen.last, sequence + count - 1);
    if (run.left > 0) this.host.arrived(this, run, seen, bytes);
  }

  private forgetSubject(): void {
    const [oldest] = this.subjects.keys();
    if (oldest !== undefined) this.subjects.delete(oldest);
  }

  private ask(number: bigint, level: Level): void {
    if (level === Level.LEVEL_TAKEN && this.host.pending > 0) {
      this.questions.push({ number, passed: this.host.passed + this.host.pending });
      this.host.asked(this);
      return;
    }
    this.answer = number;
    this.confirm();
  }

  private count(): void {
    this.received++;
    if (this.received - this.confirmed >= CONFIRM_AFTER) this.confirm();
    else
      this.confirmTimer ??= this.host.clock.after(CONFIRM_MS, () => {
        this.confirmTimer = undefined;
        this.confirm();
      });
  }

  private confirm(): void {
    this.confirmTimer?.clear();
    this.confirmTimer = undefined;
    this.confirmed = this.received;
    const { dropped, pending } = this.host;
    this.requests?.say({
      $case: "progress",
      value: { received: BigInt(this.received), dropped: BigInt(dropped), pending, answer: this.answer },
    });
  }

  private rest(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const over = () => {
        timer.clear();
        this.wake = undefined;
        resolve();
      };
      const timer = this.host.clock.after(ms, over);
      this.wake = over;
    });
  }
}
