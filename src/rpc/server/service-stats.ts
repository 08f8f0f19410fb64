import type { ReplyWindowStats } from "../kept/reply-window.js";
import type { ResumableStats } from "../kept/resumable-runs.js";

/** What a service does and holds now, and what it has counted since it is served. */
export interface ServiceStats {
  /** Calls with an idempotency key. */
  readonly idempotency: ReplyWindowStats;
  /** Resumable streams. */
  readonly streams: ResumableStats;
}
