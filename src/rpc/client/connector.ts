import { type Backoff, backoffMs } from "../../core/backoff.js";
import type { Clock, Timer } from "../../core/clock.js";
import { Code } from "../../core/code.js";
import { HeliographError } from "../../core/error.js";

/** How soon after a failed round a call may start another, ahead of the backoff. */
const DEMAND_SPACING_MS = 50;

/** The longest wait between rounds while somebody is in a hurry. */
const HURRIED_WAIT_MS = 1_000;

/** How long an endpoint may say nothing before the next one is dialed beside it; RFC 8305 has 250 ms. */
const HEAD_START_MS = 200;

/** An endpoint that is being dialed. */
export interface DialAttempt {
  readonly endpoint: string;
  /** Ends it, if it has not ended yet. */
  close(error: HeliographError): Promise<void>;
}

/** What the connector asks of the connection. */
export interface ConnectorHost {
  /** Dials one endpoint; the outcome comes back as `succeeded` or `failed`, and not from within this call. */
  dial(endpoint: string): DialAttempt;
  /** No endpoint answered. Another round follows after a while. */
  exhausted(error: HeliographError): void;
  /** A stream that a server keeps for a limited time waits to go on. */
  readonly hurried: boolean;
  /** Somebody has a use for a connection; else no further round is begun before a call wants one. */
  readonly wanted: boolean;
}

/**
 * Decides when which endpoint is dialed: all of them in order until one answers, the next one as soon as the one before
 * has failed, or has said nothing for 200 ms. The first that answers is taken, and the other attempts are ended. After a
 * round without success again after a backoff with jitter, or as soon as a call wants it, but never twice within 50 ms.
 */
export class Connector {
  private endpoints: readonly string[];
  private readonly host: ConnectorHost;
  private readonly clock: Clock;
  private readonly backoff: Backoff;
  private readonly attemptMs: number;
  private state: "idle" | "dialing" | "connected" | "waiting" | "closed" = "idle";
  /** Those under way, the latest last, with the end of their time. */
  private readonly attempts = new Map<DialAttempt, Timer>();
  private latest: DialAttempt | undefined;
  /** The place of the endpoint to be dialed next. */
  private next = 0;
  private failedRounds = 0;
  private roundFailedAt = Number.NEGATIVE_INFINITY;
  private connectedAt = 0;
  /** Of the next round, or of the next endpoint in this one. */
  private timer: Timer | undefined;

  constructor(
    endpoints: readonly string[],
    host: ConnectorHost,
    options: { readonly clock: Clock; readonly backoff: Backoff; readonly attemptMs: number },
  ) {
    this.endpoints = endpoints;
    this.host = host;
    this.clock = options.clock;
    this.backoff = options.backoff;
    this.attemptMs = options.attemptMs;
  }

  /** An attempt is under way, or is about to be. */
  get dialing(): boolean {
    return this.state === "dialing";
  }

  /** A call wants a connection. */
  want(): void {
    if (this.state === "idle") this.round();
    else if (this.state === "waiting") {
      const wait = this.roundFailedAt + DEMAND_SPACING_MS - this.clock.now();
      this.timer?.clear();
      this.timer = this.clock.after(Math.max(0, wait), () => this.round());
      this.state = "dialing";
    }
  }

  /** The attempt led to a server that welcomed us: the others end. False when it is no longer wanted. */
  succeeded(attempt: DialAttempt): boolean {
    if (!this.attempts.has(attempt)) return false;
    this.timer?.clear();
    this.state = "connected";
    this.connectedAt = this.clock.now();
    const slower = [...this.attempts.keys()].filter((other) => other !== attempt);
    this.forgetAttempts();
    for (const other of slower) void other.close(slowerError(other.endpoint, attempt.endpoint));
    return true;
  }

  /** The attempt failed. */
  failed(attempt: DialAttempt, error: HeliographError): void {
    const patience = this.attempts.get(attempt);
    if (patience === undefined) return;
    patience.clear();
    this.attempts.delete(attempt);
    // The head start is the latest one's: that an earlier one fails does not shorten it.
    if (attempt === this.latest && this.next < this.endpoints.length) this.dialNext();
    else if (this.attempts.size === 0) {
      this.failedRounds++;
      this.rest(error);
    }
  }

  /** The connection that had succeeded is over, or takes no more calls. */
  lost(error: HeliographError): void {
    if (this.state !== "connected") return;
    // A server that welcomes and breaks off again and again is one that fails.
    if (this.clock.now() - this.connectedAt >= this.backoff.initialMs) this.failedRounds = 0;
    else if (this.failedRounds++ > 0) {
      this.rest(error);
      return;
    }
    this.round();
  }

  /**
   * Dials these from now on: at once where the others did not answer, else beside the attempts that are under way, which
   * have their head start.
   */
  moveTo(endpoints: readonly string[]): void {
    this.endpoints = endpoints;
    this.next = 0;
    if (this.attempts.size > 0) this.giveHeadStart();
    if (this.state !== "waiting") return;
    this.timer?.clear();
    this.failedRounds = 0;
    this.round();
  }

  close(): void {
    this.state = "closed";
    this.timer?.clear();
    this.forgetAttempts();
  }

  private round(): void {
    if (this.state === "closed") return;
    this.state = "dialing";
    this.next = 0;
    this.dialNext();
  }

  private rest(error: HeliographError): void {
    this.roundFailedAt = this.clock.now();
    this.state = "waiting";
    const wait = backoffMs(this.backoff, this.failedRounds, Math.random());
    const most = this.host.hurried ? HURRIED_WAIT_MS : Number.POSITIVE_INFINITY;
    this.timer = this.clock.after(Math.min(wait, most), () => {
      if (this.host.wanted) this.round();
      else this.state = "idle";
    });
    this.host.exhausted(error);
  }

  private dialNext(): void {
    const underWay = new Set([...this.attempts.keys()].map(({ endpoint }) => endpoint));
    while (underWay.has(this.endpoints[this.next] ?? "")) this.next++;
    const endpoint = this.endpoints[this.next];
    if (endpoint === undefined) return;
    this.next++;
    const attempt = this.host.dial(endpoint);
    this.latest = attempt;
    this.attempts.set(
      attempt,
      this.clock.after(this.attemptMs, () => void attempt.close(timedOut(endpoint, this.attemptMs))),
    );
    this.giveHeadStart();
  }

  private giveHeadStart(): void {
    this.timer?.clear();
    if (this.next < this.endpoints.length)
      this.timer = this.clock.after(HEAD_START_MS, () => this.dialNext());
  }

  private forgetAttempts(): void {
    for (const patience of this.attempts.values()) patience.clear();
    this.attempts.clear();
    this.latest = undefined;
  }
}

function timedOut(endpoint: string, ms: number): HeliographError {
  return new HeliographError(
    Code.Unavailable,
    `${endpoint} did not answer within ${ms} ms (connectTimeoutMs)`,
    {
      reason: "CONNECT_TIMED_OUT",
      notProcessed: true,
    },
  );
}

function slowerError(endpoint: string, faster: string): HeliographError {
  return new HeliographError(Code.Cancelled, `${endpoint} is not needed: ${faster} answered sooner`, {
    reason: "CONNECTION_CLOSED",
    notProcessed: true,
  });
}
