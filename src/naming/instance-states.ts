import type { Candidate } from "./balancer.js";
import { instanceKey } from "./instance.js";

/** Those that are gone are forgotten once they are more than this, and more than those that are there. */
const MANY_GONE = 100;

/** What a picker keeps of each instance. An instance that goes for a while, and comes back, finds it again. */
export class InstanceStates<S> {
  private readonly make: () => S;
  private readonly byKey = new Map<string, S>();
  private byCandidate: ReadonlyMap<Candidate, S> = new Map();
  private candidates: readonly Candidate[] | undefined;
  private states: readonly S[] = [];

  constructor(make: () => S) {
    this.make = make;
  }

  /** The state of each candidate, in their order: the same array as long as they are the same. */
  of(candidates: readonly Candidate[]): readonly S[] {
    if (candidates !== this.candidates) this.follow(candidates);
    return this.states;
  }

  /** That of an instance which may have gone; undefined when it is forgotten. */
  find(candidate: Candidate): S | undefined {
    return this.byCandidate.get(candidate) ?? this.byKey.get(instanceKey(candidate.info));
  }

  private follow(candidates: readonly Candidate[]): void {
    const byCandidate = new Map<Candidate, S>();
    const states: S[] = [];
    for (const candidate of candidates) {
      const key = instanceKey(candidate.info);
      const state = this.byKey.get(key) ?? this.make();
      this.byKey.set(key, state);
      byCandidate.set(candidate, state);
      states.push(state);
    }
    this.candidates = candidates;
    this.byCandidate = byCandidate;
    this.states = states;
    if (this.byKey.size - states.length > Math.max(MANY_GONE, states.length)) this.forgetGone(states);
  }

  private forgetGone(states: readonly S[]): void {
    const present = new Set(states);
    for (const [key, state] of this.byKey) if (!present.has(state)) this.byKey.delete(key);
  }
}
