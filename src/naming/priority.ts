import { invalidArgument } from "../core/error.js";
import { checkOptionNames } from "../core/option-names.js";
import { type Balancer, type Candidate, checkBalancer } from "./balancer.js";
import type { InstanceInfo } from "./instance.js";
import { narrowed } from "./narrowed.js";
import { show } from "./option-checks.js";
import { roundRobin } from "./round-robin.js";

/** Who comes first, and who chooses among them. */
export interface PriorityOptions {
  /**
   * - the name of a label with a number, lowest first, such as the `priority` of a DNS record
   * - labels, those wanted most first, such as `[{ zone: "eu-1" }, { zone: "eu-2" }]`; an instance belongs to the first
   *   entry of which it has all labels
   * - a function that gives a number, lowest first; called for each instance when instances come, go or change
   *
   * Instances without such a number, or that fit no entry, come last. Default: the label `priority`.
   */
  readonly groups?:
    | string
    | readonly Readonly<Record<string, string>>[]
    | ((instance: InstanceInfo) => number | undefined)
    | undefined;
  /** Chooses within the group. Default `roundRobin()`. */
  readonly balancer?: Balancer | undefined;
}

const LAST = Number.POSITIVE_INFINITY;

/**
 * The first group in which anybody can take a call: calls go to the next one when a group has nobody left, and come back
 * when it has.
 *
 * @throws HeliographError INVALID_ARGUMENT that quotes the option
 */
export function priority(options: PriorityOptions = {}): Balancer {
  checkOptionNames("priority()", options, ["groups", "balancer"]);
  const { groups = "priority", balancer = roundRobin() } = options;
  const rankOf = rankBy(groups);
  checkBalancer("balancer", balancer);
  return {
    name: `priority(${balancer.name})`,
    picker: (parts) => narrowed(balancer.picker(parts), (candidates) => firstGroup(candidates, rankOf)),
  };
}

function firstGroup(
  candidates: readonly Candidate[],
  rankOf: (instance: InstanceInfo) => number,
): readonly Candidate[] {
  const ranks = candidates.map(({ info }) => rankOf(info));
  const first = ranks.reduce((least, rank) => Math.min(least, rank), LAST);
  return candidates.filter((_, index) => ranks[index] === first);
}

function rankBy(groups: NonNullable<PriorityOptions["groups"]>): (instance: InstanceInfo) => number {
  if (typeof groups === "string") return ({ labels }) => rankOfLabel(labels[groups]);
  if (typeof groups === "function") {
    return (instance) => {
      const rank = groups(instance);
      return typeof rank === "number" && !Number.isNaN(rank) ? rank : LAST;
    };
  }
  if (!Array.isArray(groups) || groups.length === 0 || !groups.every(isLabels)) {
    throw invalidArgument(
      `groups must be a label's name, a list such as [{ zone: "eu-1" }], or a function of an instance, got ${show(groups)}`,
    );
  }
  const wanted = groups.map((labels) => Object.entries(labels));
  return ({ labels }) => {
    const index = wanted.findIndex((pairs) => pairs.every(([name, value]) => labels[name] === value));
    return index === -1 ? LAST : index;
  };
}

function rankOfLabel(label: string | undefined): number {
  return label !== undefined && /^-?\d+(\.\d+)?$/.test(label) ? Number(label) : LAST;
}

function isLabels(value: unknown): value is Readonly<Record<string, string>> {
  return (
    typeof value === "object" &&
    value !== null &&
    Object.values(value).every((label) => typeof label === "string")
  );
}
