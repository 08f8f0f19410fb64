import { type Abortable, unwatchAbort, watchAbort } from "../../core/abort-watch.js";
import type { Clock, Timer } from "../../core/clock.js";
import { done } from "../../core/done.js";
import { HeliographError } from "../../core/error.js";
import type { BoundMethod } from "../bound-method.js";
import { callCancelled } from "../call-options.js";
import type { Peer } from "../context.js";
import type { AnsweringCall } from "../responses.js";
import type { Instance, TransportCallOptions } from "../transport.js";
import { type RoundLimits, ScatterRound } from "./scatter-round.js";

/** What one instance gave. */
export interface AnyScatterAnswer {
  readonly endpoint: string;
  readonly peer: Peer | undefined;
  readonly message: unknown;
  readonly error: HeliographError | undefined;
}

/** What a call to all instances is made of. */
export interface ScatterParts {
  readonly clock: Clock;
  readonly instances: readonly Instance[];
  readonly method: BoundMethod;
  /** The whole request. */
  readonly message: unknown;
  /** Of each of the calls. */
  readonly options: TransportCallOptions;
  readonly limits: RoundLimits;
  /** Those that end everything; none has fired. */
  readonly signals: readonly AbortSignal[];
}

type Result = IteratorResult<AnyScatterAnswer, undefined>;

interface Taker {
  resolve(result: Result): void;
  reject(error: HeliographError): void;
}

/** One call to each instance, and what comes of them in the order in which it comes. */
export class ScatterCall implements AnsweringCall, Abortable {
  private readonly parts: ScatterParts;
  private readonly round: ScatterRound;
  private readonly rest = new AbortController();
  private readonly arrived: AnyScatterAnswer[] = [];
  private takers: Taker[] = [];
  private timer: Timer | undefined;
  private over = false;
  /** Why the caller's signal has ended it, until the caller was told. */
  private error: HeliographError | undefined;

  constructor(parts: ScatterParts) {
    this.parts = parts;
    this.round = new ScatterRound(parts.instances.length, parts.limits);
    for (const signal of parts.signals) watchAbort(signal, this);
    const options = { ...parts.options, signal: this.rest.signal };
    for (const instance of parts.instances) {
      instance.transport.unary(parts.method, parts.message, options).then(
        (message) => this.take(instance, message, undefined),
        (error) => this.take(instance, undefined, HeliographError.from(error)),
      );
    }
  }

  nextAnswer(): Promise<Result> {
    const value = this.arrived.shift();
    if (value !== undefined) return Promise.resolve({ done: false, value });
    if (this.error !== undefined) {
      const { error } = this;
      this.error = undefined;
      return Promise.reject(error);
    }
    if (this.over) return Promise.resolve(done);
    return new Promise((resolve, reject) => {
      this.takers.push({ resolve, reject });
    });
  }

  leave(): Promise<Result> {
    this.arrived.length = 0;
    this.end(new Error("no more answers are wanted"));
    return Promise.resolve(done);
  }

  aborted(reason: unknown): void {
    const error = callCancelled(this.parts.method.path, reason);
    this.arrived.length = 0;
    const first = this.takers.shift();
    if (first === undefined) this.error = error;
    else first.reject(error);
    this.end(reason);
  }

  private take(instance: Instance, message: unknown, error: HeliographError | undefined): void {
    if (this.over) return;
    const { endpoint, peer } = instance;
    const answer: AnyScatterAnswer = { endpoint, peer, message, error };
    const taker = this.takers.shift();
    if (taker === undefined) this.arrived.push(answer);
    else taker.resolve({ done: false, value: answer });
    const now = this.parts.clock.now();
    if (error === undefined) this.round.answered(now);
    else this.round.failed();
    this.look(now);
  }

  /** Ends it when it is time, or sees to it that it is looked at again. */
  private look(now: number): void {
    this.timer?.clear();
    this.timer = undefined;
    if (this.round.over(now)) {
      this.end(new Error("enough have answered"));
      return;
    }
    const { gapEndsAt } = this.round;
    if (gapEndsAt === Number.POSITIVE_INFINITY) return;
    const { clock } = this.parts;
    this.timer = clock.after(gapEndsAt - now, () => this.look(clock.now()));
  }

  /** Cancels what still runs. What has arrived can still be taken. */
  private end(reason: unknown): void {
    if (this.over) return;
    this.over = true;
    this.timer?.clear();
    for (const signal of this.parts.signals) unwatchAbort(signal, this);
    this.rest.abort(reason);
    const takers = this.takers;
    this.takers = [];
    for (const taker of takers) taker.resolve(done);
  }
}
