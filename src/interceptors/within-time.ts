import { type Abortable, unwatchAbort, watchAbort } from "../core/abort-watch.js";
import type { HeliographError } from "../core/error.js";
import { callTimedOut } from "../rpc/call-options.js";
import type { CallResult, InterceptedCall, Next } from "../rpc/interceptor.js";

/** Passes a call on with less time than it has. It then ends with DEADLINE_EXCEEDED, also when nothing further in does. */
export async function withinTime(call: InterceptedCall, next: Next, ms: number): Promise<CallResult> {
  const limit = new TimeLimit(call, ms);
  let result: CallResult;
  try {
    result = await limit.bound(next(limit.shortened));
  } catch (thrown) {
    limit.end();
    throw thrown;
  }
  if (result.messages === undefined) limit.end();
  else result.messages = new LimitedMessages(result.messages[Symbol.asyncIterator](), limit);
  return result;
}

/** The time of one call, and the signal that fires when it is over. */
class TimeLimit implements Abortable {
  readonly shortened: InterceptedCall;
  private readonly outer: AbortSignal;
  private readonly controller = new AbortController();
  private readonly waiting = new Set<(error: HeliographError) => void>();
  private readonly stop: () => void;
  private error: HeliographError | undefined;

  constructor(call: InterceptedCall, ms: number) {
    const { clock } = call;
    const due = clock.now() + ms;
    const remainingMs = () => Math.max(0, Math.min(call.remainingMs(), due - clock.now()));
    this.outer = call.signal;
    this.shortened = { ...call, signal: this.controller.signal, remainingMs };
    const timer = clock.after(ms, () => this.expire(callTimedOut(call.method.path, ms)));
    this.stop = () => timer.clear();
    if (this.outer.aborted) this.aborted(this.outer.reason);
    else watchAbort(this.outer, this);
  }

  /** The promise, as long as there is time. */
  bound<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.error !== undefined) reject(this.error);
      this.waiting.add(reject);
      promise.then(resolve, reject).finally(() => this.waiting.delete(reject));
    });
  }

  end(): void {
    this.stop();
    unwatchAbort(this.outer, this);
  }

  aborted(reason: unknown): void {
    this.stop();
    this.controller.abort(reason);
  }

  private expire(error: HeliographError): void {
    unwatchAbort(this.outer, this);
    this.error = error;
    this.controller.abort(error);
    for (const reject of this.waiting) reject(error);
  }
}

class LimitedMessages implements AsyncIterableIterator<unknown> {
  private readonly source: AsyncIterator<unknown>;
  private readonly limit: TimeLimit;

  constructor(source: AsyncIterator<unknown>, limit: TimeLimit) {
    this.source = source;
    this.limit = limit;
  }

  async next(): Promise<IteratorResult<unknown>> {
    try {
      const result = await this.limit.bound(this.source.next());
      if (result.done) this.limit.end();
      return result;
    } catch (thrown) {
      this.limit.end();
      throw thrown;
    }
  }

  async return(): Promise<IteratorResult<unknown>> {
    this.limit.end();
    return (await this.source.return?.()) ?? { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
