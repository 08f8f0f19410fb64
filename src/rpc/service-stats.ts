import type { ReplyWindowStats } from "./reply-window.js";
import type { ResumableStats } from "./resumable-runs.js";

/** What a service does and holds now, and what it has counted since it is served. */
export interface ServiceStats {
  /** Calls with an idempotency key. */
  readonly idempotency: ReplyWindowStats;
  /** Resumable streams. */
  readonly streams: ResumableStats;
}
