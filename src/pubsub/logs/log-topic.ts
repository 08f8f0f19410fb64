import type { Clock } from "../../core/clock.js";
import type { LogRecord } from "../../gen/heliograph/pubsub/v1/event.js";
import { LogService } from "../../gen/heliograph/pubsub/v1/event_heliograph.js";
import type { Peer } from "../../rpc/context.js";
import { checkPublisherOptions } from "../publisher/publisher-options.js";
import type { Publisher } from "../publisher/publisher-types.js";
import type { TopicHub } from "../publisher/topic-hub.js";
import { type LogLevel, logLevels, logRecord } from "./log-record.js";

const RECORDS = LogService.records;

/** Of each level, for those who come later; and what waits for one subscriber. */
const settings = checkPublisherOptions({
  history: 100,
  overflow: "drop-oldest",
  bufferSize: 1_024,
  bufferBytes: 1024 * 1024,
  maxSubjects: logLevels.length,
});

/** What a log topic needs of its node. */
export interface LogTopicParts {
  readonly clock: Clock;
  readonly self: Peer;
  readonly topics: TopicHub;
}

/**
 * Publishes what a node logs. At most once; the last 100 of each level are kept for those who come later. Nothing is
 * thrown to who logs, nor waited for. What is logged while a record is made or published, and about the subscribers of
 * this topic, is not published: that would go on for ever.
 */
export class LogTopic {
  private readonly least: number;
  private readonly parts: LogTopicParts;
  private publisher: Publisher<LogRecord> | undefined;
  private isBusy = false;
  private isClosed = false;

  /** @param least the quietest that is published */
  constructor(least: LogLevel, parts: LogTopicParts) {
    this.least = logLevels.indexOf(least);
    this.parts = parts;
  }

  /** Announces the topic, if that has not happened yet. The node listens from then on. */
  open(): void {
    if (this.publisher !== undefined || this.isClosed) return;
    const { topics } = this.parts;
    this.publisher = topics.get(RECORDS) ?? topics.add(RECORDS, settings);
  }

  publish(level: LogLevel, fields: Readonly<Record<string, unknown>>, message: string): void {
    if (logLevels.indexOf(level) < this.least || this.isBusy || this.isClosed) return;
    this.isBusy = true;
    try {
      if (fields?.["topic"] === RECORDS.path) return;
      this.open();
      const { clock, self } = this.parts;
      const record = logRecord(level, fields, message, { ...self, timeUs: clock.wallUs() });
      this.publisher?.publish(record).catch(() => {});
    } catch {
      // Who logs has nothing to do with who follows.
    } finally {
      this.isBusy = false;
    }
  }

  /** Nothing more is published. */
  close(): void {
    this.isClosed = true;
  }
}
