import type { Facts, NodeFacts } from "../../../../src/cli/doctor/facts.js";
import type { KnownInstance, RegistryAnswer } from "../../../../src/cli/lookup/known-instance.js";
import { InfoResponse } from "../../../../src/gen/heliograph/node/v1/node.js";
import { known } from "../instances.js";

export const REGISTRY = "memory://registry";

/** A registry that answers, with what a test doesn't care about filled in. */
export function registry(more: Partial<RegistryAnswer> = {}): RegistryAnswer {
  return {
    endpoint: REGISTRY,
    registry: { instance: "r", epoch: 1, revision: 1, complete: true },
    instances: 1,
    error: undefined,
    ...more,
  };
}

/** A node that answers. */
export function node(
  name: string,
  more: Partial<KnownInstance> = {},
  facts: Partial<NodeFacts> = {},
): NodeFacts {
  const instance = known(name, more);
  return {
    instance,
    endpoints: instance.endpoints.map((endpoint) => ({ endpoint, outcome: "answers", error: "" })),
    info: InfoResponse.create({ security: "insecure", protocolVersions: [1] }),
    clock: { ms: 0.1, errorMs: 0.2 },
    stopped: false,
    ...facts,
  };
}

/** What was seen where all is well. */
export function facts(more: Partial<Facts> = {}): Facts {
  return {
    variable: undefined,
    registries: [registry()],
    nodes: [],
    schemas: [],
    protocolVersions: [1],
    openFiles: 65_536,
    ...more,
  };
}
