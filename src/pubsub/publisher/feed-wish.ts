import { invalidArgument } from "../../core/error.js";
import type { Requested } from "../../gen/heliograph/pubsub/v1/topic.js";
import { checkPattern } from "../../naming/subject.js";
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

/** Patterns of one subscription: each publication is held against all of them. */
export const MAX_PATTERNS = 1_024;

/** @throws HeliographError INVALID_ARGUMENT for a pattern that is none, or too many of them */
export function wishOf(patterns: readonly string[], requested: Requested | undefined): FeedWish {
  if (patterns.length > MAX_PATTERNS)
    throw invalidArgument(`a subscription has at most ${MAX_PATTERNS} patterns, got ${patterns.length}`);
  patterns.forEach(checkPattern);
  const { history = 0, lifespanMs = 0, intervalMs = 0 } = requested ?? {};
  return { matcher: matcherOf(patterns), intervalMs, history, lifespanMs };
}
