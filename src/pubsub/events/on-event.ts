import { Buffer } from "node:buffer";
import { HeliographError, invalidArgument } from "../../core/error.js";
import type { Event } from "../../gen/heliograph/pubsub/v1/event.js";
import { EventService } from "../../gen/heliograph/pubsub/v1/event_heliograph.js";
import type { Peer } from "../../rpc/context.js";
import { warn } from "../../socket/warn.js";
import { showValue } from "../../wire/show-value.js";
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

/** An event whose payload could not be read. */
export interface UnreadableEvent {
  readonly event: string;
  readonly publisher: Peer;
  readonly sequence: number;
}

/** How events are listened to. */
export interface OnEventOptions extends Omit<SubscribeOptions, "key" | "subject"> {
  /**
   * Told of events that can't be read; the loop goes on with the next one. What it throws becomes a process warning.
   * Default: a process warning.
   */
  readonly onError?: ((error: HeliographError, event: UnreadableEvent) => void) | undefined;
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
  { onError = warn, ...options }: OnEventOptions = {},
): EventSubscription<T> {
  if (typeof onError !== "function")
    throw invalidArgument(`onError must be a function such as (error) => …, got ${showValue(onError)}`);
  return new EventSubscription(
    subscribe(where, EventService.events, { ...options, subject: pattern }),
    onError,
  );
}

/** Events as they come. */
export class EventSubscription<T>
  implements AsyncIterableIterator<EventDelivery<T>, undefined>, AsyncDisposable
{
  /** As of any topic. */
  readonly subscription: Subscription<Event>;

  private readonly onError: NonNullable<OnEventOptions["onError"]>;

  constructor(subscription: Subscription<Event>, onError: NonNullable<OnEventOptions["onError"]>) {
    this.subscription = subscription;
    this.onError = onError;
  }

  async next(): Promise<IteratorResult<EventDelivery<T>, undefined>> {
    for (;;) {
      const next = await this.subscription.next();
      if (next.done === true) return next;
      const { message, subject, publisher, sequence, missed, sentAt, history, metadata } = next.value;
      try {
        const { buffer, byteOffset, byteLength } = message.payload;
        const payload = unpackUntyped(Buffer.from(buffer, byteOffset, byteLength)) as T;
        const value = {
          payload,
          event: subject,
          subject,
          publisher,
          sequence,
          missed,
          sentAt,
          history,
          metadata,
        };
        return { done: false, value };
      } catch (thrown) {
        this.tell(HeliographError.from(thrown), { event: subject, publisher, sequence });
      }
    }
  }

  private tell(error: HeliographError, event: UnreadableEvent): void {
    try {
      this.onError(error, event);
    } catch (thrown) {
      warn(thrown);
    }
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
