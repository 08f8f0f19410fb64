import type { Run } from "../run.js";

/** What a publisher keeps of one subject. */
export class SubjectState {
  readonly subject: string;
  /** Of its latest publication; 0 before the first. */
  sequence = 0;
  /** The topic sequence of its latest publication. */
  topicSequence = 0;
  /** Clock time of its latest publication. */
  publishedAt = 0;
  /** Its latest publications, oldest first, each run with messages that are still kept. */
  readonly history: Run[] = [];
  /** How many messages the history has. */
  kept = 0;

  constructor(subject: string) {
    this.subject = subject;
  }
}
