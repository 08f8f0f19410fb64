import { invalidArgument } from "../../core/error.js";
import { checkOptionNames } from "../../core/option-names.js";
import { showValue } from "../../wire/show-value.js";
import { checkOverflow, type Overflow } from "../overflow.js";
import type { Unhandled } from "./unhandled.js";

/** How a topic is published. */
export interface PublisherOptions {
  /**
   * What happens to a publication for which the queue of a slow subscriber has no room. Each subscriber has its own
   * queue. Default `drop-oldest`.
   */
  readonly overflow?: Overflow | undefined;
  /** Publications that may wait for one subscriber. Default 1,024. */
  readonly bufferSize?: number | undefined;
  /** The same in bytes. Default 16 MiB. */
  readonly bufferBytes?: number | undefined;
  /** Publications kept of each subject, for those who subscribe later and for those who have lost some. Default 0. */
  readonly history?: number | undefined;
  /** How long publications are of any use, in milliseconds, unless they say so themselves. Default: for ever. */
  readonly ttlMs?: number | undefined;
  /** Promises that each subject is published at least so often, in milliseconds. Default: nothing is promised. */
  readonly deadlineMs?: number | undefined;
  /** Subjects that are remembered; of more than that those that are silent the longest are forgotten. Default 10,000. */
  readonly maxSubjects?: number | undefined;
  /** How long a subscription whose connection broke is kept, so that it goes on without a loss. Default 30,000 ms. */
  readonly resumeMs?: number | undefined;
  /** Subscriptions at a time. Default 10,000. */
  readonly maxSubscribers?: number | undefined;
  /**
   * Told of publications that no subscriber wanted, at most once for each subject and turn of the loop. What it throws is
   * logged.
   */
  readonly onUnhandled?: ((unhandled: Unhandled) => void) | undefined;
  /** Where the node listens, as in `ServeOptions`. */
  readonly endpoint?: string | undefined;
}

/** `PublisherOptions` with all defaults filled in. */
export interface PublisherSettings {
  readonly overflow: Overflow;
  readonly bufferSize: number;
  readonly bufferBytes: number;
  readonly history: number;
  /** 0 for none. */
  readonly ttlMs: number;
  /** 0 for none. */
  readonly deadlineMs: number;
  readonly maxSubjects: number;
  readonly resumeMs: number;
  readonly maxSubscribers: number;
  readonly onUnhandled: ((unhandled: Unhandled) => void) | undefined;
}

const names: readonly (keyof PublisherOptions)[] = [
  "overflow",
  "bufferSize",
  "bufferBytes",
  "history",
  "ttlMs",
  "deadlineMs",
  "maxSubjects",
  "resumeMs",
  "maxSubscribers",
  "onUnhandled",
  "endpoint",
];

/** @throws HeliographError INVALID_ARGUMENT that quotes the option and says what to write */
export function checkPublisherOptions(options: PublisherOptions): PublisherSettings {
  checkOptionNames("createPublisher()", options, names);
  const { onUnhandled } = options;
  if (onUnhandled !== undefined && typeof onUnhandled !== "function")
    throw invalidArgument(
      `onUnhandled must be a function such as ({ subject, count }) => …, got ${showValue(onUnhandled)}`,
    );
  return {
    overflow: checkOverflow(options.overflow, "drop-oldest"),
    bufferSize: whole("bufferSize", options.bufferSize, 1, 1_048_576, 1_024),
    bufferBytes: whole("bufferBytes", options.bufferBytes, 1, 2 ** 32, 16 * 1024 * 1024),
    history: whole("history", options.history, 0, 1_048_576, 0),
    ttlMs: whole("ttlMs", options.ttlMs, 1, 0x7fffffff, 0),
    deadlineMs: whole("deadlineMs", options.deadlineMs, 1, 0x7fffffff, 0),
    maxSubjects: whole("maxSubjects", options.maxSubjects, 1, 10_000_000, 10_000),
    resumeMs: whole("resumeMs", options.resumeMs, 0, 0x7fffffff, 30_000),
    maxSubscribers: whole("maxSubscribers", options.maxSubscribers, 1, 10_000_000, 10_000),
    onUnhandled,
  };
}

/** A whole number within its bounds. */
export function whole(
  name: string,
  value: number | undefined,
  least: number,
  most: number,
  otherwise: number,
): number {
  if (value === undefined) return otherwise;
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw invalidArgument(`${name} must be a whole number from ${least} to ${most}, got ${showValue(value)}`);
}
