import type { Clock } from "../core/clock.js";
import { Code, isCode } from "../core/code.js";
import { invalidArgument } from "../core/error.js";
import { checkOptionNames } from "../core/option-names.js";
import {
  type Balancer,
  type Candidate,
  checkBalancer,
  type PickedCall,
  type Picker,
  type PickerParts,
} from "./balancer.js";
import { InstanceStates } from "./instance-states.js";
import { checkAboveZero, checkWhole, show } from "./option-checks.js";
import { OutlierRecord, type OutlierSettings } from "./outlier-record.js";
import { roundRobin } from "./round-robin.js";

/** When an instance gets no more calls for a while, and for how long. */
export interface OutlierEjectionOptions {
  /** Chooses among the instances that are left. Default `roundRobin()`. */
  readonly balancer?: Balancer | undefined;
  /** Failures without a success in between after which an instance is ejected. Default 5. */
  readonly consecutiveFailures?: number | undefined;
  /** The share of failures within an interval, above 0 and at most 1, at which it is ejected, too. Default 0.85. */
  readonly failureRatio?: number | undefined;
  /** Fewer calls than these within an interval are no share. Default 50. */
  readonly minCalls?: number | undefined;
  /**
   * For how long calls count together, from a failure on, in milliseconds; and how long an instance must behave for
   * one of its earlier ejections to be forgotten. Default 10,000.
   */
  readonly intervalMs?: number | undefined;
  /** How long an instance is out for the first time, in milliseconds; twice as long for the second, and so on. Default 30,000. */
  readonly baseEjectionMs?: number | undefined;
  /** The longest that it is out, in milliseconds, unless `baseEjectionMs` is longer. Default 300,000. */
  readonly maxEjectionMs?: number | undefined;
  /** The share of the instances that may be out at a time, above 0 and at most 1. One of several always may. Default 0.5. */
  readonly maxEjectedShare?: number | undefined;
  /**
   * What counts as a failure. Default UNAVAILABLE, DEADLINE_EXCEEDED, UNKNOWN and INTERNAL: RESOURCE_EXHAUSTED is not
   * among them, as the calls of one that is overloaded would overload the next.
   */
  readonly codes?: readonly Code[] | undefined;
}

const names: readonly (keyof OutlierEjectionOptions)[] = [
  "balancer",
  "consecutiveFailures",
  "failureRatio",
  "minCalls",
  "intervalMs",
  "baseEjectionMs",
  "maxEjectionMs",
  "maxEjectedShare",
  "codes",
];

const FAILURES: readonly Code[] = [Code.Unavailable, Code.DeadlineExceeded, Code.Unknown, Code.Internal];

/**
 * Takes instances whose calls fail out of the choice for a while: they are connected and say that they are well, and
 * are not. Follows the outlier detection of Envoy, and of gRPC (A50). Each client judges by its own calls. Calls that
 * were cancelled count for nothing. Never are all instances out: when only ejected ones are left, they are called.
 *
 * @throws HeliographError INVALID_ARGUMENT that quotes the option
 */
export function outlierEjection(options: OutlierEjectionOptions = {}): Balancer {
  checkOptionNames("outlierEjection()", options, names);
  const { balancer = roundRobin(), consecutiveFailures = 5, failureRatio = 0.85, minCalls = 50 } = options;
  const { intervalMs = 10_000, baseEjectionMs = 30_000, maxEjectionMs = 300_000 } = options;
  const { maxEjectedShare = 0.5, codes = FAILURES } = options;
  checkBalancer("balancer", balancer);
  checkWhole("consecutiveFailures", consecutiveFailures, 1);
  checkAboveZero("failureRatio", failureRatio, 1);
  checkWhole("minCalls", minCalls, 1);
  checkAboveZero("intervalMs", intervalMs);
  checkAboveZero("baseEjectionMs", baseEjectionMs);
  checkAboveZero("maxEjectionMs", maxEjectionMs);
  checkAboveZero("maxEjectedShare", maxEjectedShare, 1);
  if (!Array.isArray(codes) || !codes.every(isCode))
    throw invalidArgument(`codes must be a list such as [Code.Unavailable], got ${show(codes)}`);
  const settings = {
    consecutiveFailures,
    failureRatio,
    minCalls,
    intervalMs,
    baseEjectionMs,
    maxEjectionMs,
  };
  return {
    name: `outlier-ejection(${balancer.name})`,
    picker: (parts) => new EjectingPicker(parts, balancer, settings, maxEjectedShare, codes),
  };
}

class EjectingPicker implements Picker {
  private readonly clock: Clock;
  private readonly inner: Picker;
  private readonly maxShare: number;
  private readonly codes: readonly Code[];
  private readonly records: InstanceStates<OutlierRecord>;
  private candidates: readonly Candidate[] = [];
  /** Those that are not ejected; all of them if there are none. */
  private left: readonly Candidate[] = [];
  private ejected = 0;
  /** When the next of those that are ejected comes back. */
  private lookAt = Number.POSITIVE_INFINITY;

  constructor(
    parts: PickerParts,
    balancer: Balancer,
    settings: OutlierSettings,
    maxShare: number,
    codes: readonly Code[],
  ) {
    this.clock = parts.clock;
    this.inner = balancer.picker(parts);
    this.maxShare = maxShare;
    this.codes = codes;
    this.records = new InstanceStates(() => new OutlierRecord(settings));
  }

  pick(candidates: readonly Candidate[], call: PickedCall): Candidate | undefined {
    if (candidates !== this.candidates) {
      this.candidates = candidates;
      this.sort(this.clock.now());
    } else if (this.ejected > 0) {
      const now = this.clock.now();
      if (now >= this.lookAt) this.sort(now);
    }
    return this.inner.pick(this.left, call);
  }

  ended(candidate: Candidate, error: Code | undefined, ms: number | undefined): void {
    this.inner.ended?.(candidate, error, ms);
    const record = this.records.find(candidate);
    // Its calls of before the ejection have been judged with it.
    if (record === undefined || record.ejectedUntil !== undefined || error === Code.Cancelled) return;
    if (error === undefined || !this.codes.includes(error)) {
      record.succeeded();
      return;
    }
    const now = this.clock.now();
    if (!record.failed(now) || !this.mayEject()) return;
    record.eject(now);
    this.sort(now);
  }

  private mayEject(): boolean {
    const count = this.candidates.length;
    const most = Math.min(count - 1, Math.max(1, Math.floor(this.maxShare * count)));
    return this.ejected < most;
  }

  private sort(now: number): void {
    const { candidates } = this;
    const records = this.records.of(candidates);
    const left: Candidate[] = [];
    this.lookAt = Number.POSITIVE_INFINITY;
    candidates.forEach((candidate, index) => {
      const record = records[index];
      record?.look(now);
      const until = record?.ejectedUntil;
      if (until === undefined) left.push(candidate);
      else this.lookAt = Math.min(this.lookAt, until);
    });
    this.ejected = candidates.length - left.length;
    this.left = left.length === 0 ? candidates : left;
  }
}
