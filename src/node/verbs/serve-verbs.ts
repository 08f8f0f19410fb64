import { ControlService } from "../../gen/heliograph/control/v1/control_heliograph.js";
import { HealthService } from "../../gen/heliograph/health/v1/health_heliograph.js";
import { NodeService } from "../../gen/heliograph/node/v1/node_heliograph.js";
import type { Serving } from "../../rpc/server/serving.js";
import { type ControlHost, controlVerbs } from "./control-verbs.js";
import type { HealthBoard } from "./health-board.js";
import { healthVerbs } from "./health-verbs.js";
import { type NodeVerbsHost, nodeVerbs } from "./node-verbs.js";

/** Services that every node may serve beside its own, and that no node announces: any node is asked for them. */
export const kitServices: ReadonlySet<string> = new Set(
  [NodeService, HealthService, ControlService].map(({ $service }) => $service),
);

/** A node as its verbs see it. */
export interface VerbsHost extends Omit<NodeVerbsHost, "security">, ControlHost {
  readonly serving: Serving;
  readonly health: HealthBoard;
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
    security: options.security,
    announcement: () => node.announcement(),
    load: () => node.load(),
    registries: () => node.registries(),
  };
  serving.addKit(NodeService, nodeVerbs(host));
  serving.addKit(HealthService, healthVerbs(node.health));
  if (options.control) serving.addKit(ControlService, controlVerbs(node));
}
