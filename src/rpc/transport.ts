import type { Clock } from "../core/clock.js";
import type { UnaryMethod } from "../wire/definition.js";
import type { BoundMethod } from "./bound-method.js";
import type { CallOptions } from "./call-options.js";

/** What a client calls through: a connection, or anything that stands in for one. */
export interface Transport {
  /** What deadlines are measured by. */
  readonly clock: Clock;
  /**
   * Calls a unary method with a whole request. At most once: nothing is repeated behind the caller's back.
   * Ends within the deadline, always.
   */
  unary(method: BoundMethod<UnaryMethod>, request: unknown, options: CallOptions): Promise<unknown>;
}
