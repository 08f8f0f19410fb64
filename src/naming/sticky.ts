import { checkOptionNames } from "../core/option-names.js";
import { type Balancer, type Candidate, checkBalancer, type PickedCall, type Picker } from "./balancer.js";
import { instanceKey } from "./instance.js";
import { checkFunction, checkWhole } from "./option-checks.js";
import { roundRobin } from "./round-robin.js";

/** By what calls belong together, and who chooses for the first of them. */
export interface StickyOptions {
  /**
   * The key of a call, such as a session's; undefined for one that stays nowhere. Called for each call; what it throws
   * ends the call.
   */
  readonly key: (call: PickedCall) => string | undefined;
  /** Chooses the instance for a key that has none. Default `roundRobin()`. */
  readonly balancer?: Balancer | undefined;
  /**
   * Keys that each client remembers for a service: so many that were used last, and at most twice as many. Default
   * 10,000.
   */
  readonly maxKeys?: number | undefined;
}

/**
 * The calls of one key stay with one instance for as long as that can take calls; then another is chosen, and kept.
 * Each client remembers by itself: where all clients have to agree, take `consistentHash()`.
 *
 * @throws HeliographError INVALID_ARGUMENT that quotes the option
 */
export function sticky(options: StickyOptions): Balancer {
  checkOptionNames("sticky()", options, ["key", "balancer", "maxKeys"]);
  const { key, balancer = roundRobin(), maxKeys = 10_000 } = options;
  checkFunction("key", key, '({ metadata }) => metadata?.text("session")');
  checkBalancer("balancer", balancer);
  checkWhole("maxKeys", maxKeys, 1);
  return {
    name: `sticky(${balancer.name})`,
    picker: (parts) => stickyPicker(balancer.picker(parts), key, new KeptInstances(maxKeys)),
  };
}

function stickyPicker(
  inner: Picker,
  keyOf: (call: PickedCall) => string | undefined,
  kept: KeptInstances,
): Picker {
  let seen: readonly Candidate[] | undefined;
  let byInstance: ReadonlyMap<string, Candidate> = new Map();
  const pick: Picker["pick"] = (candidates, call) => {
    const key = keyOf(call);
    if (key === undefined) return inner.pick(candidates, call);
    if (candidates !== seen) {
      seen = candidates;
      byInstance = new Map(candidates.map((candidate) => [instanceKey(candidate.info), candidate]));
    }
    const instance = kept.get(key);
    const own = instance === undefined ? undefined : byInstance.get(instance);
    if (own !== undefined) return own;
    const chosen = inner.pick(candidates, call);
    if (chosen !== undefined) kept.set(key, instanceKey(chosen.info));
    return chosen;
  };
  const ended = inner.ended?.bind(inner);
  return ended === undefined ? { pick } : { pick, ended };
}

/**
 * The instances of keys, in two generations: once the younger is full, the older is forgotten. What is asked for is
 * young again. So nothing has to be put in order for each call.
 */
class KeptInstances {
  private readonly most: number;
  private young = new Map<string, string>();
  private old: ReadonlyMap<string, string> = new Map();

  constructor(most: number) {
    this.most = most;
  }

  get(key: string): string | undefined {
    const instance = this.young.get(key);
    if (instance !== undefined) return instance;
    const older = this.old.get(key);
    if (older !== undefined) this.set(key, older);
    return older;
  }

  set(key: string, instance: string): void {
    if (this.young.size >= this.most && !this.young.has(key)) {
      this.old = this.young;
      this.young = new Map();
    }
    this.young.set(key, instance);
  }
}
