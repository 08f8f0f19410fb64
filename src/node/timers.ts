import { type Abortable, unwatchAbort, watchAbort } from "../core/abort-watch.js";
import type { Clock, Timer } from "../core/clock.js";
import { invalidArgument } from "../core/error.js";
import type { Logger } from "../core/logger.js";
import { checkOptionNames } from "../core/option-names.js";
import { isThenable } from "../core/thenable.js";
import { showValue } from "../wire/show-value.js";

/** What timers need of the node that they end with. */
export interface TimerHost {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Disposes of it when the node closes; what it returns takes that back. */
  own(resource: Disposable): () => void;
}

/** What a timer may be told. */
export interface TimerOptions {
  /** Ends the timer. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Calls a function every `ms` milliseconds, first `ms` from now, until it is disposed of, the signal fires or the node
 * closes. The beats are at whole multiples of `ms` from now, so they don't drift. Those that are missed are left out, not
 * made up for: when the event loop was blocked, or the promise of the call before has not settled. What the function throws
 * is logged.
 *
 * @throws HeliographError INVALID_ARGUMENT that quotes the value
 */
export function every(
  node: TimerHost,
  ms: number,
  fn: () => unknown,
  options: TimerOptions = {},
): Disposable {
  if (!(ms > 0))
    throw invalidArgument(`every() needs a positive number of milliseconds, got ${showValue(ms)}`);
  return start("every()", node, ms, fn, options, true);
}

/**
 * Calls a function once, `ms` milliseconds from now, unless it is disposed of, the signal fires or the node closes before.
 * What the function throws is logged.
 *
 * @throws HeliographError INVALID_ARGUMENT that quotes the value
 */
export function after(
  node: TimerHost,
  ms: number,
  fn: () => unknown,
  options: TimerOptions = {},
): Disposable {
  if (!(ms >= 0)) throw invalidArgument(`after() needs milliseconds, 0 or more, got ${showValue(ms)}`);
  return start("after()", node, ms, fn, options, false);
}

/** Timers may fire a little early; what is earlier than this was set for longer than timers can. */
const EARLY_MS = 2;

function start(
  what: string,
  node: TimerHost,
  ms: number,
  fn: () => unknown,
  options: TimerOptions,
  repeats: boolean,
): Disposable {
  if (typeof ms !== "number" || !Number.isFinite(ms)) {
    throw invalidArgument(`${what} needs a number of milliseconds, got ${showValue(ms)}`);
  }
  if (typeof fn !== "function")
    throw invalidArgument(`${what} needs a function to call, got ${showValue(fn)}`);
  checkOptionNames(what, options, ["signal"]);
  const timer = new NodeTimer(what, node, ms, fn, options.signal, repeats);
  timer.begin();
  return timer;
}

class NodeTimer implements Disposable, Abortable {
  readonly #what: string;
  readonly #node: TimerHost;
  readonly #ms: number;
  readonly #fn: () => unknown;
  readonly #signal: AbortSignal | undefined;
  readonly #repeats: boolean;
  readonly #start: number;
  #beat = 1;
  #timer: Timer | undefined;
  #disown: () => void = () => {};
  #running = false;
  #over = false;

  constructor(
    what: string,
    node: TimerHost,
    ms: number,
    fn: () => unknown,
    signal: AbortSignal | undefined,
    repeats: boolean,
  ) {
    this.#what = what;
    this.#node = node;
    this.#ms = ms;
    this.#fn = fn;
    this.#signal = signal;
    this.#repeats = repeats;
    this.#start = node.clock.now();
  }

  begin(): void {
    if (this.#signal?.aborted) {
      this.#over = true;
      return;
    }
    if (this.#signal) watchAbort(this.#signal, this);
    this.#disown = this.#node.own(this);
    // A node that is closed disposes of it at once.
    if (this.#over) this.#disown();
    else this.#wait();
  }

  aborted(): void {
    this[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    if (this.#over) return;
    this.#over = true;
    this.#timer?.clear();
    if (this.#signal) unwatchAbort(this.#signal, this);
    this.#disown();
  }

  get #due(): number {
    return this.#start + this.#beat * this.#ms;
  }

  #wait(): void {
    const { clock } = this.#node;
    this.#timer = clock.after(Math.max(0, this.#due - clock.now()), () => this.#fire());
  }

  #fire(): void {
    const { clock } = this.#node;
    const now = clock.now();
    if (now < this.#due - EARLY_MS) {
      this.#wait();
      return;
    }
    if (this.#repeats) {
      this.#beat = Math.max(this.#beat, Math.floor((now - this.#start) / this.#ms)) + 1;
      this.#wait();
    } else this[Symbol.dispose]();
    if (!this.#running) this.#call();
  }

  #call(): void {
    try {
      const returned = this.#fn();
      if (isThenable(returned)) void this.#settle(returned);
    } catch (error) {
      this.#failed(error);
    }
  }

  async #settle(returned: PromiseLike<unknown>): Promise<void> {
    this.#running = true;
    try {
      await returned;
    } catch (error) {
      this.#failed(error);
    }
    this.#running = false;
  }

  #failed(error: unknown): void {
    this.#node.logger.error({ error }, `the function of ${this.#what} failed`);
  }
}
