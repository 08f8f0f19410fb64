import type { Clock } from "../../core/clock.js";
import { Code } from "../../core/code.js";
import { Deadline, type DeadlineWheel } from "../../core/deadline-wheel.js";
import { HeliographError } from "../../core/error.js";

/** The stream whose pauses are measured. */
export interface TimedStream {
  /** All that has arrived was taken, and no message leaves in chunks: it is not for them that nothing happens. */
  readonly quiet: boolean;
  /** A pause was too long. */
  paused(error: HeliographError): void;
}

/** What pauses are measured with. */
export interface TimersHost {
  readonly clock: Clock;
  readonly deadlines: DeadlineWheel;
}

/** How long a stream may pause, in milliseconds; undefined for as long as it likes. */
export interface PauseLimits {
  readonly idleTimeoutMs?: number | undefined;
  readonly itemTimeoutMs?: number | undefined;
}

class Alarm extends Deadline {
  private readonly ring: () => void;

  constructor(ring: () => void) {
    super();
    this.ring = ring;
  }

  override expire(): void {
    this.ring();
  }
}

/** The clocks of one stream: nothing sent or received for too long, or one message waited for too long. */
export class StreamTimers {
  private readonly host: TimersHost;
  private readonly stream: TimedStream;
  private readonly limits: PauseLimits;
  private readonly path: string;
  private readonly idle = new Alarm(() => this.checkIdle());
  private readonly item = new Alarm(() => this.late());
  private activeAt = 0;

  constructor(host: TimersHost, stream: TimedStream, limits: PauseLimits, path: string) {
    this.host = host;
    this.stream = stream;
    this.limits = limits;
    this.path = path;
  }

  /** The call was sent, or has come in. */
  begin(): void {
    const { idleTimeoutMs } = this.limits;
    this.active();
    if (idleTimeoutMs !== undefined && !this.host.deadlines.has(this.idle))
      this.host.deadlines.add(this.idle, this.activeAt + idleTimeoutMs);
  }

  /** Something was sent, received or taken. */
  active(): void {
    this.activeAt = this.host.clock.now();
  }

  /** Somebody begins to wait for a message. */
  awaited(): void {
    const { itemTimeoutMs } = this.limits;
    if (itemTimeoutMs !== undefined && !this.host.deadlines.has(this.item))
      this.host.deadlines.add(this.item, this.host.clock.now() + itemTimeoutMs);
  }

  /** A message is here; `more` when another one is waited for. */
  arrived(more: boolean): void {
    this.host.deadlines.remove(this.item);
    if (more) this.awaited();
  }

  /** The stream is over. */
  end(): void {
    this.host.deadlines.remove(this.idle);
    this.host.deadlines.remove(this.item);
  }

  private checkIdle(): void {
    const { idleTimeoutMs } = this.limits;
    if (idleTimeoutMs === undefined) return;
    if (!this.stream.quiet) this.active();
    const due = this.activeAt + idleTimeoutMs;
    if (due > this.host.clock.now()) this.host.deadlines.add(this.idle, due);
    else
      this.stream.paused(
        timedOut(`${this.path}: nothing was sent or received for ${idleTimeoutMs} ms (idleTimeoutMs)`),
      );
  }

  private late(): void {
    const { itemTimeoutMs } = this.limits;
    this.stream.paused(
      timedOut(`${this.path}: the next message did not come within ${itemTimeoutMs} ms (itemTimeoutMs)`),
    );
  }
}

function timedOut(message: string): HeliographError {
  return new HeliographError(Code.DeadlineExceeded, message, { reason: "STREAM_TIMED_OUT" });
}
