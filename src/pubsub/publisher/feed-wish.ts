import type { Requested } from "../../gen/heliograph/pubsub/v1/topic.js";
import { matcherOf, type SubjectMatcher } from "../../naming/subject-pattern.js";

/** What a subscriber asks for of subjects and time. */
export interface FeedWish {
  readonly matcher: SubjectMatcher;
  /** Of each subject at most one in so long, the latest; 0 for all. */
  readonly intervalMs: number;
  /** How many of each subject from before the subscription, at most. */
  readonly history: number;
  /** How old they may be; 0 for any age. */
  readonly lifespanMs: number;
}

export function wishOf(patterns: readonly string[], requested: Requested | undefined): FeedWish {
  const { history = 0, lifespanMs = 0, intervalMs = 0 } = requested ?? {};
  return { matcher: matcherOf(patterns), intervalMs, history, lifespanMs };
}
