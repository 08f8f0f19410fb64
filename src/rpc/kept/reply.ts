import type { Buffer } from "node:buffer";
import type { HeliographError } from "../../core/error.js";
import type { Metadata } from "../../core/metadata.js";
import type { Postponable } from "./lanes.js";

/** The END of a unary call, as it is kept for calls with the same idempotency key. */
export interface Reply {
  /** The answer, encoded; undefined when there is an error. */
  readonly bytes: Buffer | undefined;
  readonly error: HeliographError | undefined;
  readonly responseMetadata: Metadata | undefined;
  readonly trailers: Metadata | undefined;
}

/** Who waits for it. */
export interface ReplyWaiter {
  give(reply: Reply): void;
  /** True when it leaves so much unread that nothing should be started for it alone; `run` is entered again later. */
  postpones(run: Postponable): boolean;
}
