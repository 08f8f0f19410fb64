import type { Topic } from "../../wire/definition.js";
import { TopicKey } from "../topic-key.js";
import { SubjectState } from "./subject-state.js";

/** The subjects of one publisher, and which of them a message belongs to. Those that are silent the longest are forgotten. */
export class Subjects {
  readonly key: TopicKey;
  private readonly most: number;
  private readonly states = new Map<string, SubjectState>();
  /** By the value of the one field that tells subjects apart, where it is one. */
  private readonly byValue = new Map<unknown, SubjectState>();
  private readonly constant: SubjectState | undefined;
  private readonly field: string | undefined;

  /** @param most how many are kept */
  constructor(topic: Topic, most: number) {
    this.key = new TopicKey(topic);
    this.most = most;
    this.field = this.key.onlyField;
    if (this.key.isConstant) this.constant = this.named(this.key.subjectOf({}));
  }

  get size(): number {
    return this.states.size;
  }

  all(): Iterable<SubjectState> {
    return this.states.values();
  }

  /** @param message a whole message of the topic */
  of(message: unknown): SubjectState {
    if (this.constant !== undefined) return this.constant;
    if (this.field === undefined) return this.named(this.key.subjectOf(message));
    const value = (message as Readonly<Record<string, unknown>>)[this.field];
    const known = this.byValue.get(value);
    if (known !== undefined) return known;
    const state = this.named(this.key.subjectOf(message));
    this.byValue.set(value, state);
    return state;
  }

  get(subject: string): SubjectState | undefined {
    return this.states.get(subject);
  }

  named(subject: string): SubjectState {
    let state = this.states.get(subject);
    if (state === undefined) {
      if (this.states.size >= this.most) this.evict();
      state = new SubjectState(subject);
      this.states.set(subject, state);
    }
    return state;
  }

  /** An eighth of them at a time: looking for those that are silent the longest takes as long as there are subjects. */
  private evict(): void {
    const oldest = [...this.states.values()].sort((a, b) => a.topicSequence - b.topicSequence);
    for (const { subject } of oldest.slice(0, Math.ceil(this.most / 8))) this.states.delete(subject);
    this.byValue.clear();
  }
}
