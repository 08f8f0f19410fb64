import type { LogRecord } from "../../gen/heliograph/pubsub/v1/event.js";
import type { Delivery } from "../../pubsub/subscriber/delivery.js";
import type { Subscription } from "../../pubsub/subscriber/subscription-types.js";

/** What is read of a subscription to logs. */
export interface HistoryPlan {
  /** So many nodes are to tell what they logged before. */
  readonly publishers: number;
  /** How long they may take. */
  readonly timeoutMs: number;
  /** Goes on with what is logged from then on. */
  readonly follow: boolean;
}

/** What was logged before, of all nodes by its time; then, if it is followed, what is logged, as it comes. */
export async function* historyFirst<K>(
  records: Subscription<LogRecord, K>,
  { publishers, timeoutMs, follow }: HistoryPlan,
): AsyncGenerator<Delivery<LogRecord, K>, void> {
  // One that does not answer in time keeps nobody from seeing the others.
  const known = records.ready({ publishers, snapshot: true, timeoutMs }).catch(() => {});
  const before: Delivery<LogRecord, K>[] = [];
  let next = records.next();
  let wait: Promise<void> = known;
  for (;;) {
    const first = await Promise.race([next, wait]);
    if (first === undefined) {
      if (wait !== known) break;
      // Once more: what has arrived until now is there after a turn.
      wait = nextTurn();
      continue;
    }
    if (first.done === true) break;
    before.push(first.value);
    next = records.next();
    if (wait !== known) wait = nextTurn();
  }
  yield* before.sort((a, b) => Number(a.message.timeUs - b.message.timeUs));
  if (!follow) return;
  for (;;) {
    const { done, value } = await next;
    if (done === true) return;
    yield value;
    next = records.next();
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
