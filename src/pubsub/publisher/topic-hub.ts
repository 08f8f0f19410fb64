import type { Clock } from "../../core/clock.js";
import { Code } from "../../core/code.js";
import { HeliographError } from "../../core/error.js";
import type {
  ListTopicsRequest,
  ListTopicsResponse,
  Open,
  SubscribeRequest,
  SubscribeResponse,
} from "../../gen/heliograph/pubsub/v1/topic.js";
import type { ServedService } from "../../naming/instance.js";
import type { HandlerContext, Peer } from "../../rpc/context.js";
import type { Topic } from "../../wire/definition.js";
import { schemaHash } from "../../wire/schema-hash.js";
import { wishOf } from "./feed-wish.js";
import type { PublisherSettings } from "./publisher-options.js";
import { saidResponse } from "./response.js";
import type { ResponseStream } from "./response-stream.js";
import type { Subscriber } from "./subscriber.js";
import { TopicPublisher } from "./topic-publisher.js";

/** Subscriptions that may wait for a publisher. */
const MAX_WAITING = 10_000;

/** What publishers need of their node. */
export interface TopicHubParts {
  readonly clock: Clock;
  /** Who publishes. */
  readonly self: Peer;
  /** A subscriber of a topic does not keep up. */
  slow(topic: string, peer: Peer, dropped: number): void;
  /** What a user has hooked into a publisher threw. */
  hookFailed(topic: string, error: unknown): void;
  /** Other topics are published than before. */
  changed(): void;
  /** The node has to listen, there if it is said. */
  listen(endpoint: string | undefined): void;
}

/** A subscription to a topic that nobody publishes here yet. */
interface Waiting {
  readonly topic: string;
  begin(publisher: TopicPublisher<unknown>): void;
}

/** The topics that one node publishes, and the streams of those who subscribe to them. */
export class TopicHub {
  private readonly parts: TopicHubParts;
  private readonly publishers = new Map<string, TopicPublisher<unknown>>();
  private readonly waiting = new Set<Waiting>();
  private ids = 0;
  private latestEpoch = 0;
  private readonly run = Math.random().toString(36).slice(2, 10);

  constructor(parts: TopicHubParts) {
    this.parts = parts;
  }

  /** What is published here, with the hash of each schema. */
  get topics(): readonly ServedService[] {
    return this.definitions.map(({ path, schema }) => ({ name: path, schemaHash: schemaHash(schema) }));
  }

  /** What is published here. */
  get definitions(): readonly Topic[] {
    return [...this.publishers.values()].map(({ definition }) => definition);
  }

  /** The publisher of a topic here, if there is one. */
  get<T>(topic: Topic<T>): TopicPublisher<T> | undefined {
    return this.publishers.get(topic.path) as TopicPublisher<T> | undefined;
  }

  /** @throws HeliographError ALREADY_EXISTS, reason TOPIC_TAKEN */
  add<T>(topic: Topic<T>, settings: PublisherSettings, endpoint?: string): TopicPublisher<T> {
    const { path } = topic;
    if (this.publishers.has(path)) {
      throw new HeliographError(
        Code.AlreadyExists,
        `${path} is published by this node already: use that publisher for all subjects, or close it first`,
        { reason: "TOPIC_TAKEN" },
      );
    }
    const { clock, slow, hookFailed, changed } = this.parts;
    this.latestEpoch = Math.max(this.latestEpoch + 1, clock.wallUs());
    const publisher = new TopicPublisher(topic, settings, {
      clock,
      self: this.parts.self,
      epoch: this.latestEpoch,
      newId: () => `${this.run}-${++this.ids}`,
      slow,
      hookFailed,
      closed: () => {
        this.publishers.delete(path);
        changed();
      },
    });
    this.publishers.set(path, publisher as TopicPublisher<unknown>);
    this.parts.listen(endpoint);
    changed();
    for (const waiting of [...this.waiting]) {
      if (waiting.topic !== path) continue;
      this.waiting.delete(waiting);
      waiting.begin(publisher as TopicPublisher<unknown>);
    }
    return publisher;
  }

  /** Answers Subscribe. */
  async *subscribe(
    requests: AsyncIterable<SubscribeRequest>,
    { peer, signal }: Pick<HandlerContext, "peer" | "signal">,
  ): AsyncGenerator<SubscribeResponse, void> {
    const iterator = requests[Symbol.asyncIterator]();
    const { value } = await iterator.next();
    const said = (value as SubscribeRequest | undefined)?.said;
    if (said?.$case !== "open")
      throw new HeliographError(Code.InvalidArgument, "the first message of a subscription must open it", {
        reason: "PROTOCOL_VIOLATION",
      });
    const open = said.value;
    wishOf(open.patterns, open.requested);
    let publisher = this.publishers.get(open.topic);
    if (publisher === undefined) {
      yield saidResponse({ $case: "waiting", value: {} });
      publisher = await this.appearance(open.topic, signal);
    }
    const { subscriber, stream } = publisher.subscribe(open, peer);
    void this.follow(iterator, subscriber, stream, open);
    yield* stream;
  }

  list({ topics }: ListTopicsRequest): ListTopicsResponse {
    const wanted = [...this.publishers.values()].filter(
      ({ topic }) =>
        topics.length === 0 || topics.some((name) => topic === name || topic.endsWith(`.${name}`)),
    );
    return { topics: wanted.map((publisher) => publisher.describe()) };
  }

  async close(): Promise<void> {
    await Promise.all([...this.publishers.values()].map((publisher) => publisher.close()));
  }

  /** Waits until somebody publishes the topic here. */
  private appearance(topic: string, signal: AbortSignal): Promise<TopicPublisher<unknown>> {
    if (this.waiting.size >= MAX_WAITING)
      throw new HeliographError(
        Code.ResourceExhausted,
        `${this.waiting.size} subscriptions wait for publishers here, and no more may`,
        { reason: "QUEUE_FULL" },
      );
    return new Promise((resolve, reject) => {
      const left = () => {
        this.waiting.delete(waiting);
        reject(signal.reason);
      };
      const waiting: Waiting = {
        topic,
        begin: (publisher) => {
          signal.removeEventListener("abort", left);
          resolve(publisher);
        },
      };
      signal.addEventListener("abort", left, { once: true });
      this.waiting.add(waiting);
      if (signal.aborted) left();
    });
  }

  /** What the subscriber says from then on. */
  private async follow(
    requests: AsyncIterator<SubscribeRequest>,
    subscriber: Subscriber,
    stream: ResponseStream,
    { requested }: Open,
  ): Promise<void> {
    try {
      for (;;) {
        const { done, value } = await requests.next();
        if (done === true) break;
        const { said } = value;
        if (said?.$case === "progress") subscriber.progress(said.value);
        else if (said?.$case === "change") {
          const { number, patterns, intervalMs } = said.value;
          subscriber.change(
            Number(number),
            patterns,
            wishOf(patterns, requested && { ...requested, intervalMs }),
          );
        }
      }
      subscriber.cancelled(stream);
      stream.end();
    } catch (thrown) {
      const error = HeliographError.from(thrown);
      // Who cancels wants no more; one whose stream broke may come back.
      if (error.reason === "CALL_CANCELLED") subscriber.cancelled(stream);
      else if (error.code === Code.InvalidArgument) subscriber.refused(stream, error);
      else subscriber.detach(stream);
    }
  }
}
