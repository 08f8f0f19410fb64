import type { Clock } from "../../core/clock.js";
import { Code } from "../../core/code.js";
import { HeliographError, invalidArgument } from "../../core/error.js";
import { checkOptionNames } from "../../core/option-names.js";
import type { InstanceInfo } from "../../naming/instance.js";
import type { InstanceSource } from "../../naming/resolver.js";
import { checkService } from "../../rpc/bound-method.js";
import { callCancelled } from "../../rpc/call-options.js";
import type { ServiceDefinition } from "../../wire/definition.js";
import { showValue } from "../../wire/show-value.js";

const TIMEOUT_MS = 5_000;

/** What functions that look for instances need of a node. */
export interface DiscoveringNode {
  readonly directory: InstanceSource;
  readonly clock: Clock;
}

/** How instances are listed. */
export interface ListInstancesOptions {
  /** Ends the wait with CANCELLED. */
  readonly signal?: AbortSignal | undefined;
  /** The longest wait for an answer, in milliseconds. Default 5,000. */
  readonly timeoutMs?: number | undefined;
}

/**
 * Who serves a service now, or all nodes when none is named; also those that are paused, draining, stalled or suspect, and
 * not those that are dead. Sorted by name of the node. Waits for the first answer of whom the node asks: its registries
 * and other resolvers.
 *
 * @throws HeliographError UNAVAILABLE, reason DISCOVERY_LOST, when none of them can be asked; FAILED_PRECONDITION, reason
 *   DISCOVERY_OFF, when there is none; DEADLINE_EXCEEDED, reason CALL_TIMED_OUT, when none answers in time
 */
export async function listInstances(
  node: DiscoveringNode,
  service?: ServiceDefinition,
  options: ListInstancesOptions = {},
): Promise<readonly InstanceInfo[]> {
  const usage = "listInstances(node, GreeterService)";
  const name = requireService(node, service, usage);
  checkOptionNames("listInstances()", options, ["signal", "timeoutMs"]);
  const { signal, timeoutMs = TIMEOUT_MS } = options;
  if (!(timeoutMs > 0))
    throw invalidArgument(`timeoutMs must be a positive number, got ${showValue(timeoutMs)}`);
  if (signal?.aborted) throw callCancelled("listInstances()", signal.reason, true);
  const ends: (() => void)[] = [];
  try {
    const instances = await new Promise<readonly InstanceInfo[]>((resolve, reject) => {
      ends.push(node.directory.watch(name, { update: resolve, failed: reject }));
      const timer = node.clock.after(timeoutMs, () => reject(noAnswer(name, timeoutMs)));
      ends.push(() => timer.clear());
      if (signal === undefined) return;
      const onAbort = () => reject(callCancelled("listInstances()", signal.reason, true));
      signal.addEventListener("abort", onAbort, { once: true });
      ends.push(() => signal.removeEventListener("abort", onAbort));
    });
    return instances.filter(({ state }) => state !== "dead").sort(byName);
  } finally {
    for (const end of ends) end();
  }
}

/**
 * The name to ask for; empty for all nodes.
 *
 * @throws HeliographError INVALID_ARGUMENT unless these are a node and a service
 */
export function requireService(
  node: DiscoveringNode,
  service: ServiceDefinition | undefined,
  usage: string,
): string {
  if (typeof node?.directory?.watch !== "function") {
    throw invalidArgument(
      `the first argument must be a node, as createNode() makes it and as in ${usage}, got ${showValue(node)}`,
    );
  }
  if (service === undefined) return "";
  checkService(service, usage);
  return service.$service;
}

function byName(a: InstanceInfo, b: InstanceInfo): number {
  if (a.node !== b.node) return a.node < b.node ? -1 : 1;
  return a.epoch - b.epoch || (a.instance < b.instance ? -1 : 1);
}

function noAnswer(service: string, timeoutMs: number): HeliographError {
  const what = service === "" ? "what nodes there are" : `who serves ${service}`;
  return new HeliographError(
    Code.DeadlineExceeded,
    `nobody has said ${what} within ${timeoutMs} ms (timeoutMs)`,
    {
      reason: "CALL_TIMED_OUT",
    },
  );
}
