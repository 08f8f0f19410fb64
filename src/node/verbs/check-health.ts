import { checkOptionNames } from "../../core/option-names.js";
import { Status } from "../../gen/heliograph/health/v1/health.js";
import { HealthService } from "../../gen/heliograph/health/v1/health_heliograph.js";
import type { InstanceInfo } from "../../naming/instance.js";
import { createClient } from "../../rpc/client/client.js";
import type { Transport, TransportHost } from "../../rpc/transport.js";
import type { ServiceDefinition } from "../../wire/definition.js";
import type { Health } from "./health-board.js";

/** How health is asked for. */
export interface CheckHealthOptions {
  /** Default: the node as a whole. */
  readonly service?: ServiceDefinition | undefined;
  /** Default 10,000. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Asks an instance how it is, by its own word; see `setHealth`.
 *
 * @param where a node, or a connection
 * @param instance which one; with a connection it may be left out: whoever answers there
 * @throws HeliographError NOT_FOUND, reason SERVICE_UNKNOWN, when it does not serve the service; INVALID_ARGUMENT when
 *   a node is asked and no instance is named; and as any call
 */
export async function checkHealth(
  where: Transport | TransportHost,
  instance?: Pick<InstanceInfo, "instance"> | undefined,
  options: CheckHealthOptions = {},
): Promise<Health> {
  checkOptionNames("checkHealth()", options, ["service", "timeoutMs", "signal"]);
  const { service, ...call } = options;
  const { status, reason } = await createClient(where, HealthService).check(
    { service: service?.$service ?? "" },
    { ...call, instance: instance?.instance },
  );
  // What is not known here is not the one that says that all is well.
  return { status: status === Status.STATUS_SERVING ? "serving" : "not-serving", reason };
}
