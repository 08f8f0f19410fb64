import type { Metadata } from "../../core/metadata.js";
import type { Peer } from "../../rpc/context.js";
import { readMetadata } from "../../wire/metadata-fields.js";
import type { Key, TopicKey } from "../topic-key.js";
import type { ReceivedRun } from "./received-run.js";

/** One publication, as it reaches a subscriber. */
export interface Delivery<T, K = Key> {
  readonly message: T;
  /** The values of the fields that the topic's key is made of. */
  readonly key: K;
  /** The levels of the key, separated by `/`; empty for a topic without a key. */
  readonly subject: string;
  /** Who published it. */
  readonly publisher: Peer;
  /** From 1 for each subject of a publisher, without gaps. */
  readonly sequence: number;
  /** How many publications of this subject and publisher were lost since the delivery before, or are not wanted here. */
  readonly missed: number;
  /** When it was published, by its publisher's clock. */
  readonly sentAt: Date;
  /** It was published before the subscription began. */
  readonly history: boolean;
  readonly metadata: Metadata;
}

/** See `Delivery`. What is seldom asked for is made when it is. */
export class ReceivedDelivery<T> implements Delivery<T> {
  readonly message: T;
  readonly publisher: Peer;
  readonly sequence: number;
  readonly missed: number;
  private readonly run: ReceivedRun;
  private readonly topicKey: TopicKey;

  constructor(message: T, run: ReceivedRun, publisher: Peer, missed: number, topicKey: TopicKey) {
    this.message = message;
    this.publisher = publisher;
    this.sequence = run.sequence + run.taken - 1;
    this.missed = missed;
    this.run = run;
    this.topicKey = topicKey;
  }

  get subject(): string {
    return this.run.subject;
  }

  get key(): Key {
    return this.topicKey.keyOf(this.run.subject);
  }

  get sentAt(): Date {
    return new Date(this.run.sentAtUs / 1_000);
  }

  get history(): boolean {
    return this.run.history;
  }

  get metadata(): Metadata {
    return readMetadata(this.run.buf, this.run.metadata);
  }
}
