import { Code } from "../../core/code.js";
import { HeliographError } from "../../core/error.js";
import { Status, WatchResponse } from "../../gen/heliograph/health/v1/health.js";
import type { HealthService } from "../../gen/heliograph/health/v1/health_heliograph.js";
import type { Handlers } from "../../rpc/types.js";
import type { Health, HealthBoard } from "./health-board.js";

/** Streams of Watch at a time, of all callers. */
const MAX_WATCHERS = 1_024;

/** What a node answers when it is asked whether it is well. */
export function healthVerbs(board: HealthBoard): Handlers<HealthService> {
  let watchers = 0;
  return {
    check({ service }) {
      const health = board.get(service);
      if (health === undefined) throw notServed(service);
      return messageOf(health);
    },

    async *watch({ service }, { signal }) {
      if (watchers >= MAX_WATCHERS) throw tooManyWatchers();
      watchers++;
      const changes = new Changes(board, signal);
      try {
        let told: WatchResponse | undefined;
        for (;;) {
          const now = messageOf(board.get(service));
          if (now.status !== told?.status || now.reason !== told.reason) {
            told = now;
            yield now;
          } else await changes.next();
        }
      } finally {
        changes.end();
        watchers--;
      }
    },

    list() {
      const statuses = [...board.all()].map(([service, health]) => [service, statusOf(health)] as const);
      return { statuses: new Map(statuses) };
    },
  };
}

/** Waits for changes of the board. One that comes while nobody waits is not lost; several are one. */
class Changes {
  private readonly forget: () => void;
  private readonly signal: AbortSignal;
  private changed = false;
  private wake: (() => void) | undefined;

  constructor(board: HealthBoard, signal: AbortSignal) {
    this.signal = signal;
    this.forget = board.onChange(this.tell);
    signal.addEventListener("abort", this.tell, { once: true });
  }

  /** Rejects with the signal's reason when it has fired. */
  async next(): Promise<void> {
    if (!this.changed && !this.signal.aborted) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    this.changed = false;
    this.signal.throwIfAborted();
  }

  end(): void {
    this.forget();
    this.signal.removeEventListener("abort", this.tell);
  }

  private readonly tell = (): void => {
    this.changed = true;
    this.wake?.();
  };
}

function messageOf(health: Health | undefined): WatchResponse {
  return WatchResponse.create({ status: statusOf(health), reason: health?.reason ?? "" });
}

function statusOf(health: Health | undefined): Status {
  if (health === undefined) return Status.STATUS_SERVICE_UNKNOWN;
  return health.status === "serving" ? Status.STATUS_SERVING : Status.STATUS_NOT_SERVING;
}

function notServed(service: string): HeliographError {
  return new HeliographError(Code.NotFound, `${service} is not served here`, { reason: "SERVICE_UNKNOWN" });
}

function tooManyWatchers(): HeliographError {
  return new HeliographError(
    Code.ResourceExhausted,
    `${MAX_WATCHERS} streams watch the health of this node already; end some, or ask with Check`,
    { reason: "TOO_MANY_CALLS" },
  );
}
