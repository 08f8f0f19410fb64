import type { Clock } from "../core/clock.js";
import type { Code } from "../core/code.js";
import { invalidArgument } from "../core/error.js";
import type { Metadata } from "../core/metadata.js";
import type { InstanceInfo } from "./instance.js";
import { show } from "./option-checks.js";

/** One instance that can take a call now: connected, serving, neither stalled nor suspect. */
export interface Candidate {
  /** As it is known at the moment. */
  readonly info: InstanceInfo;
  /** Calls of this client that are under way there. */
  readonly pending: number;
}

/** What a picker may look at. */
export interface PickedCall {
  /** `package.Service/Method`. */
  readonly path: string;
  /** The whole request; undefined when requests are a stream. */
  readonly request: unknown;
  readonly metadata: Metadata | undefined;
}

/** Chooses among the instances of one service. */
export interface Picker {
  /**
   * @param candidates at least one; the same array until instances come, go or change
   * @returns one of them; undefined to let the call wait until the candidates change
   */
  pick(candidates: readonly Candidate[], call: PickedCall): Candidate | undefined;
  /**
   * A call that it picked this instance for has ended. Calls are only timed and told of when a picker has this.
   *
   * @param error the code it ended with; undefined when it succeeded
   * @param ms from the call's sending to its end; undefined for streams, which take as long as they like
   */
  ended?(candidate: Candidate, error: Code | undefined, ms: number | undefined): void;
}

/** What a picker is made with. */
export interface PickerParts {
  readonly clock: Clock;
  /** From 0 up to 1. */
  random(): number;
  /** See `Announcement.host`: of this process. */
  readonly host: string;
}

/** A way to spread calls over instances. A plain value: each service that a node calls by it has a picker of its own. */
export interface Balancer {
  /** Such as `round-robin`. */
  readonly name: string;
  picker(parts: PickerParts): Picker;
}

/** @throws HeliographError INVALID_ARGUMENT that quotes the value, unless it is a balancer */
export function checkBalancer(name: string, balancer: unknown): asserts balancer is Balancer {
  const given = balancer as Partial<Balancer> | null | undefined;
  if (typeof given?.picker === "function" && typeof given.name === "string") return;
  const isUncalled = typeof balancer === "function" && balancer.name !== "";
  const got = isUncalled ? `the function ${balancer.name}: write ${balancer.name}()` : show(balancer);
  throw invalidArgument(`${name} must be a balancer such as roundRobin(), got ${got}`);
}
