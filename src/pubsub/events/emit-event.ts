import { EventService } from "../../gen/heliograph/pubsub/v1/event_heliograph.js";
import { checkSubject } from "../../naming/subject.js";
import { packUntyped } from "../../wire/untyped.js";
import type { PublisherHost } from "../publisher/create-publisher.js";
import { checkPublisherOptions } from "../publisher/publisher-options.js";
import type { PublishOptions } from "../publisher/publisher-types.js";

/**
 * Tells all who listen to the event's name, with `onEvent` or `helio on`, and nobody else: there is no `.proto`, and
 * nothing is kept for later. At most once; a listener that is slow loses the oldest of 1,024, and is told how many.
 *
 * @param name such as `bedroom/lights/on`: levels separated by `/`, `%2F` for a slash in a level
 * @param payload null, booleans, numbers, bigints of 64 bits, strings, bytes, arrays and plain objects of these, 64 levels
 *   deep; fields that are `undefined` are left out
 * @throws HeliographError INVALID_ARGUMENT for a name or payload that can't be sent
 */
export async function emitEvent(
  node: PublisherHost,
  name: string,
  payload: unknown = null,
  options: PublishOptions = {},
): Promise<void> {
  const publisher =
    node.topics.get(EventService.events) ?? node.topics.add(EventService.events, checkPublisherOptions({}));
  await publisher.publishTo(checkSubject(name), { payload: packUntyped(payload) }, options);
}
