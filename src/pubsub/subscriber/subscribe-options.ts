import { invalidArgument } from "../../core/error.js";
import { checkOptionNames } from "../../core/option-names.js";
import { Reliability, type Requested } from "../../gen/heliograph/pubsub/v1/topic.js";
import { checkPattern } from "../../naming/subject.js";
import { showValue } from "../../wire/show-value.js";
import { checkOverflow, type Overflow } from "../overflow.js";
import { MAX_PATTERNS } from "../publisher/feed-wish.js";
import { whole } from "../publisher/publisher-options.js";
import type { Key, TopicKey } from "../topic-key.js";

/** Which publications are wanted: what may be changed while a subscription runs. */
export interface Selection<K = Key> {
  /** Of the subjects whose keys have these values; a field that is left out may have any. Default: all subjects. */
  readonly key?: Partial<K> | undefined;
  /** The same as patterns: levels separated by `/`, `*` for one of them and `**` for one or more. */
  readonly subject?: string | readonly string[] | undefined;
  /** Of each subject at most one publication in so many milliseconds, the latest. Default: all. */
  readonly intervalMs?: number | undefined;
}

/** How a topic is subscribed to. */
export interface SubscribeOptions<K = Key> extends Selection<K> {
  /** Begins with the last publication of each subject, as `history: 1` does. Default false. */
  readonly snapshot?: boolean | undefined;
  /** Begins with so many publications of each subject, at most. Default 0. */
  readonly history?: number | undefined;
  /**
   * What happens to a publication for which there is no room here, because nobody reads. Default `block`: it waits at its
   * publisher, under the policy of that. Not `evict`, which is for publishers.
   */
  readonly overflow?: Exclude<Overflow, "evict"> | undefined;
  /** Publications that may wait here. Default 1,024. */
  readonly bufferSize?: number | undefined;
  /** The same in bytes. Default 16 MiB. */
  readonly bufferBytes?: number | undefined;
  /** `reliable` takes no publisher that may drop while the subscription stands. Default `best-effort`. */
  readonly reliability?: "best-effort" | "reliable" | undefined;
  /** Takes only publishers that publish each subject so often, in milliseconds, and tells when they don't. */
  readonly deadlineMs?: number | undefined;
  /** Publications that are older, in milliseconds, are not wanted. Default: of any age. */
  readonly lifespanMs?: number | undefined;
  /** Ends the subscription. */
  readonly signal?: AbortSignal | undefined;
}

/** `SubscribeOptions` with all defaults filled in. */
export interface SubscribeSettings {
  readonly patterns: readonly string[];
  readonly intervalMs: number;
  readonly overflow: Overflow;
  readonly bufferSize: number;
  readonly bufferBytes: number;
  readonly requested: Requested;
}

const names: readonly (keyof SubscribeOptions)[] = [
  "key",
  "subject",
  "intervalMs",
  "snapshot",
  "history",
  "overflow",
  "bufferSize",
  "bufferBytes",
  "reliability",
  "deadlineMs",
  "lifespanMs",
  "signal",
];

const MOST_MS = 0x7fffffff;

/** @throws HeliographError INVALID_ARGUMENT that quotes the option and says what to write */
export function checkSubscribeOptions(options: SubscribeOptions, key: TopicKey): SubscribeSettings {
  checkOptionNames("subscribe()", options, names);
  const { snapshot, reliability = "best-effort" } = options;
  if (snapshot !== undefined && typeof snapshot !== "boolean")
    throw invalidArgument(`snapshot must be true or false, got ${showValue(snapshot)}`);
  if (reliability !== "best-effort" && reliability !== "reliable")
    throw invalidArgument(`reliability must be "best-effort" or "reliable", got ${showValue(reliability)}`);
  if ((options.overflow as Overflow | undefined) === "evict")
    throw invalidArgument(
      'overflow "evict" is for publishers: a subscriber that can\'t keep up says "fail", or ends itself',
    );
  const intervalMs = whole("intervalMs", options.intervalMs, 1, MOST_MS, 0);
  return {
    patterns: patternsOf(options, key),
    intervalMs,
    overflow: checkOverflow(options.overflow, "block"),
    bufferSize: whole("bufferSize", options.bufferSize, 1, 1_048_576, 1_024),
    bufferBytes: whole("bufferBytes", options.bufferBytes, 1, 2 ** 32, 16 * 1024 * 1024),
    requested: {
      reliability:
        reliability === "reliable" ? Reliability.RELIABILITY_RELIABLE : Reliability.RELIABILITY_BEST_EFFORT,
      history: whole("history", options.history, 0, 1_048_576, snapshot === true ? 1 : 0),
      deadlineMs: whole("deadlineMs", options.deadlineMs, 1, MOST_MS, 0),
      lifespanMs: whole("lifespanMs", options.lifespanMs, 1, MOST_MS, 0),
      intervalMs,
    },
  };
}

/** @throws HeliographError INVALID_ARGUMENT */
export function patternsOf({ key, subject }: Selection, of: TopicKey): readonly string[] {
  if (key !== undefined && subject !== undefined)
    throw invalidArgument("key and subject say the same in two ways: give one of them");
  if (key !== undefined) {
    if (typeof key !== "object" || key === null)
      throw invalidArgument(`key must be an object such as { room: "kitchen" }, got ${showValue(key)}`);
    return [of.patternOf(key as Key)];
  }
  if (subject === undefined) return [];
  const patterns = Array.isArray(subject) ? subject : [subject];
  if (patterns.length === 0) throw invalidArgument("subject is an empty list: leave it out for all subjects");
  if (patterns.length > MAX_PATTERNS)
    throw invalidArgument(`subject has at most ${MAX_PATTERNS} patterns, got ${patterns.length}`);
  return patterns.map(checkPattern);
}
