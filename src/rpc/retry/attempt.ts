import type { Clock } from "../../core/clock.js";
import { HeliographError, withFate } from "../../core/error.js";
import { Metadata } from "../../core/metadata.js";
import { sleep } from "../../core/sleep.js";
import { refill } from "../intercepted-metadata.js";
import type { CallResult, InterceptedCall, Next } from "../interceptor.js";
import { AttemptCall, type AttemptParts, type Opening } from "./attempt-call.js";
import { Hedge, type HedgeHost, type Verdict } from "./attempt-hedge.js";
import { RetryBuffer } from "./retry-buffer.js";
import {
  type FailedAttempt,
  isKeyed,
  isMendable,
  type RetryPolicy,
  repeatable,
  waitAfter,
} from "./retry-policy.js";
import { pushBackOf } from "./retry-pushback.js";
import type { RetryThrottle } from "./retry-throttle.js";

/** What attempts are spaced and bounded by. */
export interface AttemptDeps {
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly throttle: RetryThrottle;
}

/**
 * Makes a call, and makes it again as long as the policy allows: gRFC A6 in meaning. A stream's attempts are made when its
 * first answer is asked for, and there is no other once that is here. Requests of a stream are read once and sent again
 * from a bounded buffer. Ends with the call's signal, and waits for nothing beyond its deadline.
 *
 * @throws what the last attempt failed with
 */
export async function attempt(
  call: InterceptedCall,
  next: Next,
  policy: RetryPolicy,
  deps: AttemptDeps,
): Promise<CallResult> {
  if (policy.attempts === 1) return next({ ...call, retry: false });
  const attempts = new Attempts(call, next, policy, deps);
  if (call.kind === "unary" || call.kind === "client-stream") {
    try {
      return (await attempts.open()).result;
    } finally {
      attempts.end();
    }
  }
  const metadata = new Metadata();
  const trailers = new Metadata();
  return { metadata, trailers, messages: answers(attempts, metadata, trailers) };
}

/** The answers of the attempt that has one, once there is. */
async function* answers(attempts: Attempts, metadata: Metadata, trailers: Metadata): AsyncGenerator<unknown> {
  let left: AsyncIterator<unknown> | undefined;
  try {
    const opening = await attempts.open();
    refill(metadata, opening.result.metadata);
    if (opening.kind === "single") return;
    let item = opening.first;
    while (!item.done) {
      left = opening.rest;
      yield item.value;
      left = undefined;
      item = await opening.rest.next();
    }
  } finally {
    try {
      await left?.return?.();
    } finally {
      refill(trailers, attempts.trailers);
      attempts.end();
    }
  }
}

/** The attempts of one call. */
class Attempts implements HedgeHost {
  readonly hedgeAfterMs: number;
  private readonly parts: AttemptParts;
  private readonly policy: RetryPolicy;
  private readonly deps: AttemptDeps;
  private readonly keyed: boolean;
  private readonly repeatable: boolean;
  private hedge: Hedge | undefined;
  private latest: AttemptCall | undefined;
  private made = 0;
  /** An attempt may have run. */
  private uncertain = false;
  private inRow = 0;

  constructor(call: InterceptedCall, next: Next, policy: RetryPolicy, deps: AttemptDeps) {
    this.keyed = isKeyed(call);
    const buffer =
      call.requests === undefined
        ? undefined
        : new RetryBuffer(call.requests, (reader) => this.hedge?.only(reader));
    this.parts = { call, next, buffer, group: call.attemptGroup ?? (this.keyed ? {} : undefined) };
    this.policy = policy;
    this.deps = deps;
    this.repeatable = repeatable(policy, call);
    this.hedgeAfterMs = policy.hedgeAfterMs ?? 0;
  }

  get signal(): AbortSignal {
    return this.parts.call.signal;
  }

  get more(): boolean {
    if (this.made >= this.policy.attempts || this.parts.buffer?.complete === false) return false;
    return this.deps.throttle.allows;
  }

  /** What came with the end of the attempt that counts. */
  get trailers(): Metadata {
    return this.latest?.trailers ?? new Metadata();
  }

  /** The first success. */
  async open(): Promise<Opening> {
    try {
      if (this.policy.hedgeAfterMs === undefined || !this.repeatable) return await this.inSeries();
      this.hedge = new Hedge(this);
      return await this.hedge.open();
    } catch (thrown) {
      // Of hedges, those that were given up may have run as well.
      const uncertain = this.uncertain || (this.hedge !== undefined && this.made > 1);
      throw uncertain && thrown instanceof HeliographError && thrown.notProcessed
        ? withFate(thrown, false)
        : thrown;
    }
  }

  /** The call is over. */
  end(): void {
    refill(this.parts.call.trailers, this.trailers);
    this.latest?.end();
    this.parts.buffer?.close();
  }

  after(ms: number, fn: () => void) {
    return this.deps.clock.after(ms, fn);
  }

  attempt(): AttemptCall {
    return new AttemptCall(this.parts, this.made++);
  }

  succeeded(attempt: AttemptCall): void {
    this.latest = attempt;
    this.deps.throttle.succeeded();
    if (attempt.requests !== undefined) this.parts.buffer?.keep(attempt.requests);
  }

  /** Of attempts that overlap. */
  failed(attempt: AttemptCall, thrown: unknown): Verdict {
    const failed = this.count(attempt, thrown);
    const { pushBack } = failed;
    if (pushBack === "never") return "no-more";
    if (!isMendable(this.policy, failed) || this.parts.buffer?.complete === false) return "over";
    if (pushBack === undefined) return 0;
    return pushBack < failed.remainingMs ? pushBack : "no-more";
  }

  private async inSeries(): Promise<Opening> {
    for (;;) {
      const attempt = this.attempt();
      try {
        const opening = await attempt.open();
        this.succeeded(attempt);
        return opening;
      } catch (thrown) {
        attempt.end();
        const failed = this.count(attempt, thrown);
        // As long as no attempt may have run, the next is bound to no server.
        if (!this.uncertain) delete this.parts.group?.identity;
        const waitMs = this.more ? waitAfter(this.policy, failed, this.deps.random()) : undefined;
        if (waitMs === undefined) throw thrown;
        await sleep(this.deps.clock, waitMs, this.signal);
      }
    }
  }

  private count(attempt: AttemptCall, thrown: unknown): FailedAttempt {
    this.latest = attempt;
    const error = HeliographError.from(thrown);
    const pushBack = pushBackOf(attempt.trailers);
    // A connection that broke fails all of its calls at once, and says nothing of a server in trouble.
    const told = error.origin === "peer" && this.policy.codes.has(error.code);
    if (told || pushBack === "never") this.deps.throttle.failed();
    this.uncertain ||= !error.notProcessed;
    this.inRow = typeof pushBack === "number" ? 0 : this.inRow + 1;
    return {
      error,
      pushBack,
      made: this.made,
      inRow: this.inRow,
      keyed: this.keyed,
      repeatable: this.repeatable,
      remainingMs: this.parts.call.remainingMs(),
    };
  }
}
