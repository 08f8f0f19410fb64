import { ControlService } from "../../gen/heliograph/control/v1/control_heliograph.js";
import { HealthService } from "../../gen/heliograph/health/v1/health_heliograph.js";
import { NodeService } from "../../gen/heliograph/node/v1/node_heliograph.js";
import type { ListTopicsRequest, SubscribeRequest } from "../../gen/heliograph/pubsub/v1/topic.js";
import { TopicService } from "../../gen/heliograph/pubsub/v1/topic_heliograph.js";
import { PublisherService } from "../../pubsub/publisher/response.js";
import type { TopicHub } from "../../pubsub/publisher/topic-hub.js";
import type { HandlerContext } from "../../rpc/context.js";
import type { Serving } from "../../rpc/server/serving.js";
import { type ControlHost, controlVerbs } from "./control-verbs.js";
import type { HealthBoard } from "./health-board.js";
import { healthVerbs } from "./health-verbs.js";
import { type NodeVerbsHost, nodeVerbs } from "./node-verbs.js";

/** Services that every node may serve beside its own, and that no node announces: any node is asked for them. */
export const kitServices: ReadonlySet<string> = new Set(
  [NodeService, HealthService, ControlService, TopicService].map(({ $service }) => $service),
);

/** A node as its verbs see it. */
export interface VerbsHost extends Omit<NodeVerbsHost, "security">, ControlHost {
  readonly serving: Serving;
  readonly health: HealthBoard;
  readonly topics: TopicHub;
}

/** Lets a node answer for itself, wherever it listens. */
export function serveVerbs(
  node: VerbsHost,
  options: { readonly security: string; readonly control: boolean },
): void {
  const { serving, clock } = node;
  const host: NodeVerbsHost = {
    clock,
    serving,
    topics: node.topics,
    security: options.security,
    announcement: () => node.announcement(),
    load: () => node.load(),
    registries: () => node.registries(),
  };
  serving.addKit(NodeService, nodeVerbs(host));
  serving.addKit(HealthService, healthVerbs(node.health));
  serving.addKit(PublisherService, {
    subscribe: (requests: AsyncIterable<SubscribeRequest>, ctx: HandlerContext) =>
      node.topics.subscribe(requests, ctx),
    listTopics: (request: ListTopicsRequest) => node.topics.list(request),
  });
  if (options.control) serving.addKit(ControlService, controlVerbs(node));
}
