import type { Event } from "../../gen/heliograph/pubsub/v1/event.js";
import { EventService } from "../../gen/heliograph/pubsub/v1/event_heliograph.js";
import { unpackUntyped } from "../../wire/untyped.js";
import type { Delivery } from "../subscriber/delivery.js";
import { type SubscriberHost, subscribe } from "../subscriber/subscribe.js";
import type { SubscribeOptions } from "../subscriber/subscribe-options.js";
import type { Subscription } from "../subscriber/subscription-types.js";

/** One event, as it reaches a listener. */
export interface EventDelivery<T = unknown> extends Omit<Delivery<Event>, "message" | "key"> {
  /** What it was emitted with. Nothing checks that it is a `T`. */
  readonly payload: T;
  /** Its name. */
  readonly event: string;
}

/**
 * Events of these names, from all nodes that emit them. Leaving the loop ends it.
 *
 * @param pattern a name, or one with `*` for any one level and `**` for one or more
 * @throws HeliographError INVALID_ARGUMENT
 */
export function onEvent<T = unknown>(
  where: SubscriberHost,
  pattern: string | readonly string[],
  options: Omit<SubscribeOptions, "key" | "subject"> = {},
): EventSubscription<T> {
  return new EventSubscription(subscribe(where, EventService.events, { ...options, subject: pattern }));
}

/** Events as they come. */
export class EventSubscription<T>
  implements AsyncIterableIterator<EventDelivery<T>, undefined>, AsyncDisposable
{
  /** As of any topic. */
  readonly subscription: Subscription<Event>;

  constructor(subscription: Subscription<Event>) {
    this.subscription = subscription;
  }

  async next(): Promise<IteratorResult<EventDelivery<T>, undefined>> {
    const next = await this.subscription.next();
    if (next.done === true) return next;
    const { message, subject, publisher, sequence, missed, sentAt, history, metadata } = next.value;
    const payload = unpackUntyped(message.payload as Buffer) as T;
    return {
      done: false,
      value: { payload, event: subject, subject, publisher, sequence, missed, sentAt, history, metadata },
    };
  }

  async return(): Promise<IteratorResult<EventDelivery<T>, undefined>> {
    await this.subscription.close();
    return { done: true, value: undefined };
  }

  /** See `Subscription.ready`. */
  ready(options?: Parameters<Subscription<Event>["ready"]>[0]): Promise<void> {
    return this.subscription.ready(options);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.subscription.close();
  }
}
