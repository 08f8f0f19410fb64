import { Code } from "../core/code.js";
import { HeliographError } from "../core/error.js";
import { checkOptionNames } from "../core/option-names.js";
import type { InterceptedCall, Interceptor } from "../rpc/interceptor.js";
import { passOn } from "./call-end.js";
import { CallQueue, type Waiter } from "./call-queue.js";
import { checkCount } from "./check-number.js";

/** How many calls may run, and how many may wait. */
export interface ConcurrencyLimitOptions {
  /** Calls that run at a time. A stream runs until it has ended. */
  readonly max: number;
  /** Calls that wait for a place, first come, first served, until their deadlines. Default 0. */
  readonly maxWaiting?: number | undefined;
}

/**
 * Lets so many calls run at a time, of all that pass it, on either side. Further ones wait; those for which there is no
 * room fail with RESOURCE_EXHAUSTED, reason QUEUE_FULL, and were not processed.
 *
 * @throws HeliographError INVALID_ARGUMENT that quotes the option
 */
export function concurrencyLimit(options: ConcurrencyLimitOptions): Interceptor {
  checkOptionNames("concurrencyLimit()", options, ["max", "maxWaiting"]);
  const { max, maxWaiting = 0 } = options;
  checkCount("max", max, 1);
  checkCount("maxWaiting", maxWaiting, 0);
  const queue = new CallQueue(max, maxWaiting);
  return (next) => async (call) => {
    await place(queue, call);
    return passOn(call, next, { ended: () => queue.leave() });
  };
}

/** Resolves once the call has a place; rejects when there is no room, and when its signal fires. */
function place(queue: CallQueue, { signal, method }: InterceptedCall): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    const waiter: Waiter = {
      enter() {
        signal.removeEventListener("abort", onAbort);
        resolve();
      },
    };
    const onAbort = () => {
      queue.quit(waiter);
      reject(signal.reason);
    };
    signal.addEventListener("abort", onAbort, { once: true });
    if (queue.join(waiter)) return;
    signal.removeEventListener("abort", onAbort);
    const { running, waiting } = queue;
    const message = `${method.path}: ${running} calls run already and ${waiting} wait, as many as concurrencyLimit() lets`;
    reject(
      new HeliographError(Code.ResourceExhausted, message, { reason: "QUEUE_FULL", notProcessed: true }),
    );
  });
}
