import { type Backoff, backoffMs } from "../../core/backoff.js";
import type { Clock, Timer } from "../../core/clock.js";
import { Code } from "../../core/code.js";
import { HeliographError } from "../../core/error.js";

/** How soon after a failed round a call may start another, ahead of the backoff. */
const DEMAND_SPACING_MS = 50;

/** The longest wait between rounds while somebody is in a hurry. */
const HURRIED_WAIT_MS = 1_000;

/** What the connector asks of the connection. */
export interface ConnectorHost {
  /** Dials one endpoint; the outcome comes back as `succeeded` or `failed`. */
  dial(endpoint: string): void;
  /** Ends the attempt that is under way. */
  abandon(error: HeliographError): void;
  /** No endpoint answered. Another round follows after a while. */
  exhausted(error: HeliographError): void;
  /** A stream that a server keeps for a limited time waits to go on. */
  readonly hurried: boolean;
  /** Somebody has a use for a connection; else no further round is begun before a call wants one. */
  readonly wanted: boolean;
}

/**
 * Decides when which endpoint is dialed: all of them in order until one answers; after a round without success
 * again after a backoff with jitter, or as soon as a call wants it, but never twice within 50 ms.
 */
export class Connector {
  private endpoints: readonly string[];
  private readonly host: ConnectorHost;
  private readonly clock: Clock;
  private readonly backoff: Backoff;
  private readonly attemptMs: number;
  private state: "idle" | "dialing" | "connected" | "waiting" | "closed" = "idle";
  private index = 0;
  private failedRounds = 0;
  private roundFailedAt = Number.NEGATIVE_INFINITY;
  private connectedAt = 0;
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

  /** The attempt led to a server that welcomed us. */
  succeeded(): void {
    if (this.state !== "dialing") return;
    this.timer?.clear();
    this.state = "connected";
    this.connectedAt = this.clock.now();
  }

  /** The attempt failed. */
  failed(error: HeliographError): void {
    if (this.state !== "dialing") return;
    this.timer?.clear();
    this.index++;
    if (this.index < this.endpoints.length) {
      this.attempt();
      return;
    }
    this.failedRounds++;
    this.rest(error);
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

  /** Dials these from now on; at once where the others did not answer, else after the attempt that is under way. */
  moveTo(endpoints: readonly string[]): void {
    this.endpoints = endpoints;
    this.index = -1;
    if (this.state !== "waiting") return;
    this.timer?.clear();
    this.failedRounds = 0;
    this.round();
  }

  close(): void {
    this.state = "closed";
    this.timer?.clear();
  }

  private round(): void {
    if (this.state === "closed") return;
    this.index = 0;
    this.attempt();
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

  private attempt(): void {
    this.state = "dialing";
    const endpoint = this.endpoints[this.index] ?? this.endpoints[0]!;
    this.timer = this.clock.after(this.attemptMs, () => {
      this.host.abandon(
        new HeliographError(
          Code.Unavailable,
          `${endpoint} did not answer within ${this.attemptMs} ms (connectTimeoutMs)`,
          {
            reason: "CONNECT_TIMED_OUT",
            notProcessed: true,
          },
        ),
      );
    });
    this.host.dial(endpoint);
  }
}
