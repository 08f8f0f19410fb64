import type { SubscriberHost } from "../../pubsub/subscriber/subscribe.js";
import type { ConnectSettings } from "../connect-options.js";
import { UsageError } from "../failure.js";
import { commandNode } from "../lookup/command-node.js";
import { connect } from "../lookup/reach.js";

/**
 * Where a verb subscribes: at all publishers that the registries know, or at the one node of `--endpoint`. To be closed.
 *
 * @throws UsageError for more than one endpoint
 */
export function subscriberPlace(settings: ConnectSettings): SubscriberHost & AsyncDisposable {
  const { endpoints } = settings;
  if (endpoints.length === 0) return commandNode(settings);
  if (endpoints.length === 1) return connect(endpoints, settings);
  throw new UsageError(
    "one node can be followed with --endpoint; for the publishers of several, name their registry with --registry",
  );
}
