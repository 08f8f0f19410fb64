import { checkOptionNames } from "../core/option-names.js";
import type { Balancer, Candidate, PickedCall, Picker, PickerParts } from "./balancer.js";
import { instanceKey } from "./instance.js";
import { hashText, mix } from "./key-hash.js";
import { checkAtLeast, checkFunction } from "./option-checks.js";
import { anyOf } from "./random.js";

/** Of 32 bits. */
const LOWEST = -(2 ** 31);

/** By what calls belong together. */
export interface ConsistentHashOptions {
  /**
   * The key of a call, such as the id of what it is about; undefined for one that any instance may have. Called for each
   * call; what it throws ends the call.
   */
  readonly key: (call: PickedCall) => string | undefined;
  /**
   * How busy an instance may be, in multiples of the mean of its client's calls under way, before calls that would be
   * its own go to the next in line; at least 1. Default: as busy as it gets.
   */
  readonly maxLoad?: number | undefined;
}

/**
 * All calls of one key go to one instance, from every client that knows the same instances. When an instance goes, only
 * its keys move, to all the others alike; when one comes, it takes its share from each of them.
 *
 * Rendezvous hashing (Thaler, Ravishankar, "Using name-based mappings to increase hit rates", 1998): it looks at all
 * instances for each call. `maxLoad` is the bound of Mirrokni, Thorup and Zadimoghaddam ("Consistent hashing with bounded
 * loads", 2016), of which each client knows its own calls only.
 *
 * @throws HeliographError INVALID_ARGUMENT that quotes the option
 */
export function consistentHash(options: ConsistentHashOptions): Balancer {
  checkOptionNames("consistentHash()", options, ["key", "maxLoad"]);
  const { key, maxLoad = Number.POSITIVE_INFINITY } = options;
  checkFunction("key", key, '({ metadata }) => metadata?.text("user")');
  if (options.maxLoad !== undefined) checkAtLeast("maxLoad", maxLoad, 1);
  return { name: "consistent-hash", picker: (parts) => new HashPicker(parts, key, maxLoad) };
}

class HashPicker implements Picker {
  private readonly random: () => number;
  private readonly keyOf: (call: PickedCall) => string | undefined;
  private readonly maxLoad: number;
  private candidates: readonly Candidate[] | undefined;
  private hashes: Int32Array = new Int32Array();

  constructor({ random }: PickerParts, keyOf: (call: PickedCall) => string | undefined, maxLoad: number) {
    this.random = random;
    this.keyOf = keyOf;
    this.maxLoad = maxLoad;
  }

  pick(candidates: readonly Candidate[], call: PickedCall): Candidate | undefined {
    if (candidates !== this.candidates) {
      this.candidates = candidates;
      this.hashes = Int32Array.from(candidates, ({ info }) => hashText(instanceKey(info)));
    }
    const key = this.keyOf(call);
    if (key === undefined) return anyOf(candidates, this.random);
    return this.highest(candidates, hashText(key));
  }

  /** The candidate that scores highest for the key, among those that aren't too busy. */
  private highest(candidates: readonly Candidate[], key: number): Candidate | undefined {
    const { hashes } = this;
    const room = this.roomOf(candidates);
    let highest = LOWEST;
    let chosen: Candidate | undefined;
    for (let index = 0; index < hashes.length; index++) {
      const score = mix((hashes[index] ?? 0) ^ key);
      if (score < highest) continue;
      const candidate = candidates[index];
      if (candidate === undefined || candidate.pending >= room) continue;
      highest = score;
      chosen = candidate;
    }
    return chosen;
  }

  /** How many calls under way are too many. Somebody always has fewer. */
  private roomOf(candidates: readonly Candidate[]): number {
    if (this.maxLoad === Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY;
    let calls = 1;
    for (const { pending } of candidates) calls += pending;
    return Math.ceil((this.maxLoad * calls) / candidates.length);
  }
}
