import { readFileSync } from "node:fs";
import { REGISTRY_VARIABLE } from "../../discovery/registries/registries.js";
import type { InfoResponse } from "../../gen/heliograph/node/v1/node.js";
import { isLocal } from "../../naming/endpoint.js";
import { seenFrom } from "../../naming/reach.js";
import { zmqSockets } from "../../socket/zmq-socket.js";
import { VERSIONS } from "../../wire/handshake.js";
import type { KnownInstance, Listing } from "../lookup/known-instance.js";
import { isLiving } from "../lookup/left-out.js";
import type { Lookup } from "../lookup/lookup.js";
import { here, type Reached } from "../lookup/reach.js";
import { pingInstance } from "../ping/ping-instance.js";
import type { ClockOffset } from "../ping/ping-series.js";
import { examineSchemas } from "./examine-schemas.js";
import { isStopped, takesConnections } from "./examine-system.js";
import type { EndpointFacts, Facts, NodeFacts } from "./facts.js";

/** Nodes that are looked at at the same time. */
const AT_ONCE = 32;
const PINGS = 3;
const NOBODY = { connected() {}, answered() {}, lost() {} };

/** Looks at everything that can be looked at from here. Never rejects for what nodes and networks do. */
export async function examine(
  { registries, instances }: Listing,
  lookup: Lookup,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Facts> {
  const nodes: NodeFacts[] = new Array(instances.length);
  const waiting = instances.entries();
  const look = async () => {
    for (const [index, instance] of waiting) nodes[index] = await examineNode(instance, lookup);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, look));
  return {
    variable: env[REGISTRY_VARIABLE],
    registries,
    nodes,
    schemas: await examineSchemas(nodes, lookup),
    protocolVersions: VERSIONS,
    openFiles: openFiles(),
  };
}

async function examineNode(instance: KnownInstance, lookup: Lookup): Promise<NodeFacts> {
  const isHere = instance.host === here().host;
  if (!isLiving(instance)) {
    const stopped = isHere && isStopped(instance.processId);
    return { instance, endpoints: [], info: undefined, clock: undefined, stopped };
  }
  const seen = instance.registries.length === 0 ? instance : seenFrom(instance, here());
  const looked = await Promise.all(
    instance.endpoints.map(
      async (endpoint): Promise<Looked> =>
        seen.endpoints.includes(endpoint)
          ? examineEndpoint(instance, endpoint, lookup)
          : { facts: { endpoint, outcome: "elsewhere", error: "" } },
    ),
  );
  const answered = looked.find(({ facts }) => facts.outcome === "answers");
  return {
    instance,
    endpoints: looked.map(({ facts }) => facts),
    info: answered?.info,
    clock: answered?.way === undefined ? undefined : await clockOf(answered.way),
    stopped: isHere && isStopped(instance.processId),
  };
}

interface Looked {
  readonly facts: EndpointFacts;
  readonly info?: InfoResponse;
  readonly way?: Reached;
}

async function examineEndpoint(instance: KnownInstance, endpoint: string, lookup: Lookup): Promise<Looked> {
  const { security, timeoutMs } = lookup.settings;
  if (!security.remote && !isLocal(endpoint))
    return { facts: { endpoint, outcome: "not-allowed", error: "" } };
  try {
    const way = lookup.reach({ ...instance, endpoints: [endpoint] });
    const info = await way.node.info({}, way.options);
    return { facts: { endpoint, outcome: "answers", error: "" }, info, way };
  } catch (error) {
    const greets = (await zmqSockets().probe?.(endpoint, timeoutMs)) ?? true;
    if (greets) return { facts: { endpoint, outcome: "mute", error: lookup.explain(error) } };
    const outcome = (await takesConnections(endpoint, timeoutMs)) ? "hung" : "silent";
    return { facts: { endpoint, outcome, error: "" } };
  }
}

async function clockOf(way: Reached): Promise<ClockOffset | undefined> {
  const { signal } = new AbortController();
  const { clockOffset } = await pingInstance(way, { count: PINGS, intervalMs: 1, signal }, NOBODY);
  return clockOffset;
}

/** As Linux tells it: Node has raised the soft limit to the hard one. */
function openFiles(): number | undefined {
  try {
    const limit = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1];
    return limit === undefined ? undefined : Number(limit);
  } catch {
    return undefined;
  }
}
