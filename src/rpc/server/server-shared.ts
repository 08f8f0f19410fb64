import type { Clock } from "../../core/clock.js";
import type { DeadlineWheel } from "../../core/deadline-wheel.js";
import type { HeliographError } from "../../core/error.js";
import type { Logger } from "../../core/logger.js";
import type { Introduction } from "../../wire/handshake.js";
import type { Detached } from "../kept/detached.js";
import type { SessionShared } from "../session/session.js";
import type { Router } from "./router.js";

/** What all listeners, sessions and calls of one serving node share. */
export interface ServerShared {
  readonly session: SessionShared;
  readonly self: Introduction;
  readonly router: Router;
  readonly deadlines: DeadlineWheel;
  /** Runs of handlers that outlive the sessions of their callers. */
  readonly detached: Detached;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long a peer may answer no ping, or leave a full window unread, before it is cut off. */
  readonly stallMs: number;
  /** A handler threw something that isn't a HeliographError, or returned something that isn't its message. */
  onError(error: unknown, path: string): void;
  /** Nobody serves this. */
  onUnhandled(path: string): void;
  /** A session was ended because of what its peer did. */
  onFault(error: HeliographError, node: string): void;
}
